import type { Kysely } from 'kysely';
import { bulkStatement, type BulkType } from './bulk-statement.ts';
import type { Tables } from './tables.ts';

export interface BulkInsert<Name extends string> {
  readonly table: keyof Tables;
  readonly columns: Readonly<Record<Name, BulkType>>;
  /** What comes after the values: `ON CONFLICT …`, the same in both databases. */
  readonly onConflict?: string;
}

/**
 * Makes a function that inserts any number of rows by one statement that the database prepares once. The rows are given by column, each array of
 * the same length. With `ON CONFLICT … DO UPDATE` no two rows of a call may conflict with each other (PostgreSQL refuses that).
 */
export function bulkInsert<Name extends string>({
  table,
  columns,
  onConflict = '',
}: BulkInsert<Name>): (db: Kysely<Tables>, rows: Readonly<Record<Name, readonly unknown[]>>) => Promise<void> {
  const names = Object.keys(columns);
  const head = `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')})`;
  return bulkStatement({
    columns,
    sqlite: `${head} VALUES (${names.map(() => '?').join(', ')}) ${onConflict}`,
    postgres: (unnest) => `${head} SELECT * FROM ${unnest} ${onConflict}`,
  });
}
