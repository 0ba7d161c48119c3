import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { LOCK_FILE } from '../../data-directory-lock.ts';
import { DATABASE_FILE } from '../../database/open-database.ts';
import { StartError } from '../../start-error.ts';
import { forgetAssociations, openCopy } from './copy-database.ts';
import { digestOf, filesBelow, flush, LOST_AND_FOUND } from './data-files.ts';
import { DATABASE_DIRECTORY, FILES_DIRECTORY, MANIFEST, type Manifest, manifestSchema } from './manifest.ts';
import { markRestored, RESTORE_DIRECTORY, RESTORED_FILE } from './restored.ts';

export interface RestoreOptions {
  /** The archive. */
  readonly file: string;
  /** Locked by the caller. */
  readonly dataDirectory: string;
  /** What is in the data directory is moved aside. Otherwise it has to be empty. */
  readonly replace: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Where what was there before is now; undefined: nothing was. */
  readonly replaced: string | undefined;
}

/**
 * Puts a backup back. Nothing is changed before the whole archive was unpacked beside and found as its manifest says. Rejects with a {@link StartError} for an
 * archive that is none or damaged, and for a data directory that is not empty.
 */
export async function restoreBackup({ file, dataDirectory, replace, now }: RestoreOptions): Promise<Restored> {
  const stage = join(dataDirectory, RESTORE_DIRECTORY);
  const before = (await readdir(dataDirectory)).filter(
    (name) => !name.startsWith(LOCK_FILE) && name !== LOST_AND_FOUND,
  );
  if (before.length > 0 && !replace) {
    throw new StartError(`FLOWNEXUS_DATA_DIR ${dataDirectory} is not empty: --replace moves aside what is there`);
  }
  const half = before.includes(RESTORE_DIRECTORY);
  if (half) await rm(stage, { recursive: true });
  let manifest: Manifest;
  try {
    await mkdir(stage, { mode: 0o700 });
    manifest = await unpack(file, stage);
  } catch (error) {
    // One that was half restored before still is.
    if (half) await mkdir(stage, { recursive: true });
    else await rm(stage, { recursive: true, force: true });
    if (error instanceof StartError) throw error;
    throw new StartError(`The backup ${file} can not be restored: ${inWords(error)}`, { cause: error });
  }
  const replaced = await moveAside(dataDirectory, before.filter((name) => name !== RESTORE_DIRECTORY && !name.startsWith('replaced-')), now); // prettier-ignore
  await markRestored(dataDirectory, now);
  await moveInto(dataDirectory, stage);
  return { manifest, replaced };
}

async function unpack(file: string, stage: string): Promise<Manifest> {
  let foreign: string | undefined;
  await extract({
    file,
    cwd: stage,
    strict: true,
    filter: (path, entry) => {
      const isPlain =
        'type' in entry && (entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'Directory');
      const isKnown = isPlain && (path === MANIFEST || /^(database|files)(\/|$)/.test(path));
      if (!isKnown) foreign ??= path;
      return isKnown;
    },
  });
  if (foreign !== undefined) {
    throw new StartError(
      `The backup ${file} has something that is none of FlowNexus': ${JSON.stringify(foreign.slice(0, 100))}`,
    );
  }
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(stage, MANIFEST), 'utf8')));
  await check(manifest, stage, file);
  const database = join(stage, DATABASE_DIRECTORY, DATABASE_FILE);
  if (manifest.database.kind === 'sqlite') {
    // An archive has none; one that somebody has put together may.
    const copy = openCopy(database);
    try {
      await forgetAssociations(copy);
    } finally {
      await copy.destroy();
    }
  }
  for (const path of await filesBelow(stage)) await flush(join(stage, path));
  return manifest;
}

/** Throws a {@link StartError} when what was unpacked is not what the manifest says. */
async function check({ files, database }: Manifest, stage: string, file: string): Promise<void> {
  const damaged = (what: string): StartError => new StartError(`The backup ${file} is damaged: ${what}`);
  const found = new Set((await filesBelow(stage)).filter((path) => path !== MANIFEST));
  for (const { path, bytes, sha256 } of files) {
    if (!found.delete(path)) throw damaged(`${path} is missing`);
    const digest = await digestOf(join(stage, path));
    if (digest.bytes !== bytes || digest.sha256 !== sha256) throw damaged(`${path} is not what it was`);
  }
  const [more] = found;
  if (more !== undefined) throw damaged(`${more} is not in its manifest`);
  const path = `${DATABASE_DIRECTORY}/${DATABASE_FILE}`;
  if (database.kind === 'sqlite' && !files.some((each) => each.path === path)) throw damaged(`${path} is missing`);
}

async function moveAside(dataDirectory: string, names: readonly string[], now: number): Promise<string | undefined> {
  if (names.length === 0) return undefined;
  const aside = join(dataDirectory, `replaced-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of names) await rename(join(dataDirectory, name), join(aside, name));
  await flush(aside);
  return aside;
}

/** The folder in which it was unpacked goes last: as long as it is there the app does not start. */
async function moveInto(dataDirectory: string, stage: string): Promise<void> {
  for (const from of [join(stage, FILES_DIRECTORY), join(stage, DATABASE_DIRECTORY)]) {
    for (const name of await readdir(from)) {
      if (name !== RESTORED_FILE) await rename(join(from, name), join(dataDirectory, name));
    }
  }
  await flush(dataDirectory);
  await rm(stage, { recursive: true });
  await flush(dataDirectory);
}

function inWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
