import { get as httpGet, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { testHttp } from '../support/test-http.ts';

/** Reads a stream event by event. */
async function openStream(port: number, query = '') {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpGet({ port, host: '127.0.0.1', path: `/api/v1/stream${query}`, agent: false }, resolve);
    request.on('error', reject);
    onTestFinished(() => void request.destroy());
  });
  const blocks = readBlocks(response);
  expect((await blocks.next()).value).toBe(': connected');
  return {
    response,
    ended: async (): Promise<boolean> => (await blocks.next()).done === true,
    next: async (): Promise<{ event: string; data: unknown }> => {
      const { value } = await blocks.next();
      const match = /^event: (\w+)\ndata: (.*)$/.exec(value ?? '');
      return { event: match?.[1] ?? '', data: JSON.parse(match?.[2] ?? 'null') };
    },
  };
}

async function* readBlocks(response: IncomingMessage): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks;
  }
  return undefined;
}

test('what is stored is told to those who listen, as the lists show it', async () => {
  const { port, queue, get } = await testHttp();
  const stream = await openStream(port);
  expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers['cache-control']).toBe('no-store');
  await queue.submit(registered('a\nb'));
  const endpoint = (await get('/api/v1/endpoints')).body as { items: unknown[] };
  expect(await stream.next()).toEqual({ event: 'endpoint', data: endpoint.items[0] });

  await queue.submit(values('a\nb', [record('/3303/0/5700', 'float', 21.5)]));
  const resources = (await get('/api/v1/endpoints/a%0Ab/resources')).body as { items: object[] };
  expect(await stream.next()).toEqual({ event: 'resource', data: { endpoint: 'a\nb', ...resources.items[0] } });

  await queue.submit({ ...values('a\nb', [record('/3/0/0', 'string', 'Zephyr')]), source: 'read' });
  expect(await stream.next()).toMatchObject({ event: 'endpoint', data: { manufacturer: 'Zephyr' } });
  expect(await stream.next()).toMatchObject({ event: 'resource', data: { path: '/3/0/0' } });

  await queue.submit({
    endpoint: 'a\nb',
    receivedAt: NEW_YEAR,
    source: 'register',
    change: { kind: 'unregistered' },
    records: [],
  });
  expect(await stream.next()).toMatchObject({ event: 'endpoint', data: { registered: false } });
});

test('a stream can keep to one endpoint', async () => {
  const { port, queue } = await testHttp();
  const stream = await openStream(port, '?endpoint=b');
  await Promise.all([queue.submit(registered('a')), queue.submit(registered('b')), queue.submit(registered('c'))]);
  expect(await stream.next()).toMatchObject({ event: 'endpoint', data: { name: 'b' } });
});

test('a reader that does not keep up is dropped', async () => {
  const { port, queue } = await testHttp({ backlogBytes: 1000 });
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.once('data', () => resolve());
  });
  socket.pause();
  await queue.submit(registered('a'));
  // More than the buffers of the operating system take.
  for (let index = 0; index < 200; index += 1) {
    await queue.submit(values('a', [record('/3/0/0', 'string', 'x'.repeat(100_000))]));
  }
  socket.resume();
  await closed;
});

test('too many streams are refused', async () => {
  const { port, get } = await testHttp();
  for (let index = 0; index < 100; index += 1) await openStream(port);
  expect(await get('/api/v1/stream')).toMatchObject({ status: 503, body: { error: { code: 'too-many-streams' } } });
});

test('stopping ends them', async () => {
  const { port, stream } = await testHttp();
  const { ended } = await openStream(port);
  stream.close();
  expect(await ended()).toBe(true);
});
