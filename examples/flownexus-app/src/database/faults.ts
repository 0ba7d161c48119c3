import { CommitRefusedError } from './commit-refused-error.ts';
import { SqliteError } from './sqlite/sqlite-connection.ts';

/** SQLite's primary result codes for what a value, not the database, is to blame for. */
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;

/** What PostgreSQL calls a unique constraint that is violated, as SQLSTATE. */
const UNIQUE_VIOLATION = '23505';
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** Whether one item is to blame: false for a full disk or a lost connection, which trying each item again would meet again. */
export function isFaultOfOne(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (error instanceof SqliteError) {
    // The low byte of an extended result code is the primary one.
    const code = (error.errcode ?? 0) & 0xff;
    return code === SQLITE_CONSTRAINT || code === SQLITE_MISMATCH || code === SQLITE_TOOBIG;
  }
  // SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded.
  return /^(22|23|54)/.test(sqlState(error) ?? '');
}

/** Whether a unique key was taken already. */
export function isTaken(error: unknown): boolean {
  if (error instanceof SqliteError) {
    return error.errcode === SQLITE_CONSTRAINT_UNIQUE || error.errcode === SQLITE_CONSTRAINT_PRIMARYKEY;
  }
  return sqlState(error) === UNIQUE_VIOLATION;
}

/** SQLite's primary result codes for what passes, or what an operator can mend: locked, a disk that fails, is full, or can not be written. */
const SQLITE_AWAY: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14]);

/**
 * SQLSTATE: connection exception, transaction rollback, insufficient resources, operator intervention (such as a statement that took too long), system error;
 * and a server that takes no writes, such as one that waits to become the primary.
 */
const POSTGRES_AWAY = /^(08|40|53|57|58|25006)/;

/** Whether a transaction was rolled back only because of others at the same time, such as by a deadlock: the same again may succeed. */
export function isConflict(error: unknown): boolean {
  return /^40/.test(sqlState(error) ?? '');
}

/** Whether the database can not do anything at present: it is away, full or overloaded. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof CommitRefusedError) return true;
  if (error instanceof SqliteError) return error.errcode === undefined || SQLITE_AWAY.has(error.errcode & 0xff);
  const state = sqlState(error);
  if (state !== undefined) return POSTGRES_AWAY.test(state);
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  if (!(error instanceof Error)) return false;
  const systemCall = 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'read' || error.syscall === 'write'); // prettier-ignore
  return systemCall || /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(error.message); // prettier-ignore
}

function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
