import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DATABASE_FILE, openDatabase } from '../../src/database/open-database.ts';
import { migrations } from '../../src/database/migrations.ts';
import { Database } from '../../src/database/database.ts';
import { StartError } from '../../src/start-error.ts';
import { registration, NEW_YEAR } from '../support/batches.ts';
import { temporaryDirectory, testDatabase } from '../support/test-database.ts';

test('a new database has the tables of the data model, and survives a power cut', async () => {
  const { connection } = await testDatabase();
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  expect(tables.map(({ name }) => name)).toEqual([
    'Credential', 'DtlsAssociation', 'Endpoint', 'EndpointOperation', 'Event', 'EventResource', 'Firmware', 'Resource', 'ResourceType',
  ]); // prettier-ignore
  expect(connection.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  expect(connection.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(connection.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
  expect(connection.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
});

test.skipIf(process.platform === 'win32')('nobody else may read it, also where it was readable before', () => {
  const directory = temporaryDirectory();
  const modes = (): number[] =>
    [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`].map(
      (name) => statSync(join(directory, name)).mode & 0o777,
    );
  const connection = openDatabase(directory);
  expect(modes()).toEqual([0o600, 0o600, 0o600]);
  connection.close();
  chmodSync(join(directory, DATABASE_FILE), 0o644);
  const again = openDatabase(directory);
  expect(modes()).toEqual([0o600, 0o600, 0o600]);
  again.close();
});

test("the model's resource types are there under FlowNexus' names, with what the registry knows", async () => {
  const { connection } = await testDatabase();
  const types = connection.prepare('SELECT * FROM ResourceType ORDER BY object_id, resource_id').all();
  expect(types).toHaveLength(34);
  expect(types.find(({ name }) => name === 'temperature')).toMatchObject({
    object_id: 3303, resource_id: 5700, data_type: 'FLOAT', operations: 'R', multiple: 0, mandatory: 1, units: null, object_version: '1.1',
  }); // prettier-ignore
  expect(types.find(({ name }) => name === 'power_source_v')).toMatchObject({ data_type: 'INTEGER', multiple: 1 });
  expect(types.find(({ name }) => name === 'reboot')).toMatchObject({ data_type: 'NONE', operations: 'E' });
});

test('opening again keeps the data and adds nothing', async () => {
  const directory = temporaryDirectory();
  const first = await testDatabase(directory);
  first.database.endpoints.setRegistered('a', NEW_YEAR, registration());
  first.database.close();
  const second = await testDatabase(directory);
  expect(second.database.endpoints.get('a')).toMatchObject({ name: 'a', registered: true });
  expect(second.connection.prepare('SELECT count(*) AS n FROM ResourceType').get()).toEqual({ n: 34 });
});

test('a database of a newer release is refused with one clear line', async () => {
  const directory = temporaryDirectory();
  const { connection } = await testDatabase(directory);
  connection.exec(`PRAGMA user_version = ${String(migrations.length + 1)}`);
  connection.close();
  expect(() => openDatabase(directory)).toThrow(StartError);
  expect(() => openDatabase(directory)).toThrow(
    /flownexus\.db is of a newer release \(schema 3; this release knows up to 2\): [^\n]*$/,
  );
});

test('a file that is no database is refused with one clear line', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, DATABASE_FILE), 'This is a letter, and no database.'.repeat(100));
  expect(() => openDatabase(directory)).toThrow(/^The database can not be opened at .*: file is not a database$/);
});

test('a database that can not be made is refused with one clear line', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, DATABASE_FILE));
  expect(() => openDatabase(directory)).toThrow(/^The database can not be opened at .*: unable to open database file$/);
});

test('a transaction that fails leaves nothing, resource types included', async () => {
  const { database, connection } = await testDatabase();
  const failing = () =>
    database.transaction(() => {
      database.resourceTypes.ensure(3305, 5700, 'float');
      throw new Error('no');
    });
  expect(failing).toThrow('no');
  expect(connection.prepare('SELECT count(*) AS n FROM ResourceType WHERE object_id = 3305').get()).toEqual({ n: 0 });
  const { id } = database.transaction(() => database.resourceTypes.ensure(3305, 5700, 'float'));
  expect(connection.prepare('SELECT id FROM ResourceType WHERE object_id = 3305').get()).toEqual({ id });
});

test('the constructor of the tables leaves no transaction open', async () => {
  const { connection, definitions } = await testDatabase();
  new Database(connection, definitions);
  expect(connection.isTransaction).toBe(false);
});
