import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { migrate, openDatabase } from '../../src/sqlite/open-database.ts';
import { openSqliteStores } from '../../src/sqlite/index.ts';
import { sqliteFile } from './sqlite-file.ts';

const refused = (reason: RegExp): unknown =>
  expect.objectContaining({
    name: 'Lwm2mServerError',
    code: 'ERR_LWM2M_SERVER_STORE',
    message: expect.stringMatching(reason) as unknown,
  });

const opened = (file: string) => (): void => openSqliteStores({ file }).close();

describe('a file of stores', () => {
  test('is read and written by its owner only, also when it was there before', () => {
    const file = sqliteFile();
    opened(file)();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    using stores = openSqliteStores({ file });
    expect(stores.operations.lastSequence()).toBe(0);
    expect([file, `${file}-wal`].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  test('is open once, in this process and in others, and again when it was closed', async () => {
    const file = sqliteFile();
    const stores = openSqliteStores({ file });
    expect(opened(file)).toThrow(refused(/in use by another server/));
    const index = join(import.meta.dirname, '../../src/sqlite/index.ts');
    const script = `(await import(${JSON.stringify(index)})).openSqliteStores({ file: ${JSON.stringify(file)} }).close()`;
    const open = (): Promise<unknown> =>
      promisify(execFile)(process.execPath, ['--conditions=source', '--input-type=module', '-e', script]);
    await expect(open()).rejects.toThrow(/in use by another server/);
    stores.close();
    stores.close();
    await open();
    opened(file)();
  });

  test('of something else is refused, and left as it is', () => {
    const file = sqliteFile();
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE Other (value TEXT)');
    other.close();
    expect(opened(file)).toThrow(refused(/a database of something else/));
    const again = new DatabaseSync(file);
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'Other' }]);
    again.exec('DROP TABLE Other; PRAGMA user_version = 1');
    again.close();
    expect(opened(file)).toThrow(refused(/a database of something else/));
  });

  test('of a newer release is refused', () => {
    const file = sqliteFile();
    opened(file)();
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 1000');
    newer.close();
    expect(opened(file)).toThrow(refused(/of a newer release: its schema is 1000/));
  });

  test('that is none is refused', () => {
    const file = sqliteFile();
    writeFileSync(file, 'this is no database, whatever it is called'.repeat(100));
    expect(opened(file)).toThrow(refused(/can not be opened: file is not a database/));
  });

  test('can not be where there is no folder, nor a folder itself', () => {
    const file = sqliteFile();
    expect(opened(join(dirname(file), 'nowhere', 'stores.db'))).toThrow(refused(/can not be opened/));
    mkdirSync(file);
    expect(opened(file)).toThrow(refused(/can not be opened/));
  });

  test('is flushed to the disk at each commit', () => {
    const database = openDatabase(sqliteFile());
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    database.close();
  });
});

describe('the schema', () => {
  const versionOf = (database: DatabaseSync): unknown =>
    database.prepare('PRAGMA user_version').get()?.['user_version'];

  test('gets the steps that it has not had, each once', () => {
    const database = new DatabaseSync(':memory:');
    const first = 'CREATE TABLE A (x TEXT)';
    migrate(database, [first]);
    migrate(database, [first]);
    expect(versionOf(database)).toBe(1);
    migrate(database, [first, 'ALTER TABLE A ADD COLUMN y TEXT', 'CREATE TABLE B (z TEXT)']);
    expect(versionOf(database)).toBe(3);
    expect(database.prepare('SELECT name FROM pragma_table_info(?)').all('A')).toEqual([{ name: 'x' }, { name: 'y' }]);
  });

  test('is as it was before when a step fails', () => {
    const database = new DatabaseSync(':memory:');
    const first = 'CREATE TABLE A (x TEXT)';
    migrate(database, [first]);
    expect(() => migrate(database, [first, 'CREATE TABLE B (z TEXT)', 'CREATE TABLE A (again TEXT)'])).toThrow(
      /already exists/,
    );
    expect(versionOf(database)).toBe(1);
    expect(database.isTransaction).toBe(false);
    migrate(database, [first, 'CREATE TABLE B (z TEXT)']);
    expect(versionOf(database)).toBe(2);
  });
});
