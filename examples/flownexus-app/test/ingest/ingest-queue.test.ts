import { expect, test, vi } from 'vitest';
import type { StoredBatch } from '../../src/ingest/batch.ts';
import { IngestQueue, IngestRefusedError } from '../../src/ingest/ingest-queue.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { testDatabase } from '../support/test-database.ts';

const temperature = (value: number) => [record('/3303/0/5700', 'float', value)];

async function openQueue(options: { maxBatches?: number; maxRecords?: number } = {}) {
  const opened = await testDatabase();
  const stored: StoredBatch[][] = [];
  const queue = new IngestQueue({
    database: opened.database,
    onStored: (batches) => void stored.push([...batches]),
    ...options,
  });
  queue.open();
  await queue.submit(registered('a'));
  stored.length = 0;
  const count = (): unknown => opened.connection.prepare('SELECT count(*) AS n FROM Resource').get()?.['n'];
  return { ...opened, queue, stored, count };
}

test('what is submitted in one turn shares one transaction, and resolves after the commit', async () => {
  const { database, connection, queue, stored, count } = await openQueue();
  const transaction = vi.spyOn(database, 'transaction');
  const countsWhenResolved = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await queue.submit(values('a', temperature(index)));
      return [count(), connection.isTransaction];
    }),
  );
  expect(transaction).toHaveBeenCalledTimes(1);
  expect(new Set(countsWhenResolved.map(String))).toEqual(new Set(['100,false']));
  expect(stored).toHaveLength(1);
  expect(stored[0]).toHaveLength(100);
});

test('the order of submission is the order of the ids', async () => {
  const { connection, queue } = await openQueue();
  await Promise.all([3, 1, 2].map((value) => queue.submit(values('a', temperature(value)))));
  const rows = connection.prepare('SELECT float_value FROM Resource ORDER BY id').all();
  expect(rows.map((row) => row['float_value'])).toEqual([3, 1, 2]);
});

