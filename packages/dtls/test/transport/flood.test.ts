import { describe, expect, test } from 'vitest';
import type { ClientHello } from '../../src/messages/hello.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { encodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { decodeRecords, encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType, DTLS_1_2 } from '../../src/records/record.ts';
import { bytes, KEY, type Party, type PartyOptions, World } from './world.ts';

function clientHello(random: number, cookie: Uint8Array, sequence = 0): Uint8Array {
  const hello: ClientHello = {
    version: DTLS_1_2,
    random: new Uint8Array(32).fill(random),
    sessionId: new Uint8Array(0),
    cookie,
    cipherSuites: [0xc0a8],
    compressionMethods: [0],
    extensions: { ...noClientExtensions, extendedMasterSecret: true, connectionId: new Uint8Array(0) },
  };
  const { raw } = encodeHandshakeMessage(HandshakeType.clientHello, sequence, encodeClientHello(hello));
  return encodePlainRecord(ContentType.handshake, sequence, raw);
}

const nothing = new Uint8Array(0);

interface Flood {
  readonly world: World;
  readonly server: Party;
  /** Sends a ClientHello from an address; asks for a cookie and shows it if `cookie`. */
  readonly hello: (host: string, port: number, options?: { cookie?: boolean; random?: number }) => Promise<void>;
}

async function flooded(options: PartyOptions = {}): Promise<Flood> {
  const world = new World();
  const server = await world.server(options);
  const hello: Flood['hello'] = async (host, port, { cookie = false, random = 1 } = {}) => {
    const peer = world.network.peer(host, port);
    peer.send(server.transport.localAddress, clientHello(random, nothing));
    if (cookie) {
      await world.pass(11);
      const [answer] = decodeRecords(peer.take(), 0);
      const { cookie: shown } = decodeHelloVerifyRequest(answer!.fragment.subarray(12));
      peer.send(server.transport.localAddress, clientHello(random, shown, 1));
      await world.pass(6);
    }
    peer.close();
  };
  return { world, server, hello };
}

describe('ClientHellos without a cookie', () => {
  test('cost no memory, and get at most as many bytes as they have', async () => {
    const { world, server, hello } = await flooded();
    const timers = world.clock.pendingTimers;
    for (let count = 0; count < 2_000; count += 1) await hello(`10.${count % 250}.${count % 199}.7`, 1024 + count);
    await world.pass();
    expect(server.transport.statistics).toMatchObject({
      helloVerifyRequests: 2_000,
      handshakes: 0,
      handshakesStarted: 0,
      associations: 0,
    });
    expect(world.clock.pendingTimers).toBe(timers);
    const size = (host: 'from' | 'to'): number =>
      world.network.log
        .filter((entry) => entry[host].host === '10.0.0.1')
        .reduce((sum, { bytes: sent }) => sum + sent.length, 0);
    expect(size('from')).toBeLessThanOrEqual(size('to'));
  });

  test('with a cookie that is wrong, of another address or of another hello are asked again', async () => {
    const { world, server } = await flooded();
    const peer = world.network.peer('10.0.1.1', 1000);
    const other = world.network.peer('10.0.1.1', 1001);
    const to = server.transport.localAddress;
    peer.send(to, clientHello(1, nothing));
    await world.pass();
    const [answer] = decodeRecords(peer.take(), 0);
    const { cookie } = decodeHelloVerifyRequest(answer!.fragment.subarray(12));
    other.send(to, clientHello(1, cookie, 1));
    peer.send(to, clientHello(2, cookie, 1));
    peer.send(
      to,
      clientHello(
        1,
        cookie.map((byte) => byte ^ 1),
        1,
      ),
    );
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ helloVerifyRequests: 4, handshakesStarted: 0 });
    peer.send(to, clientHello(1, cookie, 1));
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ helloVerifyRequests: 4, handshakesStarted: 1 });
  });

  test('of which several are in one datagram are each answered for themselves', async () => {
    const { world, server } = await flooded();
    const peer = world.network.peer('10.0.1.1', 1000);
    const one = clientHello(1, nothing);
    peer.send(server.transport.localAddress, Uint8Array.of(...one, ...one, ...one));
    await world.pass();
    expect(peer.received.reduce((sum, answer) => sum + answer.length, 0)).toBeLessThanOrEqual(3 * one.length);
  });
});

