import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import { RetentionJob } from '../../src/retention/retention-job.ts';
import { retentionRoutes } from '../../src/retention/retention-routes.ts';
import { Settings } from '../../src/settings/settings.ts';
import { NEW_YEAR, record, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const log = pino({ level: 'silent' });

onEachDatabase('retention', (kind) => {
  async function open(changes: Partial<Settings['values']> = {}) {
    const opened = await testIngest(kind);
    const settings = await Settings.load(opened.database, { production: false });
    await settings.update(changes);
    const { call } = await testRoutes(retentionRoutes(opened));
    const job = new RetentionJob({ ...opened, settings, log });
    const { reads } = opened.database;
    return {
      ...opened,
      job,
      call,
      policy: async (body: object) => expect((await call('POST', '/api/v1/retention', body)).status).toBe(201),
      /** A value each minute from the new year on: the number of the minute. */
      minutes: (endpoint: string, count: number, path = '/3303/0/5700') =>
        opened.ingest.submit(values(endpoint, Array.from({ length: count }, (_, index) => record(path, 'float', index, NEW_YEAR / 1000 + index * 60)))), // prettier-ignore
      left: async (endpoint = 'a') => (await reads.selectFrom('Resource').select('float_value').where('endpoint', '=', endpoint).orderBy('time').orderBy('id').execute()).map((row) => row.float_value), // prettier-ignore
      count: async (table: 'ResourceAggregate' | 'Series') => (await reads.selectFrom(table).select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()).n, // prettier-ignore
    };
  }

  test('without policies everything stays', async () => {
    const { job, minutes, left } = await open();
    await minutes('a', 3);
    expect(await job.run(NEW_YEAR + 1000 * DAY)).toEqual({ values: 0, aggregates: 0 });
    expect(await left()).toEqual([0, 1, 2]);
  });

  test('values that are too old go, aggregates stay', async () => {
    const { job, minutes, left, policy, count } = await open();
    await minutes('a', 10);
    await minutes('b', 1);
    await policy({ path: '/3303', endpoint: 'a', keepValues: 600 });
    expect(await job.run(NEW_YEAR + 14 * MINUTE)).toEqual({ values: 4, aggregates: 0 });
    expect(await left('a')).toEqual([4, 5, 6, 7, 8, 9]);
    expect(await left('b')).toEqual([0]);
    expect(await count('ResourceAggregate')).toBe(2);
    expect(await job.run(NEW_YEAR + 14 * MINUTE)).toEqual({ values: 0, aggregates: 0 });
  });

  test('values that a device had kept stay as long after they have come as others', async () => {
    const { job, ingest, left, policy } = await open();
    await policy({ keepValues: 3_600 });
    const measured = NEW_YEAR / 1000 - 40 * 86_400;
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 1, measured), record('/3303/0/5700', 'float', 2, 5)])); // prettier-ignore
    expect((await job.run(NEW_YEAR + HOUR)).values).toBe(0);
    expect(await left()).toEqual([2, 1]);
    expect((await job.run(NEW_YEAR + HOUR + 1)).values).toBe(2);
  });

  test('more values than one transaction deletes go in several', async () => {
    const { job, minutes, left, policy, database } = await open();
    await minutes('a', limits.retentionRows * 2 + 5);
    await policy({ keepValues: 60 });
    const deletions = vi.spyOn(database.db, 'deleteFrom');
    await job.run(NEW_YEAR + (limits.retentionRows * 2 + 4) * MINUTE);
    expect(deletions.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect((await left()).length).toBe(2);
  });

  test('of older values the latest of each interval stays, over several pages too', async () => {
    const { job, minutes, left, policy } = await open();
    const total = limits.retentionRows + 30;
    await minutes('a', total);
    await policy({ path: '/3303/0/5700', thinAfter: 600, thinTo: 900 });
    await job.run(NEW_YEAR + total * MINUTE);
    // The last interval that is wholly ten minutes old ends with a multiple of fifteen.
    const end = Math.floor((total - 10) / 15) * 15;
    const kept = Array.from({ length: end / 15 }, (_, index) => index * 15 + 14);
    const untouched = Array.from({ length: total - end }, (_, index) => end + index);
    expect(await left()).toEqual([...kept, ...untouched]);
    expect((await job.run(NEW_YEAR + total * MINUTE)).values).toBe(0);
  });

  test('a series without values and aggregates goes, and comes anew', async () => {
    const { job, minutes, left, policy, count } = await open();
    await minutes('a', 2);
    await policy({ keepValues: 60, keepAggregates: 60 });
    expect(await job.run(NEW_YEAR + 30 * MINUTE)).toEqual({ values: 2, aggregates: 0 });
    expect(await job.run(NEW_YEAR + DAY)).toEqual({ values: 0, aggregates: 1 });
    expect(await count('Series')).toBe(0);
    await minutes('a', 1);
    expect(await left()).toEqual([0]);
  });

  test('an endpoint with more values than it may have loses its oldest, of whatever series', async () => {
    const { job, minutes, left } = await open({ valuesPerEndpoint: 7 });
    await minutes('a', 6);
    await minutes('a', 4, '/3303/1/5700');
    await minutes('b', 7);
    expect((await job.run(NEW_YEAR)).values).toBe(3);
    expect(await left('a')).toEqual([1, 2, 2, 3, 3, 4, 5]);
    expect(await left('b')).toHaveLength(7);
  });

  test('an endpoint with more aggregates than it may have values loses the oldest of them', async () => {
    const { job, minutes, ingest, database, count } = await open({ valuesPerEndpoint: 3 });
    const hours = [0, 1, 2, 3, 4].map((hour) => record('/3303/0/5700', 'float', hour, (NEW_YEAR + hour * HOUR) / 1000));
    await ingest.submit(values('a', [...hours, record('/3303/1/5700', 'float', 1, NEW_YEAR / 1000)]));
    await minutes('b', 3);
    expect(await job.run(NEW_YEAR)).toEqual({ values: 3, aggregates: 3 });
    const left = await database.reads.selectFrom('ResourceAggregate').select('bucket').orderBy('bucket').execute();
    expect(left.map(({ bucket }) => (bucket - NEW_YEAR) / HOUR)).toEqual([0, 2, 3, 4]);
    // What has lost both is no series any more.
    expect(await count('Series')).toBe(2);
  });

  test('a series that is empty goes whatever has emptied it, also without a policy', async () => {
    const { job, minutes, count, database } = await open();
    await minutes('a', 1);
    await minutes('b', 1);
    for (const table of ['ResourceValue', 'ResourceAggregate'] as const) {
      await database.db.deleteFrom(table).where('series_id', '=', 1).execute();
    }
    await job.run(NEW_YEAR);
    expect(await count('Series')).toBe(1);
    await minutes('a', 1);
    expect(await count('Series')).toBe(2);
  });

  test('runs by itself until it is stopped', async () => {
    const { database, ingest, minutes, left, policy } = await open();
    await minutes('a', 2);
    await policy({ keepValues: 60 });
    const settings = await Settings.load(database, { production: false });
    const job = new RetentionJob({ database, ingest, settings, log, everyMs: 1 });
    job.start();
    await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 5_000 });
    await job.stop();
    await minutes('a', 2);
    expect(await left()).toEqual([0, 1]);
  });

  describe('policies', () => {
    test('are made, changed and removed', async () => {
      const { call } = await open();
      const made = await call('POST', '/api/v1/retention', { path: '3303/0', endpoint: 'a/b', keepValues: 86_400, thinAfter: 3_600, thinTo: 60 }); // prettier-ignore
      const policy = { id: 1, path: '/3303/0', endpoint: 'a/b', keepValues: 86_400, thinAfter: 3_600, thinTo: 60, keepAggregates: null }; // prettier-ignore
      expect(made).toMatchObject({ status: 201, body: policy, headers: { location: '/api/v1/retention/1' } });
      expect((await call('GET', '/api/v1/retention')).body).toEqual({ items: [policy], nextCursor: null });
      const changed = { ...policy, path: '/', endpoint: null, keepValues: null, thinAfter: null, thinTo: null, keepAggregates: 60 }; // prettier-ignore
      expect(await call('PUT', '/api/v1/retention/1', { keepAggregates: 60 })).toMatchObject({ status: 200, body: changed }); // prettier-ignore
      expect((await call('GET', '/api/v1/retention/1')).body).toEqual(changed);
      expect((await call('POST', '/api/v1/retention', { keepValues: 60 })).status).toBe(409);
      expect((await call('DELETE', '/api/v1/retention/1')).status).toBe(204);
      for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const) {
        expect((await call(method, '/api/v1/retention/1', body)).status).toBe(404);
      }
    });

    test.each([
      [{ keepValues: 59 }, 'body.keepValues'],
      [{ thinAfter: 60 }, 'body.thinTo'],
      [{ path: '/x' }, 'body.path'],
      [{ keep: 1 }, 'body'],
    ])('%j is 400', async (body, path) => {
      const { call } = await open();
      const answer = await call('POST', '/api/v1/retention', body);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    });

    test('need who administers', async () => {
      const { call } = await open();
      expect((await call('POST', '/api/v1/retention', {}, { 'x-permissions': 'read,operate' })).status).toBe(403);
      expect((await call('GET', '/api/v1/retention', undefined, { 'x-permissions': 'read' })).status).toBe(200);
    });
  });
});
