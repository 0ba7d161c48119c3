import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { SqliteConnection } from './sqlite-connection.ts';
import type { SqliteWorkerData } from './sqlite-messages.ts';

/** Kysely on `node:sqlite`, with the connection in a worker. */
export class SqliteDialect implements Dialect {
  readonly #data: SqliteWorkerData;
  readonly #onLost: (error: Error) => void;

  /** `onLost` is told when the worker ends although nobody closes the connection: nothing can be asked any more. */
  constructor(data: SqliteWorkerData, onLost: (error: Error) => void) {
    this.#data = data;
    this.#onLost = onLost;
  }

  createDriver(): Driver {
    return new SqliteDriver(this.#data, this.#onLost);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new TransactionalSqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db as ConstructorParameters<typeof SqliteIntrospector>[0]);
  }
}

/** SQLite's schema changes are part of their transaction: migrations happen as a whole or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): true {
    return true;
  }
}

/** One connection, for one query or transaction after another. */
class SqliteDriver implements Driver {
  readonly #data: SqliteWorkerData;
  readonly #onLost: (error: Error) => void;
  readonly #waiting: (() => void)[] = [];
  #connection: SqliteConnection | undefined;
  #taken = false;

  constructor(data: SqliteWorkerData, onLost: (error: Error) => void) {
    this.#data = data;
    this.#onLost = onLost;
  }

  async init(): Promise<void> {
    this.#connection = new SqliteConnection(this.#data, this.#onLost);
    await Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = this.#connection;
    if (connection === undefined) throw new Error('the database is not open');
    // Queries that only read need no turn: a worker answers them one after another.
    if (this.#data.readOnly) return connection;
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
    return connection;
  }

  async releaseConnection(): Promise<void> {
    if (this.#data.readOnly) return;
    const next = this.#waiting.shift();
    // Still taken, by the next.
    if (next === undefined) this.#taken = false;
    else next();
    await Promise.resolve();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw('ROLLBACK'));
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (!(error instanceof Error && error.message.includes('no transaction is active'))) throw error;
    }
  }

  async destroy(): Promise<void> {
    await this.#connection?.close();
    this.#connection = undefined;
  }
}
