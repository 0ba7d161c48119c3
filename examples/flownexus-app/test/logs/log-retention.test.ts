import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import { deleteLogsOf, LogRetention } from '../../src/logs/log-retention.ts';
import { limits } from '../../src/limits.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { NEW_YEAR } from '../support/times.ts';

const DAY = 86_400_000;
const plenty = { logDays: 30, logEntriesPerEndpoint: 1_000, logMegabytesPerEndpoint: 1_000 };

onEachDatabase('the retention of logs', (kind) => {
  async function start(values: Partial<typeof plenty> = {}) {
    const database = await testDatabase(kind);
    await addEndpoints(database, { endpoint: 'a' }, { endpoint: 'b' });
    const settings = { values: { ...plenty, ...values } };
    return { database, retention: new LogRetention({ database, settings, log: pino({ level: 'silent' }) }) };
  }

  test('deletes what is old', async () => {
    const { database, retention } = await start();
    await add(database, 1, 'a', NEW_YEAR - 31 * DAY);
    await add(database, 2, 'b', NEW_YEAR - 30 * DAY - 1);
    await add(database, 3, 'b', NEW_YEAR - 30 * DAY);
    expect(await retention.run(NEW_YEAR)).toBe(2);
    expect(await ids(database)).toEqual([3]);
    expect(await retention.run(NEW_YEAR)).toBe(0);
  });

  test('deletes the oldest of an endpoint that has too many', async () => {
    const { database, retention } = await start({ logEntriesPerEndpoint: 2 });
    for (const id of [1, 2, 3, 4, 5]) await add(database, id, 'a', NEW_YEAR);
    for (const id of [6, 7]) await add(database, id, 'b', NEW_YEAR - 1);
    expect(await retention.run(NEW_YEAR)).toBe(3);
    expect(await ids(database)).toEqual([4, 5, 6, 7]);
  });

  test('deletes the oldest of an endpoint whose entries are too large together', async () => {
    const { database, retention } = await start({ logMegabytesPerEndpoint: 2 });
    await add(database, 1, 'a', NEW_YEAR, 900_000);
    await add(database, 2, 'a', NEW_YEAR - 1, 900_000);
    await add(database, 3, 'a', NEW_YEAR + 1, 900_000);
    await add(database, 4, 'b', NEW_YEAR - 2, 1_900_000);
    expect(await retention.run(NEW_YEAR)).toBe(1);
    expect(await ids(database)).toEqual([1, 3, 4]);
  });

  test('the log of an endpoint goes in small steps', async () => {
    const { database } = await start();
    const count = limits.logRetentionRows + 5;
    for (let id = 1; id <= count; id += 1) await add(database, id, 'a', NEW_YEAR);
    await add(database, count + 1, 'b', NEW_YEAR);
    await deleteLogsOf(database, 'a', new AbortController().signal);
    expect(await ids(database)).toEqual([count + 1]);
  });
});

async function add(database: Database, id: number, endpoint: string, receivedAt: number, size = 1): Promise<void> {
  await database.db
    .insertInto('DeviceLog')
    .values({
      id,
      endpoint,
      path: '/20/0/4014',
      source: 'send',
      level: null,
      module: null,
      head: '',
      message: 'a',
      bytes: null,
      device_time: null,
      received_at: receivedAt,
      uptime: null,
      size,
    }) // prettier-ignore
    .execute();
}

async function ids({ reads }: Database): Promise<number[]> {
  const rows = await reads.selectFrom('DeviceLog').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}