describe('what is no DTLS', () => {
  test('is dropped without an answer and without an error', async () => {
    const { world, server } = await flooded();
    const peer = world.network.peer('10.0.1.1', 1000);
    const noise = [
      nothing,
      Uint8Array.of(22),
      bytes('GET / HTTP/1.1\r\n\r\n'),
      new Uint8Array(1500),
      new Uint8Array(1500).fill(0xff),
      clientHello(1, nothing).subarray(0, 40),
      encodePlainRecord(ContentType.handshake, 0, nothing),
      encodePlainRecord(ContentType.handshake, 0, Uint8Array.of(1)),
      encodePlainRecord(ContentType.handshake, 0, new Uint8Array(100).fill(1)),
      encodePlainRecord(ContentType.alert, 0, Uint8Array.of(2, 40)),
      encodePlainRecord(ContentType.applicationData, 0, bytes('plain')),
      encodePlainRecord(ContentType.changeCipherSpec, 0, Uint8Array.of(1)),
    ];
    for (const datagram of noise) peer.send(server.transport.localAddress, datagram);
    await world.pass();
    expect(peer.received).toEqual([]);
    expect(server.heard.datagrams).toEqual([]);
    expect(server.transport.statistics).toMatchObject({
      recordsDropped: noise.length,
      callbackErrors: 0,
      handshakes: 0,
    });
  });
});