test('one that can not be stored fails alone and as a whole', async () => {
  const { connection, queue, stored } = await openQueue();
  const results = await Promise.allSettled([
    queue.submit(values('a', temperature(1))),
    queue.submit(values('nobody', temperature(2))),
    queue.submit(values('a', [...temperature(3), record('/3303/0/5701', 'string', 5)])),
    queue.submit(values('a', [record('/3303', 'float', 4)])),
    queue.submit(values('a', temperature(5))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
  const rows = connection.prepare('SELECT float_value FROM Resource ORDER BY id').all();
  expect(rows.map((row) => row['float_value'])).toEqual([1, 5]);
  expect(stored.flat()).toHaveLength(2);
  // Nothing that the failed ones had added is taken as there.
  await queue.submit(values('a', [record('/3303/0/5701', 'string', 'Cel')]));
  expect(stored.flat()).toHaveLength(3);
});

test('when the database itself fails, nobody is told that a value is stored, and nothing is tried twice', async () => {
  const { database, connection, queue } = await openQueue();
  const transaction = vi.spyOn(database, 'transaction');
  connection.exec('PRAGMA query_only = 1');
  const results = await Promise.allSettled([1, 2, 3].map((value) => queue.submit(values('a', temperature(value)))));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(transaction).toHaveBeenCalledTimes(1);
  connection.exec('PRAGMA query_only = 0');
  await queue.submit(values('a', temperature(4)));
});

test('beyond its bounds the queue refuses', async () => {
  const { queue } = await openQueue({ maxBatches: 2, maxRecords: 3 });
  const two = [...temperature(1), ...temperature(2)];
  const first = queue.submit(values('a', two));
  await expect(queue.submit(values('a', two))).rejects.toThrow(IngestRefusedError);
  const second = queue.submit(values('a', temperature(3)));
  await expect(queue.submit(values('a', []))).rejects.toThrow(IngestRefusedError);
  await Promise.all([first, second]);
  await queue.submit(values('a', two));
});

test('nothing is stored before the queue is opened, and nothing that was stored is lost by stopping', async () => {
  const { database } = await testDatabase();
  const queue = new IngestQueue({ database });
  const transaction = vi.spyOn(database, 'transaction');
  const submitted = queue.submit(registered('a'));
  await new Promise(setImmediate);
  expect(transaction).not.toHaveBeenCalled();
  queue.open();
  queue.stop();
  await submitted;
  expect(database.endpoints.get('a')).toBeDefined();
  await expect(queue.submit(registered('b'))).rejects.toThrow('the app is stopping');
});

test('stopping a queue that was never opened refuses what waits', async () => {
  const { database } = await testDatabase();
  const queue = new IngestQueue({ database });
  const submitted = queue.submit(registered('a'));
  queue.stop();
  await expect(submitted).rejects.toThrow(IngestRefusedError);
});

test('a multiple Resource becomes one row per instance, and an event groups what was read together', async () => {
  const { connection, queue } = await openQueue();
  await queue.submit({
    endpoint: 'a',
    receivedAt: NEW_YEAR,
    source: 'read',
    eventType: '3',
    records: [
      record('/3/0/0', 'string', 'Zephyr'),
      record('/3/0/7/0', 'integer', 3800),
      record('/3/0/7/1', 'integer', 5000),
    ],
  });
  const rows = connection
    .prepare('SELECT resource_instance_id AS i, int_value AS v, source, direction FROM Resource ORDER BY id')
    .all();
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { i: null, v: null, source: 'read', direction: 'up' },
    { i: 0, v: 3800, source: 'read', direction: 'up' },
    { i: 1, v: 5000, source: 'read', direction: 'up' },
  ]);
  expect(connection.prepare('SELECT endpoint, event_type, time FROM Event').all().map((row) => ({ ...row }))).toEqual([
    { endpoint: 'a', event_type: '3', time: NEW_YEAR },
  ]); // prettier-ignore
  expect(connection.prepare('SELECT count(*) AS n FROM EventResource').get()).toEqual({ n: 3 });
});

test('an unknown Resource gets a type: from the registry, else from the wire', async () => {
  const { connection, queue } = await openQueue();
  await queue.submit(values('a', [record('/3305/0/5800', 'float', 1.5), record('/33000/2/9', 'boolean', true)]));
  const types = connection
    .prepare('SELECT name, data_type, object_version FROM ResourceType WHERE object_id IN (3305, 33000) ORDER BY id')
    .all();
  expect(types.map((row) => ({ ...row }))).toEqual([
    { name: expect.stringMatching(/active power/i) as string, data_type: 'FLOAT', object_version: expect.any(String) as string },
    { name: '33000/9', data_type: 'BOOLEAN', object_version: null },
  ]); // prettier-ignore
});

test('a value of another type than the registry says keeps its own', async () => {
  const { database, queue, stored } = await openQueue();
  await queue.submit(values('a', [record('/3303/0/5700', 'string', 'warm')]));
  const [id] = stored[0]?.[0]?.resourceIds ?? [];
  expect(database.resources.get(id ?? -1)).toMatchObject({ type: 'STRING', value: 'warm', name: 'temperature' });
});

test('device time and receive time are both kept, and a device time that no calendar has is dropped', async () => {
  const { database, queue, stored } = await openQueue();
  const at = [NEW_YEAR / 1000 - 60.5, 1e300, Number.NaN, undefined];
  await queue.submit(
    values(
      'a',
      at.map((time) => record('/3303/0/5700', 'float', 1, time)),
    ),
  );
  const items = stored.flat()[0]?.resourceIds.map((id) => database.resources.get(id));
  expect(items?.map((item) => [item?.timeDevice, item?.timeReceived, item?.time])).toEqual([
    ['2025-12-31T23:58:59.500Z', '2026-01-01T00:00:00.000Z', '2025-12-31T23:58:59.500Z'],
    [null, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    [null, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    [null, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
  ]);
});
