import type { Kysely } from 'kysely';
import { bulkStatement, type BulkType } from './bulk-statement.ts';
import type { Tables } from './tables.ts';

export interface BulkChange<Name extends string> {
  readonly table: keyof Tables;
  /** The columns that rows are found by. */
  readonly by: Readonly<Record<Name, BulkType>>;
  /** What is assigned to those that are found, the same in both databases; absent: they are deleted. */
  readonly set?: string;
  /** What else has to be true of a row, the same in both databases. */
  readonly where?: string;
}

/**
 * Makes a function that changes or deletes the rows that have any of the given keys, by one statement that the database prepares once. The keys are
 * given by column, each array of the same length.
 */
export function bulkChange<Name extends string>({
  table,
  by,
  set,
  where,
}: BulkChange<Name>): (db: Kysely<Tables>, keys: Readonly<Record<Name, readonly unknown[]>>) => Promise<void> {
  const names = Object.keys(by);
  const quoted = names.map((name) => `"${name}"`);
  const also = where === undefined ? '' : ` AND (${where})`;
  const found = `${quoted.map((name) => `"${table}".${name} = "keys".${name}`).join(' AND ')}${also}`;
  return bulkStatement({
    columns: by,
    sqlite: `${set === undefined ? `DELETE FROM "${table}"` : `UPDATE "${table}" SET ${set}`} WHERE ${quoted.map((name) => `${name} = ?`).join(' AND ')}${also}`,
    postgres: (unnest) => {
      const keys = `${unnest} AS "keys" (${quoted.join(', ')})`;
      return set === undefined
        ? `DELETE FROM "${table}" USING ${keys} WHERE ${found}`
        : `UPDATE "${table}" SET ${set} FROM ${keys} WHERE ${found}`;
    },
  });
}
