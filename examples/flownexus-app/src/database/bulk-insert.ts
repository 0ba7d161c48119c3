import { CompiledQuery, type Kysely } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Tables } from './tables.ts';

/** What a column of {@link bulkInsert} holds. `bigint` takes integers as numbers or bigints. */
export type BulkType = 'bigint' | 'float' | 'text' | 'blob';

export interface BulkInsert<Name extends string> {
  readonly table: keyof Tables;
  readonly columns: Readonly<Record<Name, BulkType>>;
  /** What comes after the values: `ON CONFLICT …`, the same in both databases. */
  readonly onConflict?: string;
}

/** The rows of an insert by column, as SQLite's worker takes them. */
export class ColumnArrays {
  readonly columns: readonly (readonly unknown[])[];
  readonly count: number;

  constructor(columns: readonly (readonly unknown[])[], count: number) {
    this.columns = columns;
    this.count = count;
  }
}

/** The same rows by column, as {@link bulkInsert} takes them. */
export function byColumn<Name extends string>(
  names: readonly Name[],
  rows: readonly Readonly<Record<Name, unknown>>[],
): Readonly<Record<Name, readonly unknown[]>> {
  const columns = names.map((name) => [name, rows.map((row) => row[name])]);
  return Object.fromEntries(columns) as Record<Name, unknown[]>;
}

/** The types of PostgreSQL. */
export const postgresTypes: Readonly<Record<BulkType, string>> = {
  bigint: 'bigint',
  float: 'double precision',
  text: 'text',
  blob: 'bytea',
};

/**
 * Makes a function that inserts any number of rows by one statement that the database prepares once. The rows are given by column, each array of
 * the same length. With `ON CONFLICT … DO UPDATE` no two rows of a call may conflict with each other (PostgreSQL refuses that).
 */
export function bulkInsert<Name extends string>({
  table,
  columns,
  onConflict = '',
}: BulkInsert<Name>): (db: Kysely<Tables>, rows: Readonly<Record<Name, readonly unknown[]>>) => Promise<void> {
  const names = Object.keys(columns) as Name[];
  const head = `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')})`;
  const arrays = names.map((name, index) => `$${String(index + 1)}::${postgresTypes[columns[name]]}[]`);
  const forPostgres = `${head} SELECT * FROM unnest(${arrays.join(', ')}) ${onConflict}`;
  const forSqlite = `${head} VALUES (${names.map(() => '?').join(', ')}) ${onConflict}`;
  return async (db, rows) => {
    const ordered = names.map((name) => rows[name]);
    const count = ordered[0]?.length ?? 0;
    if (count === 0) return;
    await db.executeQuery(
      isPostgres(db)
        ? CompiledQuery.raw(forPostgres, ordered)
        : CompiledQuery.raw(forSqlite, [new ColumnArrays(ordered, count)]),
    );
  };
}
