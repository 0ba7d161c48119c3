import { copyFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GroupCommit } from '../../src/sqlite/group-commit.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { sqliteFile } from './sqlite-file.ts';

interface World {
  readonly file: string;
  readonly database: DatabaseSync;
  readonly commit: GroupCommit;
  readonly insert: (key: string, size?: number) => Promise<unknown>;
  readonly keys: () => unknown[];
}

function world(): World {
  const file = sqliteFile();
  const database = openDatabase(file);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  const commit = new GroupCommit(database);
  const insert = database.prepare('INSERT INTO Association (key, snapshot) VALUES (?, ?)');
  return {
    file,
    database,
    commit,
    insert: (key, size = 1) => commit.write(() => insert.run(key, new Uint8Array(size))),
    keys: () => keysIn(database),
  };
}

function keysIn(database: DatabaseSync): unknown[] {
  return database
    .prepare('SELECT key FROM Association ORDER BY key')
    .all()
    .map((row) => row['key']);
}

/** What is on the disk at this moment, as whoever comes after a crash finds it. */
function afterCrash(file: string): unknown[] {
  const copy = `${file}.copy`;
  copyFileSync(file, copy);
  copyFileSync(`${file}-wal`, `${copy}-wal`);
  const database = openDatabase(copy);
  const keys = keysIn(database);
  database.close();
  return keys;
}

const storeError = { name: 'Lwm2mServerError', code: 'ERR_LWM2M_SERVER_STORE' };

describe('what is written in one turn', () => {
  test('is seen at once, and on the disk when its promises resolve: all in one transaction', async () => {
    const { file, database, insert, keys } = world();
    const order: string[] = [];
    const first = insert('a').then(() => order.push('a'));
    await Promise.resolve();
    const second = insert('b').then(() => order.push('b'));
    expect(keys()).toEqual(['a', 'b']);
    expect([order, database.isTransaction, afterCrash(file)]).toEqual([[], true, []]);
    await Promise.all([first, second]);
    expect([order, database.isTransaction, afterCrash(file)]).toEqual([['a', 'b'], false, ['a', 'b']]);
    await insert('c');
    expect(afterCrash(file)).toEqual(['a', 'b', 'c']);
  });

  test('resolves to what the work returned', async () => {
    const { commit } = world();
    await expect(commit.write(() => 'value')).resolves.toBe('value');
  });

  test('rejects alone when it breaks a rule', async () => {
    const { insert, keys } = world();
    const [first, again, other] = await Promise.allSettled([insert('a'), insert('a'), insert('b')]);
    expect([first, again, other]).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: storeError },
      { status: 'fulfilled' },
    ]);
    expect(keys()).toEqual(['a', 'b']);
  });

  test('rejects alone when the work throws', async () => {
    const { commit, insert, keys } = world();
    const failing = commit.write(() => {
      throw new Error('a defect');
    });
    const other = insert('b');
    await expect(failing).rejects.toMatchObject({ ...storeError, message: 'the store could not write: a defect' });
    await other;
    expect(keys()).toEqual(['b']);
  });

  test('rejects when the disk is full, and nothing of it is there; then it goes on', async () => {
    const { file, database, insert, keys } = world();
    await insert('before');
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const results = await Promise.allSettled([insert('small'), insert('large', 1_000_000)]);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: storeError });
    const kept = results[0].status === 'fulfilled' ? ['before', 'small'] : ['before'];
    expect([keys(), afterCrash(file)]).toEqual([kept, kept]);
    database.exec('PRAGMA max_page_count = 1000000');
    await insert('large', 1_000_000);
    expect(keys()).toContain('large');
  });

  test('rejects as a whole when the commit fails', async () => {
    const { database, insert, keys } = world();
    const results = Promise.allSettled([insert('a'), insert('b')]);
    database.exec('ROLLBACK'); // as SQLite does itself when it has to
    expect(await results).toMatchObject([
      { status: 'rejected', reason: storeError },
      { status: 'rejected', reason: storeError },
    ]);
    expect(keys()).toEqual([]);
    await insert('c');
    expect(keys()).toEqual(['c']);
  });

  test('rejects as a whole when a statement takes the transaction along', async () => {
    const { database, commit, insert, keys } = world();
    const before = insert('a');
    const failing = commit.write(() => {
      database.exec('ROLLBACK');
      throw new Error('disk I/O error');
    });
    const after = insert('b'); // in a transaction of its own
    await expect(failing).rejects.toMatchObject(storeError);
    await expect(before).rejects.toMatchObject({ ...storeError, message: 'the store could not write: disk I/O error' });
    await after;
    expect(keys()).toEqual(['b']);
  });
});

describe('closing', () => {
  test('commits what waits, and takes nothing more', async () => {
    const { file, commit, insert } = world();
    const waiting = insert('a');
    commit.close();
    expect(afterCrash(file)).toEqual(['a']);
    await waiting;
    await expect(insert('b')).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
    commit.close();
  });
});
