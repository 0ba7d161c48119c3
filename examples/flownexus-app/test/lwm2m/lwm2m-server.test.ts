import { setImmediate as turn } from 'node:timers/promises';
import { Lwm2mClient, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AssociationSaver } from '../src/association-saver.ts';
import type { Batch } from '../src/ingest/batch.ts';
import { UnstoredEnds } from '../src/ingest/unstored-ends.ts';
import { limits } from '../src/limits.ts';
import { endBatch, lwm2mServer, startLwm2m } from '../src/lwm2m.ts';
import { testDatabase } from './support/test-database.ts';

async function startServer(store: (batch: Batch) => Promise<void>) {
  const objects = await ObjectRegistry.bundled();
  const unstoredEnds = new UnstoredEnds({ store: (endpoint, at) => store(endBatch(endpoint, at)) });
  const log = pino({ level: 'silent' });
  const { database } = await testDatabase();
  const secured = {
    port: 0,
    credentials: database.credentials,
    associations: new AssociationSaver(database),
    ownCredential: undefined,
    roots: undefined,
  };
  const server = lwm2mServer({ host: '127.0.0.1', port: 0, objects, secured, store, unstoredEnds, log });
  const { coap: address } = await startLwm2m(server, secured.port);
  onTestFinished(async () => {
    await server.stop();
    unstoredEnds.stop();
  });
  const newClient = (endpointName: string, lifetime = 300) => {
    const client = new Lwm2mClient({
      endpointName,
      server: address,
      objects: zephyrSampleObjects(objects, { serialNumber: '1', lifetime }),
      lifetime,
    });
    onTestFinished(() => client.close());
    return client;
  };
  return { newClient };
}

test('a Register, an Update and a De-register are answered when they are stored, and not before', async () => {
  let held: (() => void) | undefined;
  const { newClient } = await startServer((batch) => {
    if (batch.endpoint !== 'a' || batch.source !== 'register') return Promise.resolve();
    return new Promise((resolve) => (held = resolve));
  });
  const client = newClient('a');
  const other = newClient('b');
  await other.start();
  for (const step of [() => client.start(), () => client.update(), () => client.stop()]) {
    let answered = false;
    const done = step().then(() => (answered = true));
    await vi.waitFor(() => expect(held).toBeDefined());
    // What the server sent before this round trip of another device has arrived, too.
    await other.update();
    await turn();
    expect(answered).toBe(false);
    held?.();
    held = undefined;
    await done;
  }
});

test('an expiry that can not be stored is stored later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let failing = false;
  const changes: string[] = [];
  const { newClient } = await startServer((batch) => {
    if (batch.change === undefined) return Promise.resolve();
    changes.push(`${batch.change.kind}${failing ? ' failed' : ''}`);
    return failing ? Promise.reject(new Error('the disk is full')) : Promise.resolve();
  });
  const client = newClient('a', 60);
  await client.start();
  await client.close();
  failing = true;
  // The lifetime, and the longest time that the server keeps a registration after it.
  await vi.advanceTimersByTimeAsync(60_000 + 93_000);
  expect(changes).toEqual(['registered', 'unregistered failed']);
  await vi.advanceTimersByTimeAsync(limits.unstoredEndsRetryMs);
  failing = false;
  await vi.advanceTimersByTimeAsync(limits.unstoredEndsRetryMs);
  expect(changes).toEqual(['registered', 'unregistered failed', 'unregistered failed', 'unregistered']);
});

test('a composite notification of object 10300 becomes an Event, and what a device sends is stored', async () => {
  const batches: Batch[] = [];
  const { newClient } = await startServer((batch) => {
    batches.push(batch);
    return Promise.resolve();
  });
  const client = newClient('a');
  client.objects.set('/10300/0/0', 1);
  await client.start();
  const eventsOf = () =>
    batches
      .filter(({ eventType }) => eventType === '10300')
      .map(({ source, records }) => ({ source, values: records.map(({ value }) => value) }));
  await vi.waitFor(() => expect(eventsOf()).toEqual([{ source: 'composite', values: [1] }]));
  client.objects.set('/10300/0/0', 2);
  await vi.waitFor(() => expect(eventsOf()[1]).toEqual({ source: 'composite', values: [2] }));
  await client.send(['/3303/0/5700']);
  expect(batches.filter(({ source }) => source === 'send')).toMatchObject([
    { endpoint: 'a', records: [{ path: { objectId: 3303, resourceId: 5700 } }] },
  ]);
});
