import type { SQLOutputValue } from 'node:sqlite';

type Row = Readonly<Record<string, SQLOutputValue>>;
/** Whether a column holds what its reader counts on. */
export type ColumnGuard<T extends SQLOutputValue> = (value: SQLOutputValue | undefined) => value is T;
type Columns = Readonly<Record<string, ColumnGuard<SQLOutputValue>>>;

/** The row that a table of guards lets through. */
export type RowOf<C extends Columns> = {
  readonly [Name in keyof C]: C[Name] extends ColumnGuard<infer T> ? T : never;
};

export const text: ColumnGuard<string> = (value) => typeof value === 'string';
export const real: ColumnGuard<number> = (value) => typeof value === 'number';
/** An integer of a statement that reads JavaScript numbers. */
export const integer: ColumnGuard<number> = (value): value is number => Number.isSafeInteger(value);
/** An integer of a statement that reads bigints. */
export const bigInteger: ColumnGuard<bigint> = (value) => typeof value === 'bigint';
export const blob: ColumnGuard<NodeJS.NonSharedUint8Array> = (value) => value instanceof Uint8Array;

export function nullable<T extends SQLOutputValue>(guard: ColumnGuard<T>): ColumnGuard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function oneOf<T extends string>(...allowed: readonly T[]): ColumnGuard<T> {
  const known = new Set<unknown>(allowed);
  return (value): value is T => known.has(value);
}

/**
 * Reads rows of one kind. The reader throws an Error that names the first column that is missing or of another type: a
 * statement and the code that reads it no longer agree, or someone else wrote to the database.
 */
export function rowReader<C extends Columns>(what: string, columns: C): (row: Row) => RowOf<C> {
  const guards = Object.entries(columns);
  function check(row: Row): asserts row is Row & RowOf<C> {
    for (const [name, guard] of guards) {
      // What it holds is data of a device, and no matter of the log.
      if (!guard(row[name])) throw new Error(`column ${name} of a row of ${what} is ${kindOf(row[name])}`);
    }
  }
  return (row) => {
    check(row);
    return row;
  };
}

function kindOf(value: SQLOutputValue | undefined): string {
  if (value === undefined) return 'missing';
  return value === null ? 'null' : `a ${typeof value}, which was not expected`;
}
