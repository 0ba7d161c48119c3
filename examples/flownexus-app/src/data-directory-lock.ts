import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

export const LOCK_FILE = 'flownexus.lock';

/** SQLite's result code for a file that another connection holds. */
const SQLITE_BUSY = 5;

/** Held until it is released, or until the process ends in whatever way: the operating system releases it then. */
export interface DataDirectoryLock {
  release(): void;
}

/**
 * Makes the process the only one that works on a data directory. The lock is a transaction on an empty database of its
 * own, which Node has on every system; the database of the values stays open to those who only read it.
 *
 * Throws a {@link StartError} when another FlowNexus has the directory, or when it can not be locked.
 */
export function lockDataDirectory(directory: string): DataDirectoryLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
    // Nothing is ever written: with no journal file a killed process leaves nothing to be mended.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const busy = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
    const why = busy
      ? 'is in use by another FlowNexus: stop that one, or set another folder'
      : `can not be locked (${LOCK_FILE}): ${error instanceof Error ? error.message : String(error)}`;
    throw new StartError(`FLOWNEXUS_DATA_DIR ${directory} ${why}`, { cause: error });
  }
  const held = database;
  return { release: () => held.close() };
}
