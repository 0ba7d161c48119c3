import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import { EndpointReader } from '../../src/endpoints/endpoint-reader.ts';
import { endpointRoutes } from '../../src/endpoints/endpoint-routes.ts';
import { LiveStream } from '../../src/http/live-stream.ts';
import { StoredPublisher, type StoredPublisherOptions } from '../../src/http/stored-publisher.ts';
import { ValueReader } from '../../src/values/value-reader.ts';
import { record, registered, values } from '../support/batches.ts';
import { openEventStream } from '../support/event-stream.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

const log = pino({ level: 'silent' });

async function startStream(database: Database, changes: Partial<StoredPublisherOptions> = {}) {
  const stream = new LiveStream({ log });
  onTestFinished(() => stream.close());
  const endpoints = new EndpointReader(database, () => undefined);
  const publisher = new StoredPublisher({
    stream,
    endpoints,
    values: new ValueReader(database.reads),
    log,
    ...changes,
  });
  const { url, call } = await testRoutes([...endpointRoutes({ endpoints }), stream.route(() => Promise.resolve(true))]);
  return { stream, publisher, call, open: (query = '') => openEventStream(url, query) };
}

onEachDatabase('the stream of what is stored', (kind) => {
  test('shows what the lists show, after it is stored', async () => {
    const database = await testDatabase(kind);
    const { publisher, call, open } = await startStream(database);
    const { ingest } = await testIngest(kind, { database, onStored: (stored) => publisher.publish(stored) });
    const reader = await open();
    await ingest.submit(registered('a\nb'));
    expect(await reader.next()).toEqual({
      event: 'endpoint',
      id: expect.any(String) as string,
      data: (await call('GET', '/api/v1/endpoints/a%0Ab')).body,
    });
    await ingest.submit(values('a\nb', [record('/3303/0/5700', 'float', 21.5)]));
    expect(await reader.next()).toMatchObject({
      event: 'resource',
      data: { endpoint: 'a\nb', path: '/3303/0/5700', value: 21.5, time: '2026-01-01T00:00:00.000Z' },
    });
    await ingest.submit({ ...values('a\nb', [record('/3/0/0', 'string', 'Zephyr')]), source: 'read' });
    expect(await reader.next()).toMatchObject({ event: 'endpoint', data: { manufacturer: 'Zephyr' } });
    expect(await reader.next()).toMatchObject({ event: 'resource', data: { path: '/3/0/0' } });
    await ingest.submit({
      endpoint: 'a\nb',
      receivedAt: NEW_YEAR,
      source: 'register',
      change: { kind: 'unregistered' },
      records: [],
    });
    expect(await reader.next()).toMatchObject({ event: 'endpoint', data: { registered: false } });
    publisher.endpointChanged('a\nb');
    expect(await reader.next()).toMatchObject({ event: 'endpoint', data: { name: 'a\nb' } });
  });
});

test('nothing is read back while nobody listens', async () => {
  const byKeys = vi.fn(() => Promise.resolve([]));
  const { publisher } = await startStream(await testDatabase(), { values: { byKeys } });
  publisher.publish([{ batch: registered('a'), values: [{ seriesId: 1, time: 1, id: 1 }], refused: 0, events: [] }]);
  expect(byKeys).not.toHaveBeenCalled();
});

test('what can not be read back, and what is too much, is told to be lost', async () => {
  const byKeys = vi.fn(() => Promise.reject(new Error('the database is away')));
  const { publisher, open } = await startStream(await testDatabase(), { values: { byKeys } });
  const reader = await open();
  const stored = { batch: values('a', []), values: [{ seriesId: 1, time: 1, id: 1 }], refused: 0, events: [] };
  publisher.publish([stored]);
  expect((await reader.next()).event).toBe('lost');
  publisher.publish(Array.from({ length: 10_001 }, () => stored));
  expect((await reader.next()).event).toBe('lost');
});
