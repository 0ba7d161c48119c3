import { lossyRule, MemoryNetwork, seededRandom, VirtualClock, DatagramRecorder } from '@flownexus/datagram/testing';
import type { LockStepPeer, MemoryTransport, NetworkVerdict } from '@flownexus/datagram/testing';
import { beforeEach, describe, expect, test } from 'vitest';

describe('MemoryNetwork', () => {
  let clock: VirtualClock;
  let network: MemoryNetwork;
  let server: MemoryTransport;
  let heard: DatagramRecorder;
  let device: LockStepPeer;

  beforeEach(async () => {
    clock = new VirtualClock();
    network = new MemoryNetwork(clock);
    server = network.transport({ host: '10.0.0.1', port: 5683 });
    heard = new DatagramRecorder();
    await server.open(heard);
    device = network.peer('10.0.0.9', 56_830);
  });

  const numbers = (): number[] => heard.datagrams.map(({ bytes }) => bytes[0] ?? -1);
  const sendAll = (...values: number[]): void => {
    for (const value of values) device.send(server.localAddress, Uint8Array.of(value));
  };

  test('delivers in the next turn of the clock, never within send', () => {
    sendAll(1);
    expect(numbers()).toEqual([]);
    clock.advance(0);
    expect(numbers()).toEqual([1]);
  });

  test('a lock-step peer sends and takes bytes one by one', async () => {
    server.send(await server.connect('10.0.0.9', 56_830), Uint8Array.of(1));
    server.send(await server.connect('10.0.0.9', 56_830), Uint8Array.of(2));
    clock.advance(0);
    expect(device.received).toHaveLength(2);
    expect(device.take()).toEqual(Uint8Array.of(1));
    expect(device.takeAll()).toEqual([Uint8Array.of(2)]);
    expect(device.lastSender).toEqual({ host: '10.0.0.1', port: 5683 });
    expect(() => device.take()).toThrow('nothing has arrived at 10.0.0.9 port 56830');
  });

  test('takes its latency', () => {
    network.latencyMs = 40;
    sendAll(1);
    clock.advance(39);
    expect(numbers()).toEqual([]);
    clock.advance(1);
    expect(numbers()).toEqual([1]);
  });

  test.each<[string, NetworkVerdict | undefined, number[]]>([
    ['drops', 'drop', [0, 2]],
    ['delivers', 'deliver', [0, 1, 2]],
    ['duplicates', { copies: 3 }, [0, 1, 1, 1, 2]],
    ['swallows with no copies', { copies: 0 }, [0, 2]],
    ['reorders by delay', { delayMs: 5 }, [0, 2, 1]],
  ])('a rule %s', (_name, verdict, expected) => {
    network.rule = ({ index }) => (index === 1 && verdict !== undefined ? verdict : 'deliver');
    sendAll(0, 1, 2);
    clock.advance(10);
    expect(numbers()).toEqual(expected);
  });

  test('each copy has bytes of its own', () => {
    network.rule = () => ({ copies: 2 });
    sendAll(7);
    clock.advance(0);
    heard.datagrams[0]?.bytes.fill(0);
    expect(heard.datagrams[1]?.bytes).toEqual(Uint8Array.of(7));
    expect(network.log[0]?.bytes).toEqual(Uint8Array.of(7));
  });

  test('logs what was sent, lost or not', () => {
    network.rule = ({ index }) => (index === 0 ? 'drop' : 'deliver');
    sendAll(1);
    clock.advance(10);
    sendAll(2);
    expect(network.log).toEqual([
      {
        from: { host: '10.0.0.9', port: 56_830 },
        to: { host: '10.0.0.1', port: 5683 },
        bytes: Uint8Array.of(1),
        index: 0,
        sentAtMs: 0,
        verdict: 'drop',
      },
      expect.objectContaining({ index: 1, sentAtMs: 10, verdict: 'deliver' }),
    ]);
  });

  test('the log is bounded', () => {
    for (let count = 0; count < 25_000; count += 1) sendAll(count & 0xff);
    expect(network.log).toHaveLength(10_000);
    expect(network.log.at(-1)?.index).toBe(24_999);
  });

  test('loses what goes to an address that nobody has', () => {
    device.send({ host: '10.9.9.9', port: 1 }, Uint8Array.of(1));
    clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a rebound transport is another address: the old one is dead', async () => {
    const client = network.transport({ host: '10.0.2.1', port: 1000 });
    const clientHeard = new DatagramRecorder();
    await client.open(clientHeard);
    const toServer = await client.connect('10.0.0.1', 5683);
    client.send(toServer, Uint8Array.of(1));
    clock.advance(0);
    client.rebind('10.0.2.1', 2000);
    client.send(toServer, Uint8Array.of(2));
    clock.advance(0);
    const [before, after] = heard.datagrams.map(({ peer }) => peer);
    expect(before?.port).toBe(1000);
    expect(after?.port).toBe(2000);
    expect(client.localAddress).toEqual({ host: '10.0.2.1', port: 2000 });
    if (before !== undefined) server.send(before, Uint8Array.of(3));
    if (after !== undefined) server.send(after, Uint8Array.of(4));
    clock.advance(0);
    expect(clientHeard.datagrams.map(({ bytes }) => bytes[0])).toEqual([4]);
  });

  test('a rebound lock-step peer is another address', () => {
    device.rebind('10.0.0.10', 1);
    sendAll(1);
    clock.advance(0);
    expect(heard.datagrams[0]?.peer).toMatchObject({ host: '10.0.0.10', port: 1 });
    expect(() => {
      device.rebind('10.0.0.1', 5683);
    }).toThrow('memory port 5683 on 10.0.0.1 is already in use');
  });

  test('a lock-step peer that left hears nothing', async () => {
    device.close();
    server.send(await server.connect('10.0.0.9', 56_830), Uint8Array.of(1));
    clock.advance(0);
    expect(device.received).toEqual([]);
  });

  test('what a handler throws comes out of the clock', async () => {
    const broken = network.transport({ host: '10.0.0.3', port: 1 });
    await broken.open({
      onDatagram: () => {
        throw new Error('from the handler');
      },
      onPeerClosed: () => {},
    });
    device.send(broken.localAddress, Uint8Array.of(1));
    expect(() => {
      clock.advance(0);
    }).toThrow('from the handler');
  });

  test('a lossy rule loses, duplicates and reorders its share, the same way each time', () => {
    const run = (): number[] => {
      heard.datagrams.length = 0;
      network.rule = lossyRule(seededRandom(3), { loss: 0.2, duplication: 0.1, jitterMs: 50 });
      sendAll(...Array.from({ length: 200 }, (_, index) => index));
      clock.advance(50);
      return numbers();
    };
    const first = run();
    const distinct = new Set(first);
    expect(distinct.size).toBeGreaterThan(130);
    expect(distinct.size).toBeLessThan(190);
    expect(first.length).toBeGreaterThan(distinct.size);
    expect(first).not.toEqual([...first].sort((a, b) => a - b));
    expect(run()).toEqual(first);
  });

  describe('groups', () => {
    const group = { host: '224.0.1.187', port: 5683 };
    let member: LockStepPeer;
    let other: LockStepPeer;

    beforeEach(() => {
      member = network.peer('10.0.0.2', 5683, [group.host]);
      other = network.peer('10.0.0.3', 5683, [group.host]);
    });

    test('each member gets a copy of its own, the sender too when it is one', () => {
      member.send(group, Uint8Array.of(1, 2));
      clock.advance(0);
      const [own, others] = [member.take(), other.take()];
      own.fill(0);
      expect(others).toEqual(Uint8Array.of(1, 2));
      expect(other.lastSender).toEqual({ host: '10.0.0.2', port: 5683 });
      expect(device.received).toEqual([]);
    });

    test('a rule decides for each copy', () => {
      network.rule = ({ member: at }) => (at?.host === '10.0.0.2' ? 'drop' : { copies: 2 });
      device.send(group, Uint8Array.of(1));
      clock.advance(0);
      expect([member.received.length, other.received.length]).toEqual([0, 2]);
      expect(network.log.map(({ index, to, member: at, verdict }) => [index, to.host, at?.host, verdict])).toEqual([
        [0, '224.0.1.187', '10.0.0.2', 'drop'],
        [1, '224.0.1.187', '10.0.0.3', { copies: 2 }],
      ]);
    });

    test('who has left or moved is not there any more, even for what is on its way', () => {
      device.send(group, Uint8Array.of(1));
      other.close();
      member.rebind('10.0.0.4', 5683);
      clock.advance(0);
      expect([member.received.length, other.received.length]).toEqual([0, 0]);
      device.send(group, Uint8Array.of(2));
      clock.advance(0);
      expect(member.takeAll()).toEqual([Uint8Array.of(2)]);
    });

    test('another port is another group, and one without members is lost', () => {
      device.send({ ...group, port: 5684 }, Uint8Array.of(1));
      clock.advance(0);
      expect([member.received.length, other.received.length]).toEqual([0, 0]);
      expect(network.log).toHaveLength(1);
    });
  });
});
