import { type Peer, udpTransport } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { expect, onTestFinished, test } from 'vitest';
import { UdpProxy } from './udp-proxy.ts';

const host = '127.0.0.1';

async function open(): Promise<{ transport: ReturnType<typeof udpTransport>; heard: DatagramRecorder; port: number }> {
  const transport = udpTransport({ host });
  const heard = new DatagramRecorder();
  await transport.open(heard);
  onTestFinished(() => transport.close());
  return { transport, heard, port: transport.localAddress!.port };
}

test('a proxy forwards both ways, and after rebind() the server sees another port', async () => {
  const server = await open();
  const client = await open();
  const proxy = await UdpProxy.open(server.port);
  const towardsServer: Peer = await client.transport.connect(host, proxy.port);
  client.transport.send(towardsServer, Uint8Array.of(1));
  await server.heard.count(1);
  proxy.rebind();
  client.transport.send(towardsServer, Uint8Array.of(2));
  await server.heard.count(2);
  const [before, after] = server.heard.datagrams;
  expect(after!.peer.port).not.toBe(before!.peer.port);
  server.transport.send(after!.peer, Uint8Array.of(3));
  await client.heard.count(1);
  expect(client.heard.datagrams[0]!.peer.port).toBe(proxy.port);
  expect([...client.heard.datagrams[0]!.bytes]).toEqual([3]);
});

test('a rule decides about each datagram', async () => {
  const server = await open();
  const client = await open();
  const proxy = await UdpProxy.open(server.port, ({ index }) => (index === 0 ? 'drop' : { copies: 2, delayMs: 1 }));
  const towardsServer = await client.transport.connect(host, proxy.port);
  client.transport.send(towardsServer, Uint8Array.of(1));
  client.transport.send(towardsServer, Uint8Array.of(2));
  await server.heard.count(2);
  expect(server.heard.datagrams.map(({ bytes }) => [...bytes])).toEqual([[2], [2]]);
});
