import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Dialect, Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';
import type { DatabaseKind } from './dialect.ts';
import { GroupCommit } from './group-commit.ts';
import { migrations } from './migrations/index.ts';
import { InstanceLock } from './postgres/instance-lock.ts';
import { postgresPool } from './postgres/postgres-pool.ts';
import { SqliteCheckpoints } from './sqlite/sqlite-checkpoints.ts';
import { SqliteDialect } from './sqlite/sqlite-dialect.ts';
import type { Tables } from './tables.ts';

export const DATABASE_FILE = 'flownexus.db';

/** The open database. */
export interface Database {
  readonly kind: DatabaseKind;
  /** Writes and transactions. With SQLite one after another: a transaction holds up all others, so it waits for nothing else. */
  readonly db: Kysely<Tables>;
  /** Short reads, of what is committed. */
  readonly reads: Kysely<Tables>;
  /** History, aggregates, exports: what may take seconds without delaying anybody. */
  readonly longReads: Kysely<Tables>;
  /** Writes that devices wait for. It is held until {@link GroupCommit.open} is called. */
  readonly commits: GroupCommit;
  /** Commits what waits and closes all connections. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Undefined: SQLite in the data directory. Otherwise `postgres://…`. */
  readonly url: string | undefined;
  readonly dataDirectory: string;
  /** The database can not be used any more, and the process must end. */
  readonly onFatal: (error: Error) => void;
  /** A connection was lost, or SQLite's log could not be copied into its file; both is tried again. */
  readonly onLost: (error: Error) => void;
}

/**
 * Opens the database and brings its schema up to date.
 *
 * Rejects with a {@link StartError} when it can not be opened, is no database, is another FlowNexus', or of a newer release.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.url === undefined ? openSqlite(options) : openPostgres(options.url, options);
}

async function openSqlite({ dataDirectory, onFatal, onLost }: DatabaseOptions): Promise<Database> {
  const file = join(dataDirectory, DATABASE_FILE);
  let isOpen = false;
  const onThreadLost = (error: Error): void => {
    // What fails before is for who opens it to hear.
    if (isOpen)
      onFatal(new Error(`the connection to the database ${file} is lost: ${error.message}`, { cause: error }));
  };
  const connect = (readOnly: boolean): Kysely<Tables> =>
    new Kysely<Tables>({
      dialect: new SqliteDialect(
        {
          file,
          readOnly,
          busyMs: limits.databaseBusyMs,
          maxStatements: limits.preparedStatements,
          cacheKib: limits.sqliteCacheKib,
          walPages: limits.sqliteWalPages,
        },
        onThreadLost,
      ),
    });
  const db = connect(false);
  try {
    protect(file);
    await migrate(db, file);
  } catch (error) {
    await db.destroy();
    if (error instanceof StartError) throw error;
    throw new StartError(`The database can not be opened at ${file}: ${reason(error)}`, { cause: error });
  }
  isOpen = true;
  const reads = connect(true);
  const longReads = connect(true);
  const commits = new GroupCommit(db, { maxItems: limits.batchesPerCommit });
  const checkpoints = new SqliteCheckpoints({
    file,
    afterMs: limits.sqliteCheckpointAfterMs,
    everyMs: limits.sqliteCheckpointMs,
    pages: limits.sqliteCheckpointPages,
    onFailed: onLost,
  });
  const close = async (): Promise<void> => {
    await commits.stop();
    await checkpoints.close();
    for (const connection of [longReads, reads, db]) await connection.destroy();
  };
  return { kind: 'sqlite', db, reads, longReads, commits, close };
}

async function openPostgres(url: string, { onFatal, onLost }: DatabaseOptions): Promise<Database> {
  const dialect = (connections: number, statementTimeoutMs: number): Dialect => {
    const connectTimeoutMs = limits.databaseConnectMs;
    return new PostgresDialect({
      pool: postgresPool({ url, connections, statementTimeoutMs, connectTimeoutMs, onLost }),
    });
  };
  let lock: InstanceLock | undefined;
  // Both kinds of short work share a pool; what takes long has its own.
  const db = new Kysely<Tables>({ dialect: dialect(limits.databaseConnections, limits.statementMs) });
  try {
    lock = await InstanceLock.take({
      url,
      retryMs: limits.databaseRetryMs,
      answerMs: limits.databaseConnectMs,
      beatMs: limits.databaseBeatMs,
      patienceMs: limits.databasePatienceMs,
      onTaken: onFatal,
    });
    await migrate(db, 'FLOWNEXUS_DATABASE_URL');
  } catch (error) {
    await db.destroy();
    await lock?.release();
    if (error instanceof StartError) throw error;
    // The message of the driver does not have the URL, which may have a password.
    throw new StartError(`The database of FLOWNEXUS_DATABASE_URL can not be opened: ${reason(error)}`, {
      cause: error,
    });
  }
  const longReads = new Kysely<Tables>({ dialect: dialect(limits.longReadConnections, limits.longReadMs) });
  const commits = new GroupCommit(db, { maxItems: limits.batchesPerCommit });
  const held = lock;
  const close = async (): Promise<void> => {
    await commits.stop();
    await longReads.destroy();
    await db.destroy();
    await held.release();
  };
  return { kind: 'postgres', db, reads: db, longReads, commits, close };
}

async function migrate(db: Kysely<Tables>, name: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve({ ...migrations }) } });
  const applied = await migrator.getMigrations();
  const unknown = (
    await appliedNames(
      db,
      applied.some(({ executedAt }) => executedAt !== undefined),
    )
  ).find((migration) => !Object.hasOwn(migrations, migration));
  if (unknown !== undefined) {
    throw new StartError(
      `The database ${name} is of a newer release (schema ${unknown}; this release knows up to ${String(Object.keys(migrations).at(-1))}): ` +
        'start that release, or use another database',
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(reason(error));
}

async function appliedNames(db: Kysely<Tables>, any: boolean): Promise<string[]> {
  if (!any) return [];
  const rows = await db
    .$extendTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
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

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each: unknown) => reason(each)).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
