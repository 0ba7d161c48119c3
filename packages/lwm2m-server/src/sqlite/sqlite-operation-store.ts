import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  formatOperation,
  formatOperationResult,
  parseOperation,
  parseOperationResult,
} from '../downlink/operation-json.ts';
import type { ErrorReporter } from '../events.ts';
import type { OperationFailure, OperationState, OperationStore, QueuedOperation } from '../queue/operation-store.ts';
import type { GroupCommit } from './group-commit.ts';
import { integerOf, optional, textOf, type Row } from './row.ts';
import { inPages, PAGE_SIZE, readable } from './rows.ts';

/** How long finished operations are kept. */
export interface OperationRetention {
  /** Days after an operation was CONFIRMED or FAILED. Default 30. */
  readonly days?: number;
  /** The latest so many of an endpoint. Default 100. */
  readonly perEndpoint?: number;
}

const MS_PER_DAY = 86_400_000;
/** What the end of one operation removes of others at most: more than it adds, so that no backlog stays. */
const CLEANUP_SIZE = 16;
const FINISHED = "state IN ('CONFIRMED', 'FAILED')";

/** Table Operation. */
export class SqliteOperationStore implements OperationStore {
  readonly #commit: GroupCommit;
  readonly #report: ErrorReporter;
  readonly #retentionMs: number;
  readonly #perEndpoint: number;
  readonly #page: StatementSync;
  readonly #last: StatementSync;
  readonly #upsert: StatementSync;
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #deleteOld: StatementSync;
  readonly #deleteMany: StatementSync;

  constructor(database: DatabaseSync, commit: GroupCommit, report: ErrorReporter, retention: OperationRetention = {}) {
    this.#commit = commit;
    this.#report = report;
    this.#retentionMs = positive('retention.days', retention.days ?? 30) * MS_PER_DAY;
    this.#perEndpoint = positive('retention.perEndpoint', Math.floor(retention.perEndpoint ?? 100));
    this.#page = database.prepare(`SELECT rowid, * FROM Operation
      WHERE state IN ('QUEUED', 'SENDING') AND (sequence, rowid) > (?, ?) ORDER BY sequence, rowid LIMIT ${PAGE_SIZE}`);
    this.#last = database.prepare('SELECT max(sequence) AS sequence FROM Operation');
    this.#upsert =
      database.prepare(`INSERT OR REPLACE INTO Operation (id, endpoint, sequence, operation, state, attempts,
        max_attempts, repeatable, replace_key, metadata, queued_at, updated_at, expires_at, result, failure)
      VALUES (:id, :endpoint, :sequence, :operation, :state, :attempts,
        :maxAttempts, :repeatable, :key, :metadata, :queuedAt, :updatedAt, :expiresAt, :result, :failure)`);
    this.#get = database.prepare('SELECT * FROM Operation WHERE id = ?');
    this.#list = database.prepare('SELECT * FROM Operation WHERE endpoint = ? ORDER BY sequence DESC LIMIT ?');
    // The greatest sequence stays: `lastSequence` must not go back.
    const notTheGreatest = 'sequence < (SELECT max(sequence) FROM Operation)';
    this.#deleteOld = database.prepare(`DELETE FROM Operation WHERE ${notTheGreatest} AND rowid IN
      (SELECT rowid FROM Operation WHERE ${FINISHED} AND updated_at < ? ORDER BY updated_at LIMIT ${CLEANUP_SIZE})`);
    this.#deleteMany = database.prepare(`DELETE FROM Operation WHERE ${notTheGreatest} AND rowid IN
      (SELECT rowid FROM Operation WHERE ${FINISHED} AND endpoint = ? AND id <> ?
        ORDER BY sequence DESC LIMIT ${CLEANUP_SIZE} OFFSET ?)`);
  }

  load(): Iterable<QueuedOperation> {
    const rows = inPages(this.#page, [0, 0], (last) => [integerOf(last, 'sequence'), integerOf(last, 'rowid')]);
    return this.#readable(rows);
  }

  lastSequence(): number {
    const row = this.#last.get();
    return row === undefined ? 0 : (optional(integerOf, row, 'sequence') ?? 0);
  }

  async save(operation: QueuedOperation): Promise<void> {
    const { id, endpointName, sequence, state, attempts, maxAttempts, repeatable, key, metadata } = operation;
    const { queuedAt, updatedAt, expiresAt, result, failure } = operation;
    const values = {
      id,
      endpoint: endpointName,
      sequence,
      operation: formatOperation(operation.operation),
      state,
      attempts,
      maxAttempts,
      repeatable: Number(repeatable),
      key: key ?? null,
      metadata: metadata ?? null,
      // A clock may have fractions.
      queuedAt: Math.floor(queuedAt),
      updatedAt: Math.floor(updatedAt),
      expiresAt: expiresAt ?? null,
      result: result === undefined ? null : formatOperationResult(result),
      failure: failure === undefined ? null : JSON.stringify(failure),
    };
    await this.#commit.write(() => {
      if (state === 'CONFIRMED' || state === 'FAILED') {
        this.#deleteOld.run(updatedAt - this.#retentionMs);
        this.#deleteMany.run(endpointName, id, this.#perEndpoint - 1);
      }
      this.#upsert.run(values);
    });
  }

  get(id: string): QueuedOperation | undefined {
    const row = this.#get.get(id);
    const [operation] = this.#readable(row === undefined ? [] : [row]);
    return operation;
  }

  list(endpointName: string, limit: number): readonly QueuedOperation[] {
    return [...this.#readable(this.#list.all(endpointName, limit))];
  }

  #readable(rows: Iterable<Row>): Iterable<QueuedOperation> {
    return readable(rows, toOperation, this.#report, (row) => `the operation ${String(row['id'])}`);
  }
}

function toOperation(row: Row): QueuedOperation {
  const result = optional(textOf, row, 'result');
  const failure = optional(textOf, row, 'failure');
  return {
    id: textOf(row, 'id'),
    endpointName: textOf(row, 'endpoint'),
    sequence: integerOf(row, 'sequence'),
    operation: parseOperation(textOf(row, 'operation')),
    // The checks of the table see to it that it is one.
    state: textOf(row, 'state') as OperationState,
    attempts: integerOf(row, 'attempts'),
    maxAttempts: integerOf(row, 'max_attempts'),
    repeatable: integerOf(row, 'repeatable') === 1,
    key: optional(textOf, row, 'replace_key'),
    metadata: optional(textOf, row, 'metadata'),
    queuedAt: integerOf(row, 'queued_at'),
    updatedAt: integerOf(row, 'updated_at'),
    expiresAt: optional(integerOf, row, 'expires_at'),
    result: result === undefined ? undefined : parseOperationResult(result),
    failure: failure === undefined ? undefined : (JSON.parse(failure) as OperationFailure),
  };
}

function positive(name: string, value: number): number {
  if (!(value >= 1 && value <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`${name} is a number of 1 or more`);
  return value;
}
