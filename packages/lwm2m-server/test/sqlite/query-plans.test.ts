import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { GroupCommit } from '../../src/sqlite/group-commit.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { SqliteAssociationStore } from '../../src/sqlite/sqlite-association-store.ts';
import { SqliteBootstrapStore } from '../../src/sqlite/sqlite-bootstrap-store.ts';
import { SqliteCredentialStore } from '../../src/sqlite/sqlite-credential-store.ts';
import { SqliteFirmwareStore } from '../../src/sqlite/sqlite-firmware-store.ts';
import { SqliteObservationStore } from '../../src/sqlite/sqlite-observation-store.ts';
import { SqliteOperationStore } from '../../src/sqlite/sqlite-operation-store.ts';
import { SqliteRegistrationStore } from '../../src/sqlite/sqlite-registration-store.ts';

/** What SQLite does for a statement: `SEARCH Operation USING INDEX …`, one line for each table that it reads. */
function planOf(database: DatabaseSync, sql: string): string[] {
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return steps.map((step) => String(step['detail'])).filter((detail) => !/SUBQUERY|^CREATE /.test(detail));
}

/** All statements that the stores prepare. */
function statements(): { readonly database: DatabaseSync; readonly prepared: readonly string[] } {
  const database = openDatabase(':memory:');
  const prepared: string[] = [];
  const watched = Object.create(database, {
    prepare: {
      value: (sql: string): StatementSync => {
        prepared.push(sql);
        return database.prepare(sql);
      },
    },
  }) as DatabaseSync;
  const commit = new GroupCommit(database);
  const report = (): void => undefined;
  new SqliteRegistrationStore(watched, commit, report);
  new SqliteObservationStore(watched, commit, report);
  new SqliteOperationStore(watched, commit, report);
  new SqliteFirmwareStore(watched, commit, report);
  new SqliteBootstrapStore(watched, commit);
  new SqliteCredentialStore(watched, commit, new SqliteAssociationStore(watched, commit));
  return { database, prepared };
}

test('no statement of the stores reads a table from its beginning, or sorts', () => {
  const { database, prepared } = statements();
  expect(prepared.length).toBeGreaterThan(15);
  const plans = prepared.flatMap((sql) => planOf(database, sql));
  expect(plans.length).toBeGreaterThan(15);
  expect(plans.filter((step) => !step.startsWith('SEARCH '))).toEqual([]);
  // The test can fail.
  expect(planOf(database, 'SELECT * FROM Operation ORDER BY queued_at')).toEqual([
    'SCAN Operation',
    'USE TEMP B-TREE FOR ORDER BY',
  ]);
});
