import { once } from 'node:events';
import { dtls } from 'node-dtls-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { psk } from './support/credentials.ts';
import { HOST, OurServer } from './support/our-server.ts';

type Suite = NonNullable<dtls.Options['ciphers']>[number];

// It has PSK alone.
const suites: readonly Suite[] = [
  'TLS_PSK_WITH_AES_128_CCM_8',
  'TLS_PSK_WITH_AES_128_CCM',
  'TLS_PSK_WITH_AES_128_GCM_SHA256',
  'TLS_PSK_WITH_AES_128_CBC_SHA256',
];

function open(port: number, suite: Suite, key: string = psk.text): dtls.Socket {
  const socket = dtls.createSocket({
    type: 'udp4',
    address: HOST,
    port,
    psk: { [psk.identity]: key },
    ciphers: [suite],
    timeout: 5_000,
  });
  return socket;
}

describe('our server and node-dtls-client', () => {
  test.each(suites)('%s', async (suite) => {
    const server = await OurServer.start();
    const socket = open(server.port, suite);
    await once(socket, 'connected');
    for (const text of ['a datagram', 'another one']) {
      const answered = once(socket, 'message');
      socket.send(Buffer.from(text));
      const [answer] = (await answered) as [Buffer];
      expect(answer.toString()).toBe(text);
    }
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    await expect.poll(() => server.statistics.associations).toBe(0);
  });

  test('all suites that it has', async () => {
    const server = await OurServer.start();
    const socket = dtls.createSocket({
      type: 'udp4',
      address: HOST,
      port: server.port,
      psk: { [psk.identity]: psk.text },
    });
    onTestFinished(() => socket.close());
    await once(socket, 'connected');
    expect(server.peers).toHaveLength(1);
  });

  test('a wrong key fails', async () => {
    // It sends its Finished once.
    const server = await OurServer.start({ transport: { limits: { handshakeMs: 2_000 } } });
    const socket = open(server.port, 'TLS_PSK_WITH_AES_128_CCM_8', 'wrong');
    await once(socket, 'error');
    await expect.poll(() => server.failures.length).toBe(1);
    expect(server.peers).toEqual([]);
  });
});
