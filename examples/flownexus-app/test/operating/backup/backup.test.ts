import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { create, extract } from 'tar';
import { expect, onTestFinished, test } from 'vitest';
import { LOCK_FILE } from '../../../src/data-directory-lock.ts';
import { DATABASE_FILE } from '../../../src/database/open-database.ts';
import { lastBackup } from '../../../src/operating/backup/last-backup.ts';
import { restoreBackup } from '../../../src/operating/backup/restore-backup.ts';
import {
  forgetAfterRestore,
  refuseHalfRestored,
  RESTORE_DIRECTORY,
  RESTORED_FILE,
} from '../../../src/operating/backup/restored.ts';
import { stageBackup } from '../../../src/operating/backup/stage-backup.ts';
import { writeBackup } from '../../../src/operating/backup/write-backup.ts';
import { StartError } from '../../../src/start-error.ts';
import { addEndpoints } from '../../support/endpoint-rows.ts';
import { databasePlace, temporaryDirectory, testDatabase } from '../../support/test-database.ts';

const NOW = Date.UTC(2026, 0, 2);
const association = { server: 'lwm2m', key: 'k', snapshot: Buffer.from('the keys of the association'), identity_key: null, identity_name: null } as const; // prettier-ignore

/** A data directory with an open database and files as the app has them, and the backup that is made of it. */
async function testBackup() {
  const place = await databasePlace();
  const { dataDirectory } = place;
  const database = await testDatabase('sqlite', place);
  await addEndpoints(database, { endpoint: 'a' });
  await database.db.insertInto('DtlsAssociation').values(association).execute();
  mkdirSync(join(dataDirectory, 'firmware'));
  writeFileSync(join(dataDirectory, 'firmware', '1'), 'the firmware');
  writeFileSync(join(dataDirectory, 'firmware', '2.part'), 'not complete');
  writeFileSync(join(dataDirectory, 'authority.key'), 'the key', { mode: 0o600 });
  writeFileSync(join(dataDirectory, LOCK_FILE), '');
  symlinkSync('/etc/passwd', join(dataDirectory, 'link'));
  const file = join(temporaryDirectory(), 'backup.tar');
  const options = { dataDirectory, kind: 'sqlite', version: '1.2.3' } as const;
  return { ...options, database, file, write: () => writeBackup(options, file) };
}

async function restored(file: string, replace = false) {
  const dataDirectory = temporaryDirectory();
  const result = await restoreBackup({ file, dataDirectory, replace, now: NOW });
  return { ...result, dataDirectory };
}

test('what a file system has in its root is no data, and who may look into the data directory knows of the last backup', async () => {
  const backup = await testBackup();
  const addLost = (directory: string): void => {
    mkdirSync(join(directory, 'lost+found'));
    writeFileSync(join(directory, 'lost+found', '#1'), 'lost');
  };
  addLost(backup.dataDirectory);
  const { manifest } = await backup.write();
  expect(manifest.files.filter(({ path }) => path.includes('lost'))).toEqual([]);
  expect(statSync(join(backup.dataDirectory, 'last-backup.json')).mode & 0o044).toBe(0o044);
  const dataDirectory = temporaryDirectory();
  addLost(dataDirectory);
  expect(
    (await restoreBackup({ file: backup.file, dataDirectory, replace: false, now: NOW })).replaced,
  ).toBeUndefined();
  expect((await restoreBackup({ file: backup.file, dataDirectory, replace: true, now: NOW })).replaced).toBeDefined();
  expect(readFileSync(join(dataDirectory, 'lost+found', '#1'), 'utf8')).toBe('lost');
});

