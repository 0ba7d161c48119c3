import { udpTransport } from '@flownexus/datagram';
import { expect, test } from 'vitest';
import { CoapClient, CoapEndpoint, Code, findOption, OptionNumber } from '../../src/index.ts';
import { bytes, text } from '../scenarios/world.ts';

test('a client over UDP, by address and by name', async () => {
  const hosts: (string | undefined)[] = [];
  const server = new CoapEndpoint({
    transport: udpTransport({ host: '127.0.0.1' }),
    onRequest: (request) => {
      const host = findOption(request.options, OptionNumber.URI_HOST);
      hosts.push(host && text(host.value));
      if (request.observe === 0) request.acceptObservation();
      return { code: Code.CONTENT, payload: bytes(request.path.join(' ')) };
    },
  });
  await server.open();
  const client = new CoapClient({ transport: udpTransport({ host: '127.0.0.1' }) });
  const port = server.localAddress!.port;
  const response = await client.get(`coap://127.0.0.1:${port}/hello/world`);
  expect(text(response.payload)).toBe('hello world');
  await client.get(`coap://localhost:${port}/`);
  expect(hosts).toEqual([undefined, 'localhost']);
  for await (const { payload } of client.observe(`coap://127.0.0.1:${port}/state`)) {
    expect(text(payload)).toBe('state');
    break;
  }
  await client.ping(`coap://127.0.0.1:${port}`);
  await expect(client.get('coap://no.such.host.invalid/')).rejects.toMatchObject({ code: 'ERR_DATAGRAM_RESOLVE' });
  await client.close();
  await server.close();
});
