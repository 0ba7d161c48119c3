import type { SQLInputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { ColumnArrays } from '../bulk-statement.ts';
import type { SqliteAnswer, SqliteFailure, SqliteRequest, SqliteWorkerData } from './sqlite-messages.ts';

/** SQLite refused a statement, or its worker is gone. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  /** SQLite's extended result code; undefined when it was not SQLite that failed. */
  readonly errcode: number | undefined;

  constructor({ message, errcode }: SqliteFailure) {
    super(message);
    this.errcode = errcode;
  }
}

type Pending = (answer: SqliteAnswer) => void;

/** One connection to SQLite, in a thread of its own. */
export class SqliteConnection implements DatabaseConnection {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #failure: SqliteFailure | undefined;
  #closing = false;

  /** `onLost` is told when the thread ends although nobody closes the connection: nothing can be asked any more. */
  constructor(data: SqliteWorkerData, onLost: (error: SqliteError) => void) {
    // Compiled, the module beside this one has the other ending.
    const entry = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js';
    this.#worker = new Worker(new URL(entry, import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: SqliteAnswer) => {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (this.#pending.size === 0) this.#worker.unref();
      pending?.(answer);
    });
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)));
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(this.#closing ? 'the connection to the database is closed' : 'its thread has ended');
        if (!this.#closing)
          onLost(new SqliteError(this.#failure ?? { message: 'its thread has ended', errcode: undefined }));
        resolve();
      });
    });
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const [first] = parameters;
    const { rows, changes } =
      first instanceof ColumnArrays
        ? await this.#ask({ kind: 'bulk', sql, columns: first.columns as SQLInputValue[][], count: first.count })
        : await this.#ask({ kind: 'query', sql, parameters: parameters as readonly SQLInputValue[] });
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  // All at once: a worker has no cursors. Long results are read page by page.
  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  async close(): Promise<void> {
    this.#closing = true;
    // Else a process that has nothing else to do would end before the database is closed.
    this.#worker.ref();
    this.#worker.postMessage({ kind: 'close' } satisfies SqliteRequest);
    await this.#ended;
  }

  #ask(
    request: DistributiveOmit<Exclude<SqliteRequest, { kind: 'close' }>, 'id'>,
  ): Promise<Extract<SqliteAnswer, { rows: unknown }>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(new SqliteError(this.#failure));
        return;
      }
      const id = ++this.#lastId;
      this.#pending.set(id, (answer) => {
        if ('failure' in answer) reject(new SqliteError(answer.failure));
        else resolve(answer);
      });
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id });
    });
  }

  #fail(message: string): void {
    this.#failure ??= { message, errcode: undefined };
    const failure = this.#failure;
    for (const [id, pending] of this.#pending) pending({ id, failure });
    this.#pending.clear();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