test('what was stored is there again, and the files, but no associations', async () => {
  const backup = await testBackup();
  const { manifest, bytes } = await backup.write();
  expect(manifest).toMatchObject({ format: 1, version: '1.2.3', database: { kind: 'sqlite', rows: { Endpoint: 1 } } });
  expect(manifest.files.map(({ path }) => path)).toEqual(['database/flownexus.db', 'files/authority.key', 'files/firmware/1']); // prettier-ignore
  expect(statSync(backup.file).size).toBe(bytes);
  expect(statSync(backup.file).mode & 0o777).toBe(0o600);
  expect(await lastBackup(backup.dataDirectory)).toEqual({ time: manifest.time, bytes });
  // Nothing is left beside, and what runs is as it was.
  expect(readdirSync(backup.dataDirectory).filter((name) => name.includes('backup.part'))).toEqual([]);
  expect(await backup.database.reads.selectFrom('DtlsAssociation').selectAll().execute()).toHaveLength(1);
  expect(readFileSync(backup.file).includes('the keys of the association')).toBe(false);

  const { dataDirectory } = await restored(backup.file);
  expect(readdirSync(dataDirectory).sort()).toEqual(['authority.key', 'firmware', 'flownexus.db', RESTORED_FILE]);
  expect(readFileSync(join(dataDirectory, 'firmware', '1'), 'utf8')).toBe('the firmware');
  expect(statSync(join(dataDirectory, 'authority.key')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDirectory, DATABASE_FILE)).mode & 0o777).toBe(0o600);
  const database = await testDatabase('sqlite', { url: undefined, dataDirectory });
  expect(await database.reads.selectFrom('Endpoint').select('endpoint').execute()).toEqual([{ endpoint: 'a' }]);
  expect(await database.reads.selectFrom('DtlsAssociation').selectAll().execute()).toEqual([]);
}); // prettier-ignore

test('associations that come back otherwise are forgotten at the first start after a restore, and not at the next', async () => {
  const backup = await testBackup();
  await backup.write();
  const { dataDirectory } = await restored(backup.file);
  // As pg_restore may bring them.
  const { database } = backup;
  await forgetAfterRestore(database, dataDirectory, pino({ level: 'silent' }));
  expect(await database.reads.selectFrom('DtlsAssociation').selectAll().execute()).toEqual([]);
  expect(existsSync(join(dataDirectory, RESTORED_FILE))).toBe(false);
  await database.db.insertInto('DtlsAssociation').values(association).execute();
  await forgetAfterRestore(database, dataDirectory, pino({ level: 'silent' }));
  expect(await database.reads.selectFrom('DtlsAssociation').selectAll().execute()).toHaveLength(1);
});

test('with PostgreSQL it has the files alone', async () => {
  const { dataDirectory, file } = await testBackup();
  const { manifest } = await writeBackup({ dataDirectory, kind: 'postgres', version: '1' }, file);
  expect(manifest).toMatchObject({ database: { kind: 'postgres', rows: {} } });
  expect(manifest.files.map(({ path }) => path)).toEqual(['files/authority.key', 'files/firmware/1']);
  const { dataDirectory: back } = await restored(file);
  expect(readdirSync(back).sort()).toEqual(['authority.key', 'firmware', RESTORED_FILE]);
});

test('a data directory that is not empty is kept, or moved aside', async () => {
  const backup = await testBackup();
  await backup.write();
  const dataDirectory = temporaryDirectory();
  writeFileSync(join(dataDirectory, LOCK_FILE), '');
  writeFileSync(join(dataDirectory, DATABASE_FILE), 'the database of before');
  writeFileSync(join(dataDirectory, `${DATABASE_FILE}-wal`), 'its log');
  const restore = (replace: boolean) => restoreBackup({ file: backup.file, dataDirectory, replace, now: NOW });
  await expect(restore(false)).rejects.toThrow('is not empty: --replace moves aside what is there');
  expect(readFileSync(join(dataDirectory, DATABASE_FILE), 'utf8')).toBe('the database of before');
  const { replaced } = await restore(true);
  expect(readdirSync(replaced ?? '').sort()).toEqual([DATABASE_FILE, `${DATABASE_FILE}-wal`]);
  expect(readdirSync(dataDirectory)).not.toContain(`${DATABASE_FILE}-wal`);
});

