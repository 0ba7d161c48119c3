import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LiveStream, type LiveStreamOptions } from '../../src/http/live-stream.ts';
import { openEventStream } from '../support/event-stream.ts';
import { testRoutes } from '../support/test-routes.ts';

async function startStream(options: Partial<LiveStreamOptions> = {}, isAllowed = () => Promise.resolve(true)) {
  const stream = new LiveStream({ log: pino({ level: 'silent' }), ...options });
  onTestFinished(() => stream.close());
  const { url, call } = await testRoutes([stream.route(isAllowed)]);
  return {
    stream,
    url,
    call,
    open: (query = '', id = '') => openEventStream(url, query, id === '' ? {} : { 'last-event-id': id }),
  };
}

test('those who listen are told, with what was given', async () => {
  const { stream, open } = await startStream();
  const reader = await open();
  expect(reader.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  stream.publish('endpoint', 'a\nb', () => ({ name: 'a\nb' }));
  stream.publish('resource', 'a\nb', () => ({ value: 21.5 }));
  expect(await reader.next()).toMatchObject({ event: 'endpoint', data: { name: 'a\nb' } });
  expect(await reader.next()).toMatchObject({ event: 'resource', data: { value: 21.5 } });
});

test('a stream can keep to one endpoint', async () => {
  const { stream, open } = await startStream();
  const reader = await open('?endpoint=b');
  for (const name of ['a', 'b', undefined, 'c', 'b']) stream.publish('endpoint', name, () => name ?? 'all');
  expect(await reader.next()).toMatchObject({ data: 'b' });
  expect(await reader.next()).toMatchObject({ data: 'b' });
});

test('what nobody reads is not even made, and once for all who do', async () => {
  const { stream, open } = await startStream();
  const data = vi.fn(() => 1);
  expect(stream.wanted).toBe(false);
  stream.publish('event', 'a', data);
  expect(data).not.toHaveBeenCalled();
  const readers = [await open(), await open(), await open('?endpoint=a')];
  stream.publish('event', 'a', data);
  for (const reader of readers) expect(await reader.next()).toMatchObject({ event: 'event', data: 1 });
  expect(data).toHaveBeenCalledTimes(1);
});

test('who comes back gets what was missed, from the id on', async () => {
  const { stream, open } = await startStream();
  const before = await open();
  // Where to go on from when there was no event yet.
  const { id: first = '' } = await before.block();
  stream.publish('resource', 'a', () => 1);
  const { id = '' } = await before.next();
  before.close();
  await vi.waitFor(() => expect(stream.wanted).toBe(true));
  stream.publish('resource', 'a', () => 2);
  stream.publish('resource', 'b', () => 3);
  const again = await open('', id);
  expect([(await again.next()).data, (await again.next()).data]).toEqual([2, 3]);
  const ofB = await open('?endpoint=b', first);
  expect((await ofB.next()).data).toBe(3);
  const fromTheStart = await open('', first);
  expect((await fromTheStart.next()).data).toBe(1);
});

test.each([
  ['of another process', 'AAAAAAAA.1'],
  ['of no event', 'x'],
  ['of the future', undefined],
])('an id %s: the reader is told to fetch anew, and then what comes', async (_, id) => {
  const { stream, open } = await startStream();
  const other = await open();
  const { id: now = '' } = await other.block();
  const reader = await open('', id ?? now.replace(/\d+$/, '999'));
  expect(await reader.next()).toMatchObject({ event: 'lost', data: {} });
  stream.publish('event', 'a', () => 1);
  expect(await reader.next()).toMatchObject({ event: 'event', data: 1 });
});

test('what is kept is bounded: older ids are lost', async () => {
  const { stream, open } = await startStream({ replayBytes: 1_000 });
  const reader = await open();
  const { id: first = '' } = await reader.block();
  for (let index = 0; index < 20; index += 1) stream.publish('event', 'a', () => 'x'.repeat(100));
  expect((await (await open('', first)).next()).event).toBe('lost');
});

test('when nobody came back for long nothing is kept, and who comes then is told so', async () => {
  const { stream, open } = await startStream({ replayMs: 0 });
  const reader = await open();
  stream.publish('event', 'a', () => 1);
  const { id = '' } = await reader.next();
  reader.close();
  await vi.waitFor(() => expect(stream.wanted).toBe(false));
  expect((await (await open('', id)).next()).event).toBe('lost');
});

test('what could not be told is told to be lost', async () => {
  const { stream, open } = await startStream();
  const reader = await open();
  stream.publish('event', 'a', () => {
    throw new Error('not readable');
  });
  expect((await reader.next()).event).toBe('lost');
});

test('a reader that does not keep up is dropped', async () => {
  const { stream, url } = await startStream({ replayBytes: 1_000_000 });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
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
  // More than the buffers of the operating system take.
  for (let index = 0; index < 200; index += 1) {
    stream.publish('resource', 'a', () => 'x'.repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  await closed;
});

test('a reader that keeps up gets everything, however much it is', async () => {
  const { stream, open } = await startStream();
  const reader = await open();
  for (let index = 0; index < 3_000; index += 1)
    stream.publish('resource', 'a', () => ({ index, text: 'x'.repeat(1_000) }));
  for (let index = 0; index < 3_000; index += 1) expect((await reader.next()).data).toMatchObject({ index });
});

test('heartbeats tell where to go on from', async () => {
  const { stream, open } = await startStream({ heartbeatMs: 5 });
  const reader = await open('?endpoint=b');
  const { id: first = '' } = await reader.block();
  stream.publish('event', 'a', () => 1);
  let id: string | undefined = first;
  while (id === first || id === undefined) ({ id } = await reader.block());
  expect(id).not.toBe(first);
});

test('who may not read any more is let go', async () => {
  let allowed = true;
  const { open } = await startStream({ heartbeatMs: 5 }, () => Promise.resolve(allowed));
  const reader = await open();
  allowed = false;
  expect(await reader.ended()).toBe(true);
});

test('too many streams are refused', async () => {
  const { open, call } = await startStream();
  for (let index = 0; index < 100; index += 1) await open();
  expect(await call('GET', '/api/v1/stream')).toMatchObject({
    status: 503,
    body: { type: 'urn:flownexus:problem:too-many-streams' },
  });
});

test('a wrong query is refused', async () => {
  const { call } = await startStream();
  for (const query of ['?endpoint=', '?endpoint=%00', '?x=1', `?endpoint=${'x'.repeat(1_025)}`]) {
    expect(await call('GET', `/api/v1/stream${query}`)).toMatchObject({ status: 400 });
  }
});

test('stopping ends them', async () => {
  const { stream, open } = await startStream();
  const reader = await open();
  stream.close();
  expect(await reader.ended()).toBe(true);
});
