import { expect, test } from 'vitest';
import { DatabaseWatch } from '../../src/operating/database-watch.ts';
import { testDatabase } from '../support/test-database.ts';

test('it knows since when the database does not answer', async () => {
  const database = await testDatabase();
  let now = 1_000;
  const watch = new DatabaseWatch({ database, now: () => now });
  const before = await watch.look();
  expect(before).toMatchObject({ up: true, awaySince: undefined });
  expect(before.latencyMs).toBeGreaterThan(0);
  await database.close();
  now = 2_000;
  expect(await watch.look()).toEqual({ up: false, latencyMs: undefined, awaySince: 2_000 });
  now = 3_000;
  expect(await watch.look()).toMatchObject({ up: false, awaySince: 2_000 });
});

test('who asks while it looks gets the same answer', async () => {
  const watch = new DatabaseWatch({ database: await testDatabase() });
  const [first, second] = await Promise.all([watch.look(), watch.look()]);
  expect(first).toBe(second);
});
