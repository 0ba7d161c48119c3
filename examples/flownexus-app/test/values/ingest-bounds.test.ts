import { pino } from 'pino';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { NewEvent } from '../../src/values/batch.ts';
import { RefusedValues } from '../../src/values/refused-values.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';

onEachDatabase('bounds of the ingest', (kind) => {
  const open = async (options: Parameters<typeof testIngest>[1] = {}) => {
    const opened = await testIngest(kind, options);
    const { reads } = opened.database;
    const count = async (table: 'Series' | 'ResourceType' | 'ResourceValue'): Promise<number> =>
      (await reads.selectFrom(table).select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()).n; // prettier-ignore
    return { ...opened, count };
  };
  const at = (instance: number, value = instance) => record(`/3303/${String(instance)}/5700`, 'float', value);
  const upTo = (length: number) => Array.from({ length }, (_, index) => at(index));

  test('10 000 new paths of one endpoint make as many series as it may have', async () => {
    const { ingest, stored, count } = await open();
    await ingest.submit(values('a', upTo(10_000)));
    expect(await count('Series')).toBe(limits.seriesPerEndpoint);
    expect(await count('ResourceValue')).toBe(limits.seriesPerEndpoint);
    expect(stored.flat()[0]?.refused).toBe(10_000 - limits.seriesPerEndpoint);
    expect(stored.flat()[0]?.batch.records).toHaveLength(limits.seriesPerEndpoint);
  });

  test('values of series that are there are stored on, and other endpoints have their own', async () => {
    const { ingest, stored, database } = await open({ seriesPerEndpoint: () => 2 });
    await ingest.submit(values('a', upTo(2)));
    await ingest.submit(values('a', [at(2), at(1, 10), at(3)]));
    await Promise.all([ingest.submit(values('a', [at(4), at(0, 20)])), ingest.submit(values('b', [at(0)]))]);
    const rows = await database.reads.selectFrom('Resource').select(['endpoint', 'float_value', 'id']).orderBy('id').execute(); // prettier-ignore
    expect(rows.map((row) => [row.endpoint, row.float_value])).toEqual([['a', 0], ['a', 1], ['a', 10], ['a', 20], ['b', 0]]); // prettier-ignore
    expect(stored.flat().map(({ refused }) => refused)).toEqual([0, 2, 1, 0]);
    expect(stored.flat().map((batch) => batch.values.length)).toEqual([2, 1, 1, 1]);
    expect(stored.flat().flatMap((batch) => batch.values.map(({ id }) => id))).toEqual(rows.map(({ id }) => id));
  });

  test('the same holds after a restart, and a greater bound lets more in', async () => {
    const first = await open({ seriesPerEndpoint: () => 2 });
    await first.ingest.submit(values('a', upTo(2)));
    let bound = 2;
    const again = await testIngest(kind, { database: first.database, seriesPerEndpoint: () => bound });
    await again.ingest.submit(values('a', [at(5), at(0)]));
    expect(await first.count('Series')).toBe(2);
    bound = 3;
    await again.ingest.submit(values('a', [at(5)]));
    expect(await first.count('Series')).toBe(3);
  });

  test('an event keeps what there is a place for', async () => {
    const { ingest, database, stored } = await open({ seriesPerEndpoint: () => 1 });
    await ingest.submit(values('a', [at(7)]));
    const event: NewEvent = { eventType: '3303', source: 'send', severity: 'info', records: [0, 1, 2] };
    await ingest.submit({ ...values('a', [at(1), at(7, 5), at(2)]), events: [event] });
    const linked = await database.reads
      .selectFrom('EventResource as e')
      .innerJoin('ResourceValue as v', 'v.id', 'e.resource_id')
      .select('v.float_value')
      .execute();
    expect(linked).toEqual([{ float_value: 5 }]);
    expect(stored[1]?.[0]?.events[0]?.event.records).toEqual([0]);
  });

  test('what the server itself tells of a registration is never left out', async () => {
    const { ingest, count } = await open({ seriesPerEndpoint: () => 1 });
    await ingest.submit(values('a', upTo(3)));
    await ingest.submit({ ...registered('a'), records: [record('/10240/0/0', 'time', NEW_YEAR / 1000)] });
    expect(await count('Series')).toBe(2);
  });

  test('Resources that no definition tells of are bounded in all, those that one tells of are not', async () => {
    const known = await open();
    const { ingest, count, stored } = await open({ maximumTypes: (await known.count('ResourceType')) + 2 });
    const madeUp = [1, 2, 3].map((id) => record(`/33000/0/${String(id)}`, 'float', id));
    await ingest.submit(values('a', madeUp));
    await ingest.submit(values('b', [...madeUp, record('/3305/0/5800', 'float', 1)]));
    expect(stored.flat().map(({ refused }) => refused)).toEqual([1, 1]);
    expect(await count('Series')).toBe(5);
  });

  test('a Resource that is refused for its endpoint adds no type', async () => {
    const { ingest, count } = await open({ seriesPerEndpoint: () => 1 });
    await ingest.submit(values('a', [at(0)]));
    const before = await count('ResourceType');
    await ingest.submit(values('a', [record('/33000/0/1', 'float', 1)]));
    expect(await count('ResourceType')).toBe(before);
  });
});

test('it is told once of each endpoint that values are not stored, and all are counted', () => {
  const lines: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const refused = new RefusedValues(log);
  const stored = (endpoint: string, count: number) => ({ batch: values(endpoint, []), refused: count, values: [], events: [] }); // prettier-ignore
  refused.add([stored('a', 0), stored('b', 2)]);
  refused.add([stored('b', 3), stored('c', 1)]);
  expect(refused.count).toBe(6);
  expect(lines).toMatchObject([{ endpoint: 'b', values: 2 }, { endpoint: 'c' }]);
  expect(lines).toHaveLength(2);
});
