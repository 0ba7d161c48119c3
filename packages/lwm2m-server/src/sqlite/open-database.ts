import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Lwm2mServerError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { storeError } from './store-error.ts';

/** What tells our files from other databases: `LwM2` (SQLite, `application_id`). */
const APPLICATION_ID = 0x4c77_4d32;
/** SQLite's result code for a file that another connection holds. */
const SQLITE_BUSY = 5;
const IN_MEMORY = ':memory:';

/**
 * Opens the database of the stores for this connection alone, and brings its schema up to date. Nobody else may read the file: it has keys of devices.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_STORE` when it is open already, here or in another process; when it can't be opened, is another
 *   database or none, or is of a newer release
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (file !== IN_MEMORY) protect(file);
    database = new DatabaseSync(file, { timeout: 0 });
    // Before the first access: two servers with one file would send with the same nonces. The operating system lets go when the process ends.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL mode only FULL makes a commit survive a power cut: what was acknowledged must be on the disk.
    database.exec('PRAGMA synchronous = FULL');
    migrate(database, migrations);
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_STORE', `the stores in ${file} are in use by another server`, {
        cause: error,
      });
    }
    throw storeError(`the stores in ${file} can not be opened`, error);
  }
}

/**
 * Runs the steps that a database has not had yet, each in a transaction.
 *
 * @throws Error when the database is not ours, or is of a newer release
 */
export function migrate(database: DatabaseSync, steps: readonly string[]): void {
  const version = pragma(database, 'user_version');
  const isOurs = pragma(database, 'application_id') === APPLICATION_ID;
  if (!isOurs && (version > 0 || hasTables(database))) throw new Error('it is a database of something else');
  if (version > steps.length) {
    throw new Error(`it is of a newer release: its schema is ${version}, and this release knows up to ${steps.length}`);
  }
  // Also when there is nothing to do: it takes the lock.
  database.exec('BEGIN EXCLUSIVE');
  try {
    for (const statements of steps.slice(version)) database.exec(statements);
    if (version < steps.length) {
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${steps.length}`);
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function hasTables(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

/** Read and written by its owner only; SQLite's files beside it take after it. */
function protect(file: string): void {
  // Not opened where it is there: to close a file gives up the locks that this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  if (!statSync(file).isFile()) return;
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is another user's, who has to see to it.
  }
}

function isBusy(error: unknown): boolean {
  // The low byte of an extended result code is the primary one.
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
