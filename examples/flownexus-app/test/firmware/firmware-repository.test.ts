import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import { FirmwareRepository, type FirmwareRepositoryOptions } from '../../src/firmware/firmware-repository.ts';
import { PackageFiles } from '../../src/firmware/package-files.ts';
import { limits } from '../../src/limits.ts';
import { onEachDatabase, temporaryDirectory, testDatabase } from '../support/test-database.ts';

const settings = { values: { maxFirmwareBytes: 1_000, firmwareStorageBytes: 1_000_000 } };

async function open(options: Partial<FirmwareRepositoryOptions> & Pick<FirmwareRepositoryOptions, 'database'>) {
  const files = new PackageFiles({ folder: join(temporaryDirectory(), 'firmware') });
  const reported: string[] = [];
  const report = (_: unknown, context: string): void => void reported.push(context);
  const repository = await FirmwareRepository.open({ files, settings, inUse: () => false, report, ...options }, () => undefined); // prettier-ignore
  return { repository, reported, names: () => readdirSync(files.folder) };
}

const wanted = (version: string, length?: number) => ({ version, fileName: 'a', notes: null, createdBy: 'anna', length, sha256: [] }); // prettier-ignore

async function* bytes(until: Promise<unknown> = Promise.resolve()): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  await until;
}

/** The database, of which one kind of statement fails. */
function failing(database: Database, statement: 'insertInto' | 'deleteFrom' | 'both'): Database {
  const fail = (): never => {
    throw new Error('the database is away');
  };
  const db = new Proxy(database.db, {
    get: (target, name) => {
      if (name === statement || (statement === 'both' && (name === 'insertInto' || name === 'deleteFrom'))) return fail;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { ...database, db };
}

onEachDatabase('a version that the database alone knows of', (kind) => {
  test('is refused, and the file is not kept', async () => {
    const database = await testDatabase(kind);
    const { repository, names } = await open({ database });
    const other = await open({ database });
    await repository.add(wanted('1.0'), bytes());
    await expect(other.repository.add(wanted('1.0'), bytes())).rejects.toMatchObject({ status: 409 });
    expect(other.names()).toEqual([]);
    expect(names()).toHaveLength(1);
  });
});

test('a row that can not be stored leaves no file', async () => {
  const database = await testDatabase();
  const { repository, names, reported } = await open({ database: failing(database, 'insertInto') });
  await expect(repository.add(wanted('1.0'), bytes())).rejects.toThrow('away');
  expect([names(), repository.list(), reported]).toEqual([[], [], []]);
});

test('where nobody knows whether the row was stored, the file stays until the next start', async () => {
  const database = await testDatabase();
  const { repository, names, reported } = await open({ database: failing(database, 'both') });
  await expect(repository.add(wanted('1.0'), bytes())).rejects.toThrow('away');
  expect(names()).toHaveLength(1);
  expect(reported).toEqual([expect.stringContaining('could not be removed')]);
});

test('a package that could not be deleted is there as before', async () => {
  const database = await testDatabase();
  const { repository, names } = await open({ database: failing(database, 'deleteFrom') });
  const stored = await repository.add(wanted('1.0'), bytes());
  await expect(repository.delete(stored.id)).rejects.toThrow('away');
  expect([repository.list(), repository.byToken(stored.token), names()]).toEqual([[stored], stored, [stored.id]]);
});

test('an update that begins while a package is being deleted does not find it', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<boolean>();
  const { repository } = await open({ database: await testDatabase(), inUse: () => answer });
  const { id, token } = await repository.add(wanted('1.0'), bytes());
  const deleting = repository.delete(id);
  expect(await repository.using(id, () => Promise.resolve('begun'))).toBeUndefined();
  // But those do that are under way.
  expect([repository.byId(id)?.id, repository.byToken(token)?.id]).toEqual([id, id]);
  expect(await repository.delete(id)).toBe(false);
  resolve(true);
  await expect(deleting).rejects.toMatchObject({ status: 409 });
  expect(repository.byId(id)).toMatchObject({ version: '1.0' });
});

test('a package that an update is about to begin with is not deleted', async () => {
  const { repository } = await open({ database: await testDatabase() });
  const { id } = await repository.add(wanted('1.0'), bytes());
  const { promise: until, resolve } = Promise.withResolvers<string>();
  const beginning = [repository.using(id, () => until), repository.using(id, () => Promise.resolve('other'))];
  await beginning[1];
  await expect(repository.delete(id)).rejects.toMatchObject({ status: 409 });
  resolve('begun');
  expect(await Promise.all(beginning)).toEqual(['begun', 'other']);
  expect(await repository.delete(id)).toBe(true);
  expect(await repository.using(id, () => Promise.resolve('begun'))).toBeUndefined();
});

test('so many are uploaded at a time, and it waits for them when it ends', async () => {
  const { repository } = await open({ database: await testDatabase() });
  const { promise: until, resolve } = Promise.withResolvers<undefined>();
  const adding = Array.from({ length: limits.firmwareUploads }, (_, index) => repository.add(wanted(String(index)), bytes(until))); // prettier-ignore
  await expect(repository.add(wanted('more'), bytes())).rejects.toMatchObject({ status: 429 });
  const settled = repository.settled();
  resolve(undefined);
  await settled;
  expect(repository.list()).toHaveLength(limits.firmwareUploads);
  await Promise.all(adding);
  await repository.add(wanted('more'), bytes());
});

test('what is said to be longer counts as that long', async () => {
  const small = { values: { maxFirmwareBytes: 1_000, firmwareStorageBytes: 1_000 } };
  const { repository } = await open({ database: await testDatabase(), settings: small });
  const { promise: until, resolve } = Promise.withResolvers<undefined>();
  const adding = repository.add(wanted('1', 900), bytes(until));
  await expect(repository.add(wanted('2', 200), bytes())).rejects.toMatchObject({ status: 409, code: 'quota-exceeded' }); // prettier-ignore
  await expect(repository.add(wanted('3', 1_001), bytes())).rejects.toMatchObject({ status: 413 });
  resolve(undefined);
  await adding;
  await repository.add(wanted('2', 200), bytes());
});