test('a restore that was not finished is not started on, and can be done again', async () => {
  const backup = await testBackup();
  await backup.write();
  const dataDirectory = temporaryDirectory();
  refuseHalfRestored(dataDirectory);
  mkdirSync(join(dataDirectory, RESTORE_DIRECTORY));
  expect(() => refuseHalfRestored(dataDirectory)).toThrow(StartError);
  await restoreBackup({ file: backup.file, dataDirectory, replace: true, now: NOW });
  refuseHalfRestored(dataDirectory);
});

test('a backup that was not finished leaves nothing behind for good', async () => {
  const { dataDirectory, kind, version } = await testBackup();
  const killed = join(dataDirectory, 'backup.part-killed');
  mkdirSync(killed);
  writeFileSync(join(killed, 'a'), 'a');
  utimesSync(killed, 0, 0);
  const staged = await stageBackup({ dataDirectory, kind, version });
  expect(existsSync(killed)).toBe(false);
  await staged.remove();
});

/** Unpacks an archive, changes what is in it, and packs it again. */
async function changed(file: string, change: (directory: string) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'flownexus-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  await extract({ file, cwd: directory });
  change(directory);
  const other = `${file}-other`;
  await create({ file: other, cwd: directory }, readdirSync(directory));
  return other;
}

test.each<[string, (directory: string) => void, string]>([
  ['a file that is another', (at) => writeFileSync(join(at, 'files', 'authority.key'), 'another'), 'files/authority.key is not what it was'],
  ['a file too few', (at) => rmSync(join(at, 'files', 'firmware', '1')), 'files/firmware/1 is missing'],
  ['a file too many', (at) => writeFileSync(join(at, 'files', 'more'), ''), 'files/more is not in its manifest'],
  ['no manifest', (at) => rmSync(join(at, 'manifest.json')), 'ENOENT'],
  ['a manifest that is none', (at) => writeFileSync(join(at, 'manifest.json'), '{"format":2}'), 'can not be restored'],
  ['a link', (at) => symlinkSync('/etc/passwd', join(at, 'files', 'link')), 'has something that is none of FlowNexus'],
  ['something else', (at) => writeFileSync(join(at, 'other'), ''), 'has something that is none of FlowNexus'],
  ['a path that leads out of it', (at) => {
    const file = join(at, 'manifest.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('files/authority.key', 'files/../../x'));
  }, 'can not be restored'],
])('an archive with %s is refused, and nothing is changed', async (_, change, message) => {
  const backup = await testBackup();
  await backup.write();
  const file = await changed(backup.file, change);
  const dataDirectory = temporaryDirectory();
  const restore = restoreBackup({ file, dataDirectory, replace: true, now: NOW });
  await expect(restore).rejects.toThrow(StartError);
  await expect(restore).rejects.toThrow(message);
  expect(readdirSync(dataDirectory)).toEqual([]);
}); // prettier-ignore

test.each([100, 5_000, 60_000])('an archive of which only %i bytes came is refused', async (length) => {
  const backup = await testBackup();
  await backup.write();
  writeFileSync(backup.file, readFileSync(backup.file).subarray(0, length));
  const dataDirectory = temporaryDirectory();
  const restore = restoreBackup({ file: backup.file, dataDirectory, replace: false, now: NOW });
  await expect(restore).rejects.toThrow(StartError);
  expect(readdirSync(dataDirectory)).toEqual([]);
});

test('a backup that can not be written leaves no file', async () => {
  const { dataDirectory, kind, version } = await testBackup();
  const directory = temporaryDirectory();
  const file = join(directory, 'not', 'there.tar');
  await expect(writeBackup({ dataDirectory, kind, version }, file)).rejects.toThrow('ENOENT');
  expect(readdirSync(directory)).toEqual([]);
  expect(readdirSync(dataDirectory).filter((name) => name.includes('backup.part'))).toEqual([]);
});
