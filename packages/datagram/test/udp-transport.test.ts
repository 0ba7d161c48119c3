import { TransportError, udpTransport } from '@flownexus/datagram';
import type { DatagramHandler, Peer, UdpTransport, UdpTransportOptions } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { addressIsMissing } from './loopback.ts';

const noIpv6 = await addressIsMissing('::1');
const opened: UdpTransport[] = [];

function transport(options: UdpTransportOptions = { host: '127.0.0.1' }): UdpTransport {
  const made = udpTransport(options);
  opened.push(made);
  return made;
}

async function open(
  options?: UdpTransportOptions,
  handler?: DatagramHandler,
): Promise<[UdpTransport, DatagramRecorder]> {
  const recorder = new DatagramRecorder();
  const made = transport(options);
  await made.open(handler ?? recorder);
  return [made, recorder];
}

function portOf(made: UdpTransport): number {
  return made.localAddress?.port ?? 0;
}

describe('udpTransport', () => {
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((made) => made.close()));
  });

  test('listens on all addresses unless told otherwise', async () => {
    const [made] = await open({});
    expect(made.localAddress?.host).toBe(noIpv6 === undefined ? '::' : '0.0.0.0');
    expect(made.scheme).toBe('coap');
    expect(made.maxDatagramSize).toBe(65_507);
  });

  test('one dual-stack socket shows IPv4 parties as IPv4, and gives one object per address', async () => {
    const [server, heard] = await open({});
    const [client] = await open({ host: '127.0.0.1' });
    const toServer = await client.connect('127.0.0.1', portOf(server));
    client.send(toServer, Uint8Array.of(1));
    client.send(toServer, Uint8Array.of(2));
    await heard.count(2);
    const [first, second] = heard.datagrams;
    expect(first?.peer).toMatchObject({ host: '127.0.0.1', key: `coap://127.0.0.1:${portOf(client)}` });
    expect(second?.peer).toBe(first?.peer);
    await expect(server.connect('127.0.0.1', portOf(client))).resolves.toBe(first?.peer);
  });

  test.skipIf(noIpv6 !== undefined)(
    `IPv6 parties have one key however connect spells them ${noIpv6 ?? ''}`,
    async () => {
      const [server, heard] = await open({ host: '::1' });
      const [client] = await open({ host: '::1' });
      client.send(await client.connect('0:0:0:0:0:0:0:1', portOf(server)), Uint8Array.of(1));
      await heard.count(1);
      expect(heard.datagrams[0]?.peer.key).toBe(`coap://[::1]:${portOf(client)}`);
      await expect(server.connect('0::1', portOf(client))).resolves.toBe(heard.datagrams[0]?.peer);
    },
  );

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['fe80:0::1%eth0', 'fe80::1%eth0'],
  ])('connect to %s gives a peer at %s', async (host, shown) => {
    const [client] = await open({});
    await expect(client.connect(host, 5683)).resolves.toMatchObject({ host: shown, port: 5683 });
  });

  test.skipIf(noIpv6 !== undefined)(`an IPv6 socket resolves names to IPv6 only ${noIpv6 ?? ''}`, async () => {
    const [client] = await open({ host: '::1' });
    // Some machines know localhost as IPv4 only.
    const found = await client.connect('localhost', 5683).then(
      (peer) => peer.host,
      (error: unknown) => (error instanceof TransportError ? error.code : error),
    );
    expect(['::1', 'ERR_DATAGRAM_RESOLVE']).toContain(found);
  });

  test('connect resolves a name to an address that the socket reaches', async () => {
    const [server, heard] = await open({ host: '127.0.0.1' });
    const [client] = await open({ host: 'localhost' });
    const [ipv4Client] = await open({ host: '127.0.0.1' });
    expect(['127.0.0.1', '::1']).toContain(client.localAddress?.host);
    const peer = await ipv4Client.connect('localhost', portOf(server));
    expect(peer.host).toBe('127.0.0.1');
    ipv4Client.send(peer, Uint8Array.of(1));
    await heard.count(1);
  });

  test('recalls only peers that the socket reaches', async () => {
    const [client] = await open({ host: '127.0.0.1' });
    expect(client.recall('coap://192.0.2.1:5683', '192.0.2.1', 5683)).toMatchObject({ host: '192.0.2.1' });
    expect(client.recall('coap://[2001:db8::1]:5683', '2001:db8::1', 5683)).toBeUndefined();
    expect(client.recall('coap://example.com:5683', 'example.com', 5683)).toBeUndefined();
  });

  test('a name without an address is a resolve error', async () => {
    const [client] = await open();
    const failure = client.connect('name with spaces', 5683);
    await expect(failure).rejects.toBeInstanceOf(TransportError);
    await expect(failure).rejects.toMatchObject({ code: 'ERR_DATAGRAM_RESOLVE' });
    await expect(failure).rejects.toThrow(/^name with spaces has no address that this socket reaches/);
    const unresolved = transport({ host: 'name with spaces' });
    await expect(unresolved.open(new DatagramRecorder())).rejects.toMatchObject({ code: 'ERR_DATAGRAM_RESOLVE' });
  });

  test('a port in use says which, and the transport can be opened once it is free', async () => {
    const [first] = await open({ host: '127.0.0.1' });
    const port = portOf(first);
    const second = transport({ host: '127.0.0.1', port });
    const failure = second.open(new DatagramRecorder());
    await expect(failure).rejects.toMatchObject({
      code: 'ERR_DATAGRAM_BIND',
      message: `udp port ${port} on 127.0.0.1 is already in use`,
      cause: { code: 'EADDRINUSE' },
    });
    await first.close();
    await second.open(new DatagramRecorder());
    expect(second.localAddress).toEqual({ host: '127.0.0.1', port });
  });

  test('an address of another machine is a bind error', async () => {
    // RFC 5737: 192.0.2.0/24 is nobody's.
    const made = transport({ host: '192.0.2.1' });
    await expect(made.open(new DatagramRecorder())).rejects.toMatchObject({ code: 'ERR_DATAGRAM_BIND' });
  });

  test('close during open wins', async () => {
    const made = transport();
    const opening = made.open(new DatagramRecorder());
    const closing = made.close();
    await expect(opening).rejects.toMatchObject({ code: 'ERR_DATAGRAM_CLOSED' });
    await closing;
    expect(made.localAddress).toBeUndefined();
  });

  test('counts what it sends and hears, and what it drops', async () => {
    const [server, heard] = await open({ host: '127.0.0.1' });
    const [client] = await open({ host: '127.0.0.1', maxDatagramSize: 100 });
    const toServer = await client.connect('127.0.0.1', portOf(server));
    client.send(toServer, new Uint8Array(101));
    client.send(toServer, new Uint8Array(100));
    await heard.count(1);
    expect(server.statistics).toMatchObject({ received: 1, sent: 0 });
    expect(client.statistics).toMatchObject({ received: 0, sent: 1, oversized: 1, sendErrors: 0 });
    await client.close();
    client.send(toServer, new Uint8Array(1));
    expect(client.statistics.sendErrors).toBe(1);
  });

  test.each([
    ['port 0, which a forged datagram may come from', { port: 0, host: '127.0.0.1' }],
    ['a port beyond 65535', { port: 65_536, host: '127.0.0.1' }],
    ['an address that the socket does not reach', { port: 5683, host: '2001:db8::1' }],
    ['something that is no address', { port: 5683, host: 'nonsense' }],
  ])('sending to %s is counted and reported, never thrown', async (_name, where) => {
    let report: (error: unknown) => void = () => {};
    const reported = new Promise((resolve) => {
      report = resolve;
    });
    const [client] = await open({
      host: '127.0.0.1',
      onError: (error) => {
        report(error);
      },
    });
    const real = await client.connect('127.0.0.1', 5683);
    const forged: Peer = { ...real, ...where };
    client.send(forged, Uint8Array.of(1));
    await expect(reported).resolves.toBeInstanceOf(Error);
    expect(client.statistics).toMatchObject({ sent: 0, sendErrors: 1 });
  });

  test('a handler that throws is counted and reported, and hears the next datagram', async () => {
    const errors: unknown[] = [];
    const recorder = new DatagramRecorder();
    const handler: DatagramHandler = {
      onDatagram: (peer, datagram) => {
        recorder.onDatagram(peer, datagram);
        throw new Error(`handler ${datagram.length}`);
      },
      onPeerClosed: () => {},
    };
    const [server] = await open({ host: '127.0.0.1', onError: (error) => errors.push(error) }, handler);
    const [client] = await open();
    const toServer = await client.connect('127.0.0.1', portOf(server));
    client.send(toServer, new Uint8Array(1));
    client.send(toServer, new Uint8Array(2));
    await recorder.count(2);
    await client.close();
    await server.close();
    expect(errors).toEqual([new Error('handler 1'), new Error('handler 2')]);
    expect(server.statistics).toMatchObject({ received: 2, handlerErrors: 2 });
  });

  test('close waits for all that was sent', async () => {
    const [server, heard] = await open({ host: '127.0.0.1', receiveBufferSize: 1 << 20 });
    const [client] = await open();
    const toServer = await client.connect('127.0.0.1', portOf(server));
    for (let count = 0; count < 50; count += 1) client.send(toServer, new Uint8Array(count));
    await client.close();
    await heard.count(50);
    expect(client.statistics).toMatchObject({ sent: 50, sendErrors: 0 });
  });

  test('mistakes in the options are told at once', () => {
    expect(() => udpTransport({ port: -1 })).toThrow(RangeError);
    expect(() => udpTransport({ port: 65_536 })).toThrow(RangeError);
    expect(() => udpTransport({ maxDatagramSize: 0 })).toThrow(RangeError);
    expect(() => udpTransport({ maxDatagramSize: 65_508 })).toThrow(RangeError);
  });

  test('connect to port 0 is a mistake of the caller', async () => {
    const [client] = await open();
    await expect(client.connect('127.0.0.1', 0)).rejects.toThrow(RangeError);
  });
});
