import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { buildOptions, Code, decodeMessage, encodeMessage, MessageType } from '@flownexus/coap';
import { systemClock, systemRandom } from '@flownexus/datagram';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Registration } from '../../src/index.ts';

test('a device registers and is read over UDP', async () => {
  const server = new Lwm2mServer({
    endpoints: [coap({ host: '127.0.0.1', port: 0 })],
    objects: await ObjectRegistry.bundled(),
  });
  await server.start();
  const [address] = server.addresses;
  expect(address).toMatchObject({ scheme: 'coap', host: '127.0.0.1' });
  const device = createSocket('udp4');
  try {
    const registered = new Promise<Registration>((resolve) => server.once('registered', resolve));
    const register = {
      type: MessageType.CON,
      code: Code.POST,
      messageId: 1,
      token: Uint8Array.of(1),
      options: buildOptions({ path: ['rd'], query: ['ep=udp', 'lt=60', 'lwm2m=1.1'], contentFormat: 40 }),
      payload: new TextEncoder().encode('</3/0>'),
    };
    device.send(encodeMessage(register), address?.port, '127.0.0.1');
    const [answer] = (await once(device, 'message')) as [Buffer];
    expect(decodeMessage(answer).code).toBe(Code.CREATED);
    expect((await registered).address.port).toBe(device.address().port);
    const read = server.device('udp').read('/3/0/9');
    const [datagram] = (await once(device, 'message')) as [Buffer];
    const { messageId, token } = decodeMessage(datagram);
    const response = {
      type: MessageType.ACK,
      code: Code.CONTENT,
      messageId,
      token,
      options: buildOptions({ contentFormat: 0 }),
      payload: new TextEncoder().encode('95'),
    };
    device.send(encodeMessage(response), address?.port, '127.0.0.1');
    expect((await read).records[0]?.value).toBe(95);
  } finally {
    device.close();
    await server.stop();
  }
});

test('a port that is taken fails the start', async () => {
  const objects = new ObjectRegistry();
  const first = new Lwm2mServer({ endpoints: [coap({ host: '127.0.0.1', port: 0 })], objects });
  await first.start();
  const port = first.addresses[0]?.port ?? 0;
  const second = new Lwm2mServer({ endpoints: [coap({ host: '127.0.0.1', port })], objects });
  await expect(second.start()).rejects.toMatchObject({ code: 'ERR_DATAGRAM_BIND' });
  await first.stop();
});

test('the receive buffer of the socket gets the size that is asked for', async () => {
  // A size that no buffer has is the one whose fate is seen: it is counted.
  const endpoint = coap({ host: '127.0.0.1', port: 0, receiveBufferSize: -1 });
  const transport = endpoint.createTransport({
    clock: systemClock,
    random: systemRandom,
    signal: new AbortController().signal,
    onError: () => undefined,
  });
  await transport.open({ onDatagram: () => undefined, onPeerClosed: () => undefined });
  expect(transport).toMatchObject({ statistics: { socketErrors: 1 } });
  await transport.close();
});
