import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqliteAnswer, SqliteFailure, SqliteRequest, SqliteWorkerData } from './sqlite-messages.ts';

// The one thread that has this connection: what a query costs delays nobody who answers devices.

const port = parentPort;
if (port === null) throw new Error('this module is the entry of a worker');
const { file, readOnly, busyMs, maxStatements, cacheKib, walPages } = workerData as SqliteWorkerData;
const database = open();
/** By its text; the one used longest ago is at the front. */
const statements = new Map<string, StatementSync>();

port.on('message', (request: SqliteRequest) => {
  if (request.kind === 'close') {
    database.close();
    port.close();
    return;
  }
  port.postMessage(answer(request));
});

function open(): DatabaseSync {
  const opened = new DatabaseSync(file, { enableForeignKeyConstraints: true, readOnly, timeout: busyMs });
  if (readOnly) return opened;
  opened.exec('PRAGMA journal_mode = WAL');
  // In WAL mode only FULL makes a commit survive a power cut: an acknowledged value must be on the disk.
  opened.exec('PRAGMA synchronous = FULL');
  // A transaction touches a page of each series that it adds to. With SQLite's own 2 MB it would read them again each time, and with 4 MB between
  // checkpoints write most of them twice: this takes two thirds of the processor time.
  opened.exec(`PRAGMA cache_size = -${String(cacheKib)}`);
  opened.exec(`PRAGMA wal_autocheckpoint = ${String(walPages)}`);
  return opened;
}

function answer(request: Extract<SqliteRequest, { readonly kind: 'query' | 'bulk' }>): SqliteAnswer {
  const { id, sql } = request;
  try {
    const statement = prepared(sql);
    if (request.kind === 'bulk') return { id, rows: [], changes: runAll(statement, request.columns, request.count) };
    if (statement.columns().length > 0) {
      return { id, rows: allRows(statement, request.parameters, READS.test(sql)), changes: 0 };
    }
    return { id, rows: [], changes: Number(statement.run(...request.parameters).changes) };
  } catch (error) {
    return { id, failure: toFailure(error) };
  }
}

function prepared(sql: string): StatementSync {
  let statement = statements.get(sql);
  if (statement === undefined) {
    statement = database.prepare(sql);
    // A JavaScript number would not hold every 64-bit integer, and reading one that is too large would throw.
    statement.setReadBigInts(true);
    for (const oldest of statements.keys()) {
      if (statements.size < maxStatements) break;
      statements.delete(oldest);
    }
  } else statements.delete(sql);
  statements.set(sql, statement);
  return statement;
}

function runAll(statement: StatementSync, columns: readonly (readonly SQLInputValue[])[], count: number): number {
  let changes = 0;
  const width = columns.length;
  const row = new Array<SQLInputValue>(width);
  for (let index = 0; index < count; index++) {
    for (let at = 0; at < width; at++) row[at] = columns[at]?.[index] ?? null;
    changes += Number(statement.run(...row).changes);
  }
  return changes;
}

/** What can be run again, as it changes nothing. */
const READS = /^\s*select\b/i;

/** Nearly all integers are numbers: only rows of which one is too large are read as bigints, which takes three times as long. */
function allRows(statement: StatementSync, parameters: readonly SQLInputValue[], reads: boolean): unknown[] {
  if (reads) {
    statement.setReadBigInts(false);
    try {
      return statement.all(...parameters);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE')) throw error;
    } finally {
      statement.setReadBigInts(true);
    }
  }
  return statement.all(...parameters).map(withNumbers);
}

/** Integers as numbers, and as decimal text where a number would not be exact. */
function withNumbers(row: Record<string, SQLOutputValue>): Record<string, SQLOutputValue> {
  for (const name in row) {
    const value = row[name];
    if (typeof value !== 'bigint') continue;
    const number = Number(value);
    row[name] = Number.isSafeInteger(number) ? number : String(value);
  }
  return row;
}

function toFailure(error: unknown): SqliteFailure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
  return { message, errcode };
}
