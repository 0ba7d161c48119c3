import { CompiledQuery, type Kysely } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { Tables } from './tables.ts';

/** What a column of a bulk statement holds. `bigint` takes integers as numbers or bigints. */
export type BulkType = 'bigint' | 'float' | 'text' | 'blob';

/** The rows of a bulk statement by column, as SQLite's worker takes them. */
export class ColumnArrays {
  readonly columns: readonly (readonly unknown[])[];
  readonly count: number;

  constructor(columns: readonly (readonly unknown[])[], count: number) {
    this.columns = columns;
    this.count = count;
  }
}

/** Rows by column, as bulk statements take them. */
export function byColumn<Row extends object, Name extends keyof Row & string>(
  rows: readonly Row[],
  names: readonly Name[],
): Record<Name, unknown[]> {
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])) as Record<Name, unknown[]>;
}

const postgresTypes: Readonly<Record<BulkType, string>> = {
  bigint: 'bigint',
  float: 'double precision',
  text: 'text',
  blob: 'bytea',
};

/** What a bulk statement is in both databases. */
export interface BulkStatement<Name extends string> {
  readonly columns: Readonly<Record<Name, BulkType>>;
  /** Run for each row, with a parameter for each column. */
  readonly sqlite: string;
  /** Run once; `unnest` gives the rows as a table. */
  readonly postgres: (unnest: string) => string;
}

/** Makes a function that runs a statement for any number of rows. They are given by column, each array of the same length. */
export function bulkStatement<Name extends string>({
  columns,
  sqlite,
  postgres,
}: BulkStatement<Name>): (db: Kysely<Tables>, rows: Readonly<Record<Name, readonly unknown[]>>) => Promise<void> {
  const names = Object.keys(columns) as Name[];
  const arrays = names.map((name, index) => `$${String(index + 1)}::${postgresTypes[columns[name]]}[]`).join(', ');
  const forPostgres = postgres(`unnest(${arrays})`);
  return async (db, rows) => {
    const ordered = names.map((name) => rows[name]);
    const count = ordered[0]?.length ?? 0;
    if (count === 0) return;
    await db.executeQuery(
      isPostgres(db)
        ? CompiledQuery.raw(forPostgres, ordered)
        : CompiledQuery.raw(sqlite, [new ColumnArrays(ordered, count)]),
    );
  };
}
