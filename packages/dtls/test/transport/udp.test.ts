import { udpTransport, type Peer } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { dtlsTransport } from '../../src/index.ts';
import { bytes, KEY, text } from './world.ts';

test('many clients share one socket of a server over UDP', async () => {
  const server = dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), server: { psk: () => KEY } });
  await server.open({
    onDatagram: (peer: Peer, datagram) => {
      const name = peer.identity.kind === 'psk' ? peer.identity.identity : '';
      server.send(peer, bytes(`${text(datagram)} to you, ${name}`));
    },
    onPeerClosed: () => {},
  });
  const clients = Array.from({ length: 20 }, (_, index) => {
    const identity = `dev${index}`;
    const transport = dtlsTransport({
      transport: udpTransport({ host: '127.0.0.1' }),
      client: { psk: { identity, key: KEY } },
    });
    return { identity, transport, heard: new DatagramRecorder() };
  });
  await Promise.all(clients.map(({ transport, heard }) => transport.open(heard)));
  const { port } = server.localAddress!;
  const peers = await Promise.all(clients.map(({ transport }) => transport.connect('127.0.0.1', port)));
  for (const [index, { transport }] of clients.entries()) transport.send(peers[index]!, bytes('hello'));
  await Promise.all(clients.map(({ heard }) => heard.count(1)));
  expect(clients.map(({ heard }) => text(heard.datagrams[0]?.bytes))).toEqual(
    clients.map(({ identity }) => `hello to you, ${identity}`),
  );
  expect(server.statistics.associations).toBe(20);
  await Promise.all(clients.map(({ transport }) => transport.close()));
  await server.close();
});
