import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import dns from 'node:dns';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { postWebhook } from '../../src/events/post-webhook.ts';

/** A receiver on the loopback, that answers as it is told. */
async function startReceiver(answer: RequestListener) {
  const received: { readonly request: IncomingMessage; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ request, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { port, received };
}

const allowed = (...hosts: string[]) => ({ allowedHosts: new Set(hosts) });
const message = { headers: { 'webhook-id': 'event-1-2' }, body: '{"a":"ä"}' };

test('what is posted arrives, and the status comes back', async () => {
  const { port, received } = await startReceiver((_request, response) => response.writeHead(202).end('thanks'));
  const url = `http://127.0.0.1:${port}/hook?key=1`;
  expect(await postWebhook({ ...message, url }, allowed('127.0.0.1'))).toBe(202);
  expect(received).toMatchObject([{ request: { method: 'POST', url: '/hook?key=1' }, body: '{"a":"ä"}' }]);
  expect(received[0]?.request.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'event-1-2', 'content-length': '10' }); // prettier-ignore
});

test('addresses that are not public are kept out, however they are written', async () => {
  const { port, received } = await startReceiver((_request, response) => response.end());
  const hosts = ['127.0.0.1', 'localhost', '0.0.0.0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0177.0.0.1', '10.0.0.1', '192.168.0.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '[fe80::1]', '[fd00::1]', '[64:ff9b::7f00:1]', '[::127.0.0.1]', '[::a00:1]', '224.0.0.1', '255.255.255.255']; // prettier-ignore
  for (const host of hosts) {
    const posting = postWebhook({ ...message, url: `http://${host}:${port}/` }, { ...allowed(), timeoutMs: 2_000 });
    await expect(posting, host).rejects.toThrow(/not public/);
    const secure = postWebhook({ ...message, url: `https://${host}:${port}/` }, { ...allowed(), timeoutMs: 2_000 });
    await expect(secure, host).rejects.toThrow(/not public/);
  }
  // Another host than the one that is allowed, at the same address.
  const other = postWebhook({ ...message, url: `http://127.0.0.1:${port}/` }, allowed('localhost'));
  await expect(other).rejects.toThrow(/not public/);
  expect(received).toEqual([]);
  expect(await postWebhook({ ...message, url: `http://LOCALHOST:${port}/` }, allowed('localhost'))).toBe(200);
});

test('a name that leads to an IPv4-compatible IPv6 address is kept out', async () => {
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, options: { all?: boolean }, callback: (...found: unknown[]) => void) => {
    if (options.all === true) callback(null, [{ address: '::7f00:1', family: 6 }]);
    else callback(null, '::7f00:1', 6);
  }) as never); // prettier-ignore
  syncBuiltinESMExports();
  onTestFinished(() => {
    lookup.mockRestore();
    syncBuiltinESMExports();
  });
  const posting = postWebhook({ ...message, url: 'http://receiver.example:1/' }, allowed());
  await expect(posting).rejects.toThrow(/not public/);
});

test('an IPv6 address is allowed as it is written without brackets', async () => {
  const posting = postWebhook({ ...message, url: 'http://[::1]:1/' }, allowed('::1'));
  await expect(posting).rejects.not.toThrow(/not public/);
});

test('a redirect is an answer like any other', async () => {
  const { port, received } = await startReceiver((_request, response) => response.writeHead(307, { location: '/other' }).end()); // prettier-ignore
  expect(await postWebhook({ ...message, url: `http://127.0.0.1:${port}/` }, allowed('127.0.0.1'))).toBe(307);
  expect(received).toHaveLength(1);
});

test('a switch to another protocol is an answer like any other', async () => {
  const { port } = await startReceiver((request) => {
    request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
  });
  expect(await postWebhook({ ...message, url: `http://127.0.0.1:${port}/` }, allowed('127.0.0.1'))).toBe(101);
});

test('who does not answer is not waited for long', async () => {
  const { port } = await startReceiver(() => undefined);
  const posting = postWebhook({ ...message, url: `http://127.0.0.1:${port}/` }, { ...allowed('127.0.0.1'), timeoutMs: 50 }); // prettier-ignore
  await expect(posting).rejects.toThrow('no answer within 50 ms');
});

test('an answer without an end is cut off', async () => {
  const closed = Promise.withResolvers<undefined>();
  const { port } = await startReceiver((_request, response) => {
    response.on('close', () => closed.resolve(undefined));
    response.on('error', () => undefined);
    const more = (): void => {
      while (response.write('x'.repeat(10_000)));
      response.once('drain', more);
    };
    more();
  });
  expect(await postWebhook({ ...message, url: `http://127.0.0.1:${port}/` }, allowed('127.0.0.1'))).toBe(200);
  await closed.promise;
});
