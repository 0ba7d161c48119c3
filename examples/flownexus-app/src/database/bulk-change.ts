import { CompiledQuery, type Kysely } from 'kysely';
import { type BulkType, ColumnArrays, postgresTypes } from './bulk-insert.ts';
import { isPostgres } from './dialect.ts';
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
  const names = Object.keys(by) as Name[];
  const also = where === undefined ? '' : ` AND (${where})`;
  const forSqlite = `${set === undefined ? `DELETE FROM "${table}"` : `UPDATE "${table}" SET ${set}`} WHERE ${names
    .map((name) => `"${name}" = ?`)
    .join(' AND ')}${also}`;
  const arrays = names.map((name, index) => `$${String(index + 1)}::${postgresTypes[by[name]]}[]`).join(', ');
  const keys = `unnest(${arrays}) AS "keys" (${names.map((name) => `"${name}"`).join(', ')})`;
  const found = `${names.map((name) => `"${table}"."${name}" = "keys"."${name}"`).join(' AND ')}${also}`;
  const forPostgres =
    set === undefined
      ? `DELETE FROM "${table}" USING ${keys} WHERE ${found}`
      : `UPDATE "${table}" SET ${set} FROM ${keys} WHERE ${found}`;
  return async (db, values) => {
    const ordered = names.map((name) => values[name]);
    const count = ordered[0]?.length ?? 0;
    if (count === 0) return;
    await db.executeQuery(
      isPostgres(db)
        ? CompiledQuery.raw(forPostgres, ordered)
        : CompiledQuery.raw(forSqlite, [new ColumnArrays(ordered, count)]),
    );
  };
}
