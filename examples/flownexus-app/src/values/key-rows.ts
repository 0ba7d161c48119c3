import { type RawBuilder, sql } from 'kysely';

/** Rows that one query looks for by their keys: their parameters stay far below what a statement may have. */
export const KEYS_PER_QUERY = 500;

/** What comes after `(a, b) IN`: a list of keys, the columns `integer` or `text` in that order. The same SQL in both databases. */
export function keyRows(
  types: readonly ('integer' | 'text')[],
  keys: readonly (readonly (number | string)[])[],
): RawBuilder<unknown> {
  const rows = keys.map((key) => sql`(${sql.join(types.map((type, index) => typed(type, key[index] ?? null)))})`);
  return sql`(VALUES ${sql.join(rows)})`;
}

/** PostgreSQL takes a parameter of VALUES for text unless it is told otherwise. */
function typed(type: 'integer' | 'text', value: number | string | null): RawBuilder<unknown> {
  return type === 'integer' ? sql`CAST(${value} AS bigint)` : sql`CAST(${value} AS text)`;
}

/** The items in groups of at most `size`. */
export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
