import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bulkInsert } from '../../src/database/bulk-insert.ts';
import { isTaken } from '../../src/database/faults.ts';
import { previousRelease } from '../../src/database/migrations/previous-release.ts';
import { DATABASE_FILE, openDatabase } from '../../src/database/open-database.ts';
import { StartError } from '../../src/start-error.ts';
import { databasePlace, onEachDatabase, temporaryDirectory, testDatabase } from '../support/test-database.ts';

// The function itself: a spy takes its place.
const postMessage = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage')?.value as (
  message: unknown,
) => void;

const unexpected = (error: Error): never => {
  throw error;
};

test('SQLite without its thread is told of once: nothing can be asked any more', async () => {
  const fatal: Error[] = [];
  const workers = new Set<Worker>();
  const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: unknown) {
    workers.add(this);
    postMessage.call(this, message);
  });
  onTestFinished(() => post.mockRestore());
  const database = await openDatabase({ ...(await databasePlace()), onFatal: (error) => fatal.push(error), onLost: unexpected }); // prettier-ignore
  const [worker] = workers;
  await worker?.terminate();
  await expect(database.db.selectFrom('Setting').selectAll().execute()).rejects.toThrow('its thread has ended');
  expect(fatal.map(({ message }) => message)).toEqual([expect.stringMatching(/^the connection to the database .*flownexus\.db is lost: its thread has ended$/)]); // prettier-ignore
  await database.close();
  expect(fatal).toHaveLength(1);
});

