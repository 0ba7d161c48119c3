import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { migrations } from './migrations.ts';

export const DATABASE_FILE = 'flownexus.db';

/**
 * Opens the database of a data directory and brings its schema up to date. Nobody else may read it: it has keys of devices.
 *
 * Rejected with a {@link StartError} when the file can not be opened, is no database, or is of a newer release.
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  const file = join(dataDirectory, DATABASE_FILE);
  let database: DatabaseSync | undefined;
  try {
    protect(file);
    database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: limits.databaseBusyMs });
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL mode only FULL makes a commit survive a power cut: an acknowledged value must be on the disk.
    database.exec('PRAGMA synchronous = FULL');
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StartError) throw error;
    const what = existsSync(file) ? 'The database' : 'A database';
    throw new StartError(
      `${what} can not be opened at ${file}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
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

function migrate(database: DatabaseSync, file: string): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version']);
  if (version > migrations.length) {
    throw new StartError(
      `The database ${file} is of a newer release (schema ${String(version)}; this release knows up to ${String(migrations.length)}): ` +
        'start that release, or use another FLOWNEXUS_DATA_DIR',
    );
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue;
    database.exec('BEGIN EXCLUSIVE');
    try {
      database.exec(statements);
      database.exec(`PRAGMA user_version = ${String(index + 1)}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}
