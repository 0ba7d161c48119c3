import { TransportErrorCodes, udpTransport } from '@flownexus/datagram';
import type { UdpMulticastOptions, UdpTransport, UdpTransportOptions } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { ipv4Place, ipv6Place, multicastIsMissing } from './loopback.ts';

const ipv6 = await ipv6Place();
const noIpv6 = ipv6 === undefined ? 'no interface carries IPv6 multicast' : undefined;
const noMulticast = await multicastIsMissing(ipv4Place);
const group = '224.0.1.187';
const opened: UdpTransport[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((made) => made.close()));
});

function transport(options: UdpTransportOptions): UdpTransport {
  const made = udpTransport({ host: '127.0.0.1', ...options });
  opened.push(made);
  return made;
}

async function open(options: UdpTransportOptions): Promise<[UdpTransport, DatagramRecorder]> {
  const heard = new DatagramRecorder();
  const made = transport(options);
  await made.open(heard);
  return [made, heard];
}

/** Sockets of this process, without those that are being closed. */
async function openSockets(): Promise<number> {
  await turn();
  return process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;
}

/** Resolves after all that is ready has been read. */
async function turn(): Promise<void> {
  for (let count = 0; count < 2; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

function portOf(made: UdpTransport): number {
  return made.localAddress?.port ?? 0;
}

describe.skipIf(noMulticast !== undefined)(`a UDP transport and groups ${noMulticast ?? ''}`, () => {
  test('members on one machine hear one port of the group, and each has its own for the rest', async () => {
    const [first, firstHeard] = await open({ multicast: { groups: [group] } });
    const port = portOf(first);
    const [second, secondHeard] = await open({ multicast: { groups: [group], port } });
    const [client, answers] = await open({ multicast: { groups: [] } });
    client.send(await client.connect(group, port), Uint8Array.of(1));
    await Promise.all([firstHeard.count(1), secondHeard.count(1)]);
    for (const [member, { datagrams }] of [[first, firstHeard] as const, [second, secondHeard] as const]) {
      const peer = datagrams[0]?.peer;
      if (peer !== undefined) member.send(peer, Uint8Array.of(2));
    }
    await answers.count(2);
    expect(answers.datagrams.map(({ peer }) => peer.port).sort()).toEqual([port, portOf(second)].sort());
  });

  test('of several groups each is heard once', async () => {
    const other = '224.0.1.188';
    const [member, heard] = await open({ multicast: { groups: [group, other, group] } });
    const toOwn = await member.connect('127.0.0.1', portOf(member));
    for (const host of [group, other]) {
      member.send(await member.connect(host, portOf(member)), Uint8Array.of(host === group ? 1 : 2));
    }
    await heard.count(2);
    member.send(toOwn, Uint8Array.of(3));
    await heard.count(3);
    expect(heard.datagrams.map(({ bytes }) => bytes[0]).sort()).toEqual([1, 2, 3]);
  });

  test('counts what groups bring, and what nobody takes', async () => {
    const [member, heard] = await open({ multicast: { groups: [group] } });
    const toGroup = await member.connect(group, portOf(member));
    member.send(toGroup, Uint8Array.of(1));
    await heard.count(1);
    expect(member.statistics).toMatchObject({ received: 0, multicastReceived: 1, multicastIgnored: 0 });

    const deaf = transport({ multicast: { groups: [group], port: portOf(member) } });
    await deaf.open({ onDatagram: () => {}, onPeerClosed: () => {} });
    member.send(toGroup, Uint8Array.of(2));
    await heard.count(2);
    await turn();
    expect(deaf.statistics).toMatchObject({ received: 0, multicastReceived: 0, multicastIgnored: 1 });
  });

  test('a handler that throws is counted, reported, and hears the next datagram', async () => {
    const errors: unknown[] = [];
    const heard = new DatagramRecorder();
    const member = transport({ multicast: { groups: [group] }, onError: (error) => errors.push(error) });
    await member.open({
      onDatagram: () => {},
      onMulticast: (peer, datagram) => {
        heard.onMulticast(peer, datagram);
        throw new Error(`handler ${datagram.length}`);
      },
      onPeerClosed: () => {},
    });
    const toGroup = await member.connect(group, portOf(member));
    member.send(toGroup, new Uint8Array(1));
    member.send(toGroup, new Uint8Array(2));
    await heard.count(2);
    expect(errors).toEqual([new Error('handler 1'), new Error('handler 2')]);
    expect(member.statistics).toMatchObject({ multicastReceived: 2, handlerErrors: 2 });
  });

  test.each<[string, UdpMulticastOptions, RegExp]>([
    [
      'a group that the transport can not answer for',
      { groups: [group, 'ff05::fd'] },
      /^joining \[ff05::fd\]:\d+ is not possible: the transport listens on an IPv4 address$/,
    ],
    [
      'an interface that is not there',
      { groups: [group], interface: 'nowhere0' },
      /^sending to groups is not possible: this machine has no network interface nowhere0$/,
    ],
    ['an interface of another machine', { groups: [group], interface: '203.0.113.1' }, /is not possible: /],
  ])('%s: open rejects and leaves nothing behind', async (_name, multicast, message) => {
    const [first] = await open({});
    const port = portOf(first);
    await first.close();
    const failing = transport({ port, multicast });
    const failure = failing.open(new DatagramRecorder());
    await expect(failure).rejects.toMatchObject({ name: 'TransportError', code: 'ERR_DATAGRAM_MULTICAST' });
    await expect(failure).rejects.toThrow(message);
    expect(failing.localAddress).toBeUndefined();
    // Its address is free, the group's too.
    const [next, heard] = await open({ port, multicast: { groups: [group] } });
    next.send(await next.connect(group, port), Uint8Array.of(1));
    await heard.count(1);
    await failing.close();
  });

  test('close during open leaves nothing behind', async () => {
    const made = transport({ multicast: { groups: [group] } });
    const opening = made.open(new DatagramRecorder());
    const closing = made.close();
    await expect(opening).rejects.toMatchObject({ code: 'ERR_DATAGRAM_CLOSED' });
    await closing;
    expect(await openSockets()).toBe(0);
  });
});

// The loopback interface of IPv4 brings everything back, whatever the option says.
test.skipIf(noIpv6 !== undefined || ipv6?.host === '::1')(
  `without loopback members on this machine hear nothing ${noIpv6 ?? ''}`,
  async () => {
    const place = ipv6 ?? ipv4Place;
    const at = { host: place.host, multicast: { groups: [], interface: place.interface } };
    const [member, heard] = await open({ ...at, multicast: { ...at.multicast, groups: [place.group] } });
    const [quiet] = await open({ ...at, multicast: { ...at.multicast, loopback: false, ttl: 0 } });
    quiet.send(await quiet.connect(place.group, portOf(member)), Uint8Array.of(1));
    member.send(await member.connect(place.group, portOf(member)), Uint8Array.of(2));
    await heard.count(1);
    expect(heard.datagrams.map(({ bytes }) => bytes[0])).toEqual([2]);
  },
);

test('close leaves no socket open', async () => {
  const [made] = await open({ host: '0.0.0.0', multicast: { groups: [group, '224.0.1.188'], interface: '127.0.0.1' } });
  expect(await openSockets()).toBe(3);
  await made.close();
  expect(await openSockets()).toBe(0);
});

test.each<[string, UdpMulticastOptions]>([
  ['an address of no group', { groups: ['192.0.2.1'] }],
  ['a group with a zone', { groups: ['ff02::fd%eth0'] }],
  ['a name', { groups: ['all-coap-nodes'] }],
  ['more groups than sockets for them', { groups: Array.from({ length: 17 }, (_, index) => `224.0.2.${index}`) }],
  ['port 0', { groups: [group], port: 0 }],
  ['a negative ttl', { groups: [group], ttl: -1 }],
])('%s is a mistake that is told at once', (_name, multicast) => {
  expect(() => udpTransport({ multicast })).toThrow(RangeError);
});

test('the code of the error is in the table', () => {
  expect(Object.keys(TransportErrorCodes)).toContain('ERR_DATAGRAM_MULTICAST');
});