onEachDatabase('the database', (kind) => {
  test('keeps what was written over a close', async () => {
    const place = await databasePlace(kind);
    const first = await openDatabase({ ...place, onFatal: unexpected, onLost: unexpected });
    await first.db.insertInto('Setting').values({ name: 'a', value: '1', updated_at: 5 }).execute();
    await first.close();
    const second = await testDatabase(kind, place);
    expect(await second.reads.selectFrom('Setting').selectAll().execute()).toEqual([
      { name: 'a', value: '1', updated_at: 5 },
    ]);
  });

  test('gives integers that a number can not hold as text, and floats and bytes exactly', async () => {
    const { db, longReads } = await testDatabase(kind);
    await db
      .insertInto('ResourceType')
      .values({
        id: 1,
        object_id: 1,
        resource_id: 1,
        name: 'a',
        data_type: 'FLOAT',
        operations: 'R',
        multiple: 0,
        mandatory: 0,
      }) // prettier-ignore
      .execute();
    const endpoint = { endpoint: 'a', first_seen: 0, last_updated: 0, address: '', lifetime: 1, lwm2m_version: '1.1', binding_mode: 'U', queue_mode: 0, object_links: '[]' } as const; // prettier-ignore
    await db.insertInto('Endpoint').values(endpoint).execute();
    await db
      .insertInto('Series')
      .values({ id: 7, endpoint: 'a', resource_type_id: 1, object_instance_id: 0 })
      .execute();
    const insert = bulkInsert({
      table: 'ResourceValue',
      columns: { series_id: 'bigint', time: 'bigint', id: 'bigint', ts_received: 'bigint', source: 'text', int_value: 'bigint', float_value: 'float', str_value: 'text', blob_value: 'blob' }, // prettier-ignore
    });
    await db.transaction().execute((trx) =>
      insert(trx, {
        series_id: [7, 7, 7, 7],
        time: [1, 2, 3, 4],
        id: [1, 2, 3, 4],
        ts_received: [1, 1, 1, 1],
        source: ['send', 'send', 'send', 'send'],
        int_value: [2n ** 63n - 1n, null, null, null],
        float_value: [null, 24.899181214836236, null, null],
        str_value: [null, null, '"quoted", {braced}, \\ and NULL', null],
        blob_value: [null, null, null, new Uint8Array([0, 255, 92])],
      }),
    );
    const rows = await longReads.selectFrom('ResourceValue').selectAll().orderBy('time').execute();
    expect(rows.map((row) => row.int_value ?? row.float_value ?? row.str_value ?? Buffer.from(row.blob_value ?? []).toString('hex'))) // prettier-ignore
      .toEqual(['9223372036854775807', 24.899181214836236, '"quoted", {braced}, \\ and NULL', '00ff5c']);
  });

  test('tells a key that is taken from other faults', async () => {
    const { db } = await testDatabase(kind);
    const insert = () => db.insertInto('Setting').values({ name: 'a', value: '1', updated_at: 5 }).execute();
    await insert();
    expect(isTaken(await insert().catch((error: unknown) => error))).toBe(true);
  });

  test('refuses a database of a newer release', async () => {
    const place = await databasePlace(kind);
    const newer = await openDatabase({ ...place, onFatal: unexpected, onLost: unexpected });
    await newer.db
      .$extendTables<{ kysely_migration: { name: string; timestamp: string } }>()
      .insertInto('kysely_migration')
      .values({ name: '9999-later', timestamp: '' })
      .execute();
    await newer.close();
    const opening = openDatabase({ ...place, onFatal: unexpected, onLost: unexpected });
    await expect(opening).rejects.toThrow(StartError);
    await expect(opening).rejects.toThrow(/is of a newer release \(schema 9999-later/);
  });
});

test('the file of the database is its owner alone who may read it', async () => {
  const place = await databasePlace();
  await testDatabase('sqlite', place);
  expect(statSync(join(place.dataDirectory, DATABASE_FILE)).mode & 0o777).toBe(0o600);
});

test('what is no database is said to be none', async () => {
  const dataDirectory = temporaryDirectory();
  writeFileSync(
    join(dataDirectory, DATABASE_FILE),
    'this is text, and long enough to be looked at as a header of a file',
  );
  chmodSync(join(dataDirectory, DATABASE_FILE), 0o600);
  await expect(openDatabase({ url: undefined, dataDirectory, onFatal: unexpected, onLost: unexpected })) //
    .rejects.toThrow(/can not be opened at .*flownexus.db: file is not a database/);
});

test('a server that is not there is said to be so, without the password', async () => {
  const url = 'postgres://somebody:secret@127.0.0.1:1/nowhere';
  const error: unknown = await openDatabase({ url, dataDirectory: '', onFatal: unexpected, onLost: unexpected }) //
    .then(() => undefined, (reason: unknown) => reason); // prettier-ignore
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toMatch(/FLOWNEXUS_DATABASE_URL can not be opened: .*ECONNREFUSED/);
  expect(String(error)).not.toContain('secret');
});

test('takes over what the previous release stored', async () => {
  const dataDirectory = temporaryDirectory();
  const previous = new DatabaseSync(join(dataDirectory, DATABASE_FILE));
  for (const statements of previousRelease) previous.exec(statements);
  previous.exec(`
    PRAGMA user_version = ${String(previousRelease.length)};
    INSERT INTO Endpoint VALUES ('a', 1, 10, 20, '127.0.0.1:1', 60, '1.1', 'U', 0, '["/3/0"]', 0, 'psk');
    INSERT INTO ResourceType VALUES (5, 3303, 5700, 'temperature', 'FLOAT', 'R', 0, 1, NULL, NULL, NULL),
      (6, 3, 0, 'manufacturer', 'STRING', 'R', 0, 0, NULL, NULL, NULL);
    INSERT INTO Resource (id, endpoint, resource_type_id, object_instance_id, resource_instance_id, source, float_value, str_value, ts_device, ts_received)
      VALUES (1, 'a', 5, 0, NULL, 'observe', 21.5, NULL, NULL, 3600000), (2, 'a', 5, 0, NULL, 'observe', 22.5, NULL, 3600001, 3600005),
        (3, 'a', 5, 1, NULL, 'observe', 1, NULL, NULL, 7200000), (9, 'a', 6, 0, NULL, 'read', NULL, 'Zephyr', NULL, 5);
    INSERT INTO Event VALUES (4, 'a', '10300', 3600005);
    INSERT INTO EventResource VALUES (1, 4, 2);
    INSERT INTO Credential VALUES ('a', 'psk a', 'psk', 'a', x'0102', NULL, NULL, NULL);
    INSERT INTO DtlsAssociation VALUES ('k', x'03');`);
  previous.close();

  const { db } = await testDatabase('sqlite', { url: undefined, dataDirectory });
  const endpoint = await db.selectFrom('Endpoint').selectAll().executeTakeFirstOrThrow();
  expect(endpoint).toMatchObject({ endpoint: 'a', registered: 0, first_seen: 10, manufacturer: 'Zephyr', security: 'psk', admission: 'accepted' }); // prettier-ignore
  const values = await db
    .selectFrom('Resource')
    .select(['id', 'object_instance_id', 'resource_instance_id', 'float_value', 'str_value', 'time'])
    .orderBy('id')
    .execute();
  expect(values).toEqual([
    { id: 1, object_instance_id: 0, resource_instance_id: null, float_value: 21.5, str_value: null, time: 3600000 },
    { id: 2, object_instance_id: 0, resource_instance_id: null, float_value: 22.5, str_value: null, time: 3600001 },
    { id: 3, object_instance_id: 1, resource_instance_id: null, float_value: 1, str_value: null, time: 7200000 },
    { id: 9, object_instance_id: 0, resource_instance_id: null, float_value: null, str_value: 'Zephyr', time: 5 },
  ]);
  expect(await db.selectFrom('ResourceAggregate').selectAll().orderBy('bucket').execute()).toMatchObject([
    { resolution: 3_600_000, bucket: 3_600_000, count: 2, sum: 44, minimum: 21.5, maximum: 22.5 },
    { bucket: 7_200_000, count: 1, sum: 1 },
  ]);
  const inEvent = db
    .selectFrom('EventResource as e')
    .innerJoin('ResourceValue as v', (join) =>
      join.onRef('v.series_id', '=', 'e.series_id').onRef('v.time', '=', 'e.time').onRef('v.id', '=', 'e.resource_id'),
    );
  expect(await inEvent.select(['e.event_id', 'v.float_value']).execute()).toEqual([{ event_id: 4, float_value: 22.5 }]);
  expect(await db.selectFrom('Credential').select(['server', 'endpoint', 'mode']).execute()) //
    .toEqual([{ server: 'lwm2m', endpoint: 'a', mode: 'psk' }]);
  expect(await db.selectFrom('IdBlock').selectAll().orderBy('name').execute()).toEqual([
    { name: 'DeviceLog', next: 1 },
    { name: 'Event', next: 5 },
    { name: 'ResourceValue', next: 10 },
  ]);
  const left = await db.introspection.getTables();
  expect(left.map(({ name }) => name).filter((name) => name.startsWith('Previous'))).toEqual([]);
});
