import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SqliteCheckpoints } from '../../src/database/sqlite/sqlite-checkpoints.ts';
import { temporaryDirectory } from '../support/test-database.ts';

const soon = { timeout: 10_000, interval: 5 };

/** A database with a log that its own connection leaves alone. */
function writer(): { readonly file: string; readonly write: (rows: number) => void; readonly waiting: () => unknown } {
  const file = join(temporaryDirectory(), 'test.db');
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x)');
  const insert = database.prepare('INSERT INTO t VALUES (zeroblob(4096))');
  const state = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  return {
    file,
    write: (rows) => {
      for (let row = 0; row < rows; row++) insert.run();
    },
    waiting: () => {
      const { log, checkpointed } = state.get() as { log: number; checkpointed: number };
      return log - checkpointed;
    },
  };
}

test('copies the log into the file once it is long, while the connection that writes is open', async () => {
  const { file, write, waiting } = writer();
  const onFailed = vi.fn();
  const checkpoints = new SqliteCheckpoints({ file, afterMs: 0, everyMs: 2, pages: 50, onFailed });
  write(20);
  expect(waiting()).not.toBe(0);
  write(60);
  await vi.waitFor(() => expect(waiting()).toBe(0), soon);
  await checkpoints.close();
  write(80);
  expect(waiting()).toBeGreaterThan(50);
  expect(onFailed).not.toHaveBeenCalled();
});

test('tells once of what fails in a row', async () => {
  const file = join(temporaryDirectory(), 'none.db');
  writeFileSync(file, 'this is no database, and long enough to be seen as one'.repeat(100));
  const failures: string[] = [];
  const checkpoints = new SqliteCheckpoints({ file, afterMs: 0, everyMs: 1, pages: 1, onFailed: ({ message }) => failures.push(message) }); // prettier-ignore
  await vi.waitFor(() => expect(failures).toHaveLength(1), soon);
  await checkpoints.close();
  expect(failures).toEqual([expect.stringContaining('not a database')]);
});

test('needs no thread for a database that is open for a moment', async () => {
  const onFailed = vi.fn();
  const checkpoints = new SqliteCheckpoints({ file: '/nowhere/x.db', afterMs: 60_000, everyMs: 1, pages: 1, onFailed });
  await checkpoints.close();
  expect(onFailed).not.toHaveBeenCalled();
});