describe('clients that show their cookie and then are silent', () => {
  test('hold no more than the bound, and the oldest makes room', async () => {
    const { world, server, hello } = await flooded({ limits: { handshakes: 10 } });
    for (let count = 0; count < 30; count += 1) await hello(`10.${count}.0.1`, 1000, { cookie: true });
    expect(server.transport.statistics).toMatchObject({ handshakes: 10, handshakesStarted: 30, limits: 20 });
    expect(server.failures.map(({ host }) => host)).toEqual(
      Array.from({ length: 20 }, (_, index) => `10.${index}.0.1`),
    );
    await world.pass(120_000);
    expect(server.transport.statistics.handshakes).toBe(0);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('of one network hold no more than its share', async () => {
    const { world, server, hello } = await flooded({ limits: { handshakesPerNetwork: 3 } });
    for (let count = 1; count <= 9; count += 1) await hello(`10.5.5.${count}`, 1000, { cookie: true });
    expect(server.transport.statistics).toMatchObject({ handshakes: 3, limits: 6 });
    await hello('10.5.6.1', 1000, { cookie: true });
    expect(server.transport.statistics.handshakes).toBe(4);
    await world.pass(120_000);
    await hello('10.5.5.1', 1000, { cookie: true });
    expect(server.transport.statistics.handshakes).toBe(1);
  });

  test('begin no faster than the rate of their network', async () => {
    const { world, server, hello } = await flooded({
      limits: { handshakeBurstPerNetwork: 5, handshakeRatePerNetwork: 1 },
    });
    for (let count = 1; count <= 20; count += 1) await hello(`10.5.5.${count}`, 1000, { cookie: true });
    expect(server.transport.statistics.handshakesStarted).toBe(5);
    await world.pass(3_000);
    for (let count = 1; count <= 20; count += 1) await hello(`10.5.5.${count}`, 2000, { cookie: true });
    expect(server.transport.statistics.handshakesStarted).toBe(8);
  });

  test('give their Connection IDs back', async () => {
    const { world, server, hello } = await flooded({ server: { psk: () => KEY, connectionIdLength: 1 } });
    for (let count = 0; count < 400; count += 1) {
      await hello(`10.0.${count % 250}.1`, 1000, { cookie: true });
      await world.pass(1_000);
    }
    await world.pass(120_000);
    const client = await world.client('dev1');
    await world.say(client, await world.connect(client, server), server, 'hello');
    expect(world.network.log.at(-1)?.bytes[0]).toBe(ContentType.tls12Cid);
  });
});

describe('a thousand clients at work during a flood', () => {
  test('do not notice it', async () => {
    const world = new World();
    const server = await world.server({ limits: { handshakes: 500 } });
    const clients: { readonly client: Party; readonly toServer: Awaited<ReturnType<World['connect']>> }[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      const client = await world.client(`dev${index}`, `10.1.${index >> 8}.${index & 255}`);
      clients.push({ client, toServer: await world.connect(client, server) });
    }
    const attackers = Array.from({ length: 50 }, (_, index) => world.network.peer(`10.2.0.${index}`, 666));
    let seed = 0;
    for (let round = 0; round < 5; round += 1) {
      for (const { client, toServer } of clients) client.transport.send(toServer, bytes(`round ${round}`));
      for (const attacker of attackers) {
        for (let count = 0; count < 40; count += 1)
          attacker.send(server.transport.localAddress, clientHello((seed += 1) & 255, nothing));
        attacker.send(server.transport.localAddress, new Uint8Array(60).fill(seed & 255));
      }
      world.clock.advance(50);
    }
    expect(server.heard.datagrams).toHaveLength(5_000);
    expect(server.transport.statistics).toMatchObject({
      associations: 1_000,
      handshakes: 0,
      helloVerifyRequests: 11_000,
    });
    const late = await world.client('late', '10.3.0.1');
    for (const attacker of attackers) attacker.send(server.transport.localAddress, clientHello(9, nothing));
    await world.connect(late, server);
  }, 120_000);
});

describe('a key that is looked up slowly', () => {
  test('keeps nobody else waiting', async () => {
    const world = new World();
    const lookups = new Map<string, (key: Uint8Array) => void>();
    const server = await world.server({
      server: {
        psk: (identity) =>
          identity === 'fast' ? KEY : new Promise<Uint8Array>((resolve) => lookups.set(identity, resolve)),
      },
    });
    const slow = await world.client('slow', '10.0.1.1');
    const connecting = slow.transport.connect('10.0.0.1', 5684);
    await world.pass(5_000);
    expect([...lookups.keys()]).toEqual(['slow']);
    const fast = await world.client('fast', '10.0.1.2');
    await world.say(fast, await world.connect(fast, server), server, 'hello');
    expect(server.transport.statistics).toMatchObject({ handshakes: 1, associations: 1 });
    lookups.get('slow')!(KEY);
    const toServer = await world.clock.runUntil(connecting);
    await world.say(slow, toServer, server, 'at last');
  });

  test('that never comes ends with the time for a handshake', async () => {
    const world = new World();
    const server = await world.server({
      server: { psk: () => new Promise(() => {}) },
      limits: { handshakeMs: 10_000 },
    });
    const client = await world.client('dev1');
    await expect(world.connect(client, server)).rejects.toMatchObject({ code: 'ERR_DTLS_TIMEOUT' });
    expect(server.failures).toMatchObject([{ claimedIdentity: 'dev1', reason: { code: 'ERR_DTLS_TIMEOUT' } }]);
    expect(server.transport.statistics.handshakes).toBe(0);
  });

  test('that fails is the reason of the failure', async () => {
    const world = new World();
    const server = await world.server({ server: { psk: () => Promise.reject(new Error('no database')) } });
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakeMs: 10_000 } });
    await expect(world.connect(client, server)).rejects.toThrow();
    expect(server.failures[0]?.reason).toMatchObject({ cause: { message: 'no database' } });
  });

  test('gets the identity as a text and as bytes', async () => {
    const world = new World();
    const asked: string[] = [];
    const server = await world.server({
      server: {
        psk: (identity, raw) => {
          asked.push(`${identity} ${raw.length}`);
          return KEY;
        },
      },
    });
    const client = await world.client('ünïcode');
    await world.connect(client, server);
    expect(asked).toEqual(['ünïcode 9']);
  });
});
