import { type Kysely, sql } from 'kysely';
import { describe, expect, inject, test, vi } from 'vitest';
import { isUnavailable } from '../../src/database/faults.ts';
import { GroupCommit } from '../../src/database/group-commit.ts';
import type { Tables } from '../../src/database/tables.ts';
import { limits } from '../../src/limits.ts';
import { NEW_YEAR, record, values } from '../support/batches.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';

const eventually = { timeout: 10_000 };
const deadlock = (): Error => Object.assign(new Error('deadlock detected'), { code: '40P01' });

onEachDatabase('a transaction that was rolled back for the sake of another', (kind) => {
  async function open(failures: number) {
    const { db } = await testDatabase(kind);
    const commits = new GroupCommit(db, { maxItems: 10 });
    let left = failures;
    const attempts: number[] = [];
    const submit = commits.lane<string>({
      maxWeight: 10,
      write: async (trx, names) => {
        attempts.push(names.length);
        await trx.insertInto('Setting').values(names.map((name) => ({ name, value: '', updated_at: 0 }))).execute(); // prettier-ignore
        left -= 1;
        if (left >= 0) throw deadlock();
      },
    });
    commits.open();
    const results = await Promise.allSettled(['a', 'b'].map(submit));
    await commits.stop();
    const stored = (await db.selectFrom('Setting').select('name').orderBy('name').execute()).map(({ name }) => name);
    return { results: results.map(({ status }) => status), attempts, stored };
  }

  test('is written again, as a whole', async () => {
    expect(await open(2)).toEqual({ results: ['fulfilled', 'fulfilled'], attempts: [2, 2, 2], stored: ['a', 'b'] });
  });

  test('is given up some time', async () => {
    const { results, attempts, stored } = await open(1_000);
    expect(results).toEqual(['rejected', 'rejected']);
    expect(attempts).toHaveLength(limits.commitAttempts);
    expect(stored).toEqual([]);
    expect(isUnavailable(deadlock())).toBe(true);
  });
});

describe.skipIf('missing' in inject('postgres'))('on PostgreSQL', () => {
  /** Resolves when a transaction of the database waits for a lock. */
  const isWaiting = (db: Kysely<Tables>): Promise<void> =>
    vi.waitFor(async () => {
      const { rows } = await sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db); // prettier-ignore
      expect(rows).toHaveLength(1);
    }, eventually);

  test('a deadlock with what people do costs no device its value', async () => {
    const { db } = await testDatabase('postgres');
    const lock = (trx: Kysely<Tables>, name: string) => trx.updateTable('Setting').set({ updated_at: 1 }).where('name', '=', name).execute(); // prettier-ignore
    await db.insertInto('Setting').values(['a', 'b'].map((name) => ({ name, value: '', updated_at: 0 }))).execute(); // prettier-ignore
    const commits = new GroupCommit(db, { maxItems: 10 });
    let begun = (): void => undefined;
    const hasFirst = new Promise<void>((resolve) => (begun = resolve));
    let attempts = 0;
    const submit = commits.lane<string>({
      maxWeight: 10,
      write: async (trx) => {
        attempts += 1;
        await lock(trx, 'a');
        begun();
        await lock(trx, 'b');
      },
    });
    const other = db.transaction().execute(async (trx) => {
      await lock(trx, 'b');
      commits.open();
      await hasFirst;
      await isWaiting(db);
      // The group has waited for longer: it is the one that PostgreSQL rolls back.
      await lock(trx, 'a');
    });
    await Promise.all([submit('value'), other]);
    expect(attempts).toBe(2);
    await commits.stop();
  });

  test('a server that takes no writes counts as away', async () => {
    const { db } = await testDatabase('postgres');
    const error: unknown = await db.transaction().setAccessMode('read only').execute((trx) => trx.insertInto('Setting').values({ name: 'a', value: '', updated_at: 0 }).execute()).catch((reason: unknown) => reason); // prettier-ignore
    expect(error).toMatchObject({ code: '25006' });
    expect(isUnavailable(error)).toBe(true);
  });

  test.each([
    ['endpoints', sql`SELECT 1 FROM "Endpoint" WHERE endpoint = 'a'`, sql`SELECT 1 FROM "Endpoint" WHERE endpoint = 'b'`],
    ['aggregates', sql`SELECT 1 FROM "ResourceAggregate" WHERE bucket = ${NEW_YEAR}`, sql`SELECT 1 FROM "ResourceAggregate" WHERE bucket > ${NEW_YEAR} AND series_id = (SELECT id FROM "Series" WHERE endpoint = 'a')`],
  ])('%s are locked in one order, whatever the order of what comes', async (_, first, second) => {
    const { database: { db }, ingest } = await testIngest('postgres');
    const at = (endpoint: string, hours: readonly number[]) =>
      ingest.submit(values(endpoint, hours.map((hour) => record('/3303/0/5700', 'float', 1, NEW_YEAR / 1000 + hour * 3_600)))); // prettier-ignore
    await Promise.all([at('b', [1]), at('a', [1, 0])]);
    let again: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await sql`${first} FOR UPDATE`.execute(trx);
      again = Promise.all([at('b', [1]), at('a', [1, 0])]);
      await isWaiting(db);
      await sql`${second} FOR UPDATE NOWAIT`.execute(db);
    });
    await again;
  }); // prettier-ignore
});
