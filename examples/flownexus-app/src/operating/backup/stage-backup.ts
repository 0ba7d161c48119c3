import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { create } from 'tar';
import { LOCK_FILE } from '../../data-directory-lock.ts';
import type { DatabaseKind } from '../../database/dialect.ts';
import { DATABASE_FILE } from '../../database/open-database.ts';
import { limits } from '../../limits.ts';
import { copyDatabase } from './copy-database.ts';
import { digestOf, filesBelow, keepFile, LOST_AND_FOUND } from './data-files.ts';
import { LAST_BACKUP_FILE } from './last-backup.ts';
import { DATABASE_DIRECTORY, FILES_DIRECTORY, MANIFEST, type Manifest, type ManifestFile } from './manifest.ts';
import { RESTORED_FILE } from './restored.ts';

/** What the folders are called in which a backup is made ready. */
const STAGE = 'backup.part-';

export interface BackupOptions {
  readonly dataDirectory: string;
  /** With PostgreSQL the archive has the files alone. */
  readonly kind: DatabaseKind;
  readonly version: string;
}

/** A backup that is ready to be packed. */
export interface StagedBackup {
  readonly manifest: Manifest;
  /** The archive, as a stream of bytes (tar). */
  pack(): Readable;
  /** Frees the disk; to be called in the end, whatever happened. */
  remove(): Promise<void>;
}

/**
 * Makes a backup ready in a folder of the data directory: a copy of the database at one moment, and the files as they are then. The app may run meanwhile, in this
 * process or another. What was acknowledged before it began is in it.
 */
export async function stageBackup({ dataDirectory, kind, version }: BackupOptions): Promise<StagedBackup> {
  await removeLeftOvers(dataDirectory);
  const stage = await mkdtemp(join(dataDirectory, STAGE));
  const remove = (): Promise<void> => rm(stage, { recursive: true, force: true });
  try {
    for (const directory of [DATABASE_DIRECTORY, FILES_DIRECTORY]) await mkdir(join(stage, directory), { mode: 0o700 });
    // Before and after: a file whose row is in the copy was there before, or came just now.
    await keepFiles(dataDirectory, stage);
    const time = Date.now();
    const rows = kind === 'sqlite' ? await copyDatabase(join(dataDirectory, DATABASE_FILE), join(stage, DATABASE_DIRECTORY, DATABASE_FILE)) : {}; // prettier-ignore
    await keepFiles(dataDirectory, stage);
    const files: ManifestFile[] = [];
    for (const path of await filesBelow(stage)) files.push({ path, ...(await digestOf(join(stage, path))) });
    const manifest: Manifest = { format: 1, version, time, database: { kind, rows }, files };
    await writeFile(join(stage, MANIFEST), JSON.stringify(manifest, undefined, 2), { mode: 0o600 });
    const pack = (): Readable =>
      Readable.from(create({ cwd: stage, portable: true }, [MANIFEST, DATABASE_DIRECTORY, FILES_DIRECTORY]), { objectMode: false }); // prettier-ignore
    return { manifest, pack, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function keepFiles(dataDirectory: string, stage: string): Promise<void> {
  for (const path of await filesBelow(dataDirectory, isKept)) {
    await keepFile(join(dataDirectory, path), join(stage, FILES_DIRECTORY, path));
  }
}

/** Not the database, which is copied otherwise, nor what belongs to this place or is not finished. */
function isKept(path: string): boolean {
  if ([LOCK_FILE, LAST_BACKUP_FILE, RESTORED_FILE, LOST_AND_FOUND].includes(path)) return false;
  if (path.startsWith(DATABASE_FILE) || path.startsWith(`${LOCK_FILE}-`)) return false;
  return !path.startsWith(STAGE) && !/^(restore\.part|replaced-)/.test(path) && !path.endsWith('.part');
}

/** Of a process that was killed meanwhile. */
async function removeLeftOvers(dataDirectory: string): Promise<void> {
  const before = Date.now() - limits.backupMs;
  for (const name of await readdir(dataDirectory)) {
    if (!name.startsWith(STAGE)) continue;
    const { mtimeMs } = await stat(join(dataDirectory, name));
    if (mtimeMs < before) await rm(join(dataDirectory, name), { recursive: true, force: true });
  }
}
