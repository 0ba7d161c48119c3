import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables, ValueColumnsRow, ValueSource } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { StoredValueKey } from './batch.ts';
import { chunks, keyRows, KEYS_PER_QUERY } from './key-rows.ts';
import type { SeriesRead } from './merge-series.ts';

/** A row of table ResourceValue. Text and bytes that are large are left out until it is known that they are wanted. */
export interface ValueRow extends ValueColumnsRow {
  readonly series_id: number;
  readonly time: number;
  readonly id: number;
  readonly ts_device: number | null;
  readonly ts_received: number;
  readonly direction: 'up' | 'down';
  readonly source: ValueSource;
  /** Of its text or bytes. */
  readonly value_bytes: number | null;
}

/** A part of the order of values: times in milliseconds since 1970, both inclusive; the positions at the ends are not part of it. */
export interface ValueRange {
  readonly from: number;
  readonly to: number;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
}

/** A place in the order of values: time first, then id. */
export interface Position {
  readonly time: number;
  readonly id: number;
}

const FIRST_ID = -1;
const LAST_ID = Number.MAX_SAFE_INTEGER;
/** SQLite takes no more than 500 queries in one, and each takes its time to be planned. */
const SERIES_PER_QUERY = 50;

const small = (column: 'str_value' | 'blob_value') =>
  sql`CASE WHEN octet_length(${sql.ref(column)}) > ${sql.lit(limits.inlineValueBytes)} THEN NULL ELSE ${sql.ref(column)} END AS ${sql.ref(column)}`;
const COLUMNS = sql`series_id, time, id, ts_device, ts_received, direction, source, value_type, int_value, float_value, bool_value,
  ${small('str_value')}, ${small('blob_value')}, coalesce(octet_length(str_value), octet_length(blob_value)) AS value_bytes`;

/** Rows of many series, up to `count` of each, those of each in the order of time and id. */
export async function readSeries(
  db: Kysely<Tables>,
  reads: readonly SeriesRead<number, Position>[],
  range: ValueRange,
  ascending: boolean,
  count: number,
): Promise<ValueRow[][]> {
  const bySeries = new Map(reads.map(({ series }): [number, ValueRow[]] => [series, []]));
  for (const group of chunks(reads, SERIES_PER_QUERY)) {
    const parts = group.map(({ series, after }) => {
      const rest = after === undefined ? {} : ascending ? { after } : { before: after };
      return sql`SELECT * FROM (${selectRange(series, { ...range, ...rest }, ascending, count)}) AS part`;
    });
    const { rows } = await sql<ValueRow>`${sql.join(parts, sql` UNION ALL `)}`.execute(db);
    for (const row of rows) bySeries.get(row.series_id)?.push(row);
  }
  return reads.map(({ series }) => bySeries.get(series) ?? []);
}

function selectRange(
  series: number,
  { from, to, after, before }: ValueRange,
  ascending: boolean,
  count: number,
): RawBuilder<unknown> {
  const lower = after === undefined || after.time < from ? { time: from, id: FIRST_ID } : after;
  const upper = before === undefined || before.time > to ? { time: to, id: LAST_ID } : before;
  const order = ascending ? sql`time ASC, id ASC` : sql`time DESC, id DESC`;
  // The bounds on time alone are implied by the pairs: they let SQLite seek.
  return sql`SELECT ${COLUMNS} FROM "ResourceValue" WHERE series_id = ${series} AND time >= ${lower.time} AND time <= ${upper.time}
    AND (time, id) > (${lower.time}, ${lower.id}) AND (time, id) < (${upper.time}, ${upper.id}) ORDER BY ${order} LIMIT ${count}`;
}

/** The rows of keys, in no order; those that are gone are left out. */
export async function readKeys(db: Kysely<Tables>, keys: readonly StoredValueKey[]): Promise<ValueRow[]> {
  const found: ValueRow[] = [];
  for (const group of chunks(keys, KEYS_PER_QUERY)) {
    const { rows } = await sql<ValueRow>`SELECT ${COLUMNS} FROM "ResourceValue" WHERE ${isOneOf(group)}`.execute(db);
    found.push(...rows);
  }
  return found;
}

/** Gives the rows their text or bytes, where {@link readSeries} or {@link readKeys} had left them out. */
export async function withLargeValues(db: Kysely<Tables>, rows: readonly ValueRow[]): Promise<readonly ValueRow[]> {
  const large = rows.filter(({ value_bytes: bytes }) => bytes !== null && bytes > limits.inlineValueBytes);
  const values = new Map<number, Pick<ValueRow, 'str_value' | 'blob_value'>>();
  for (const group of chunks(large, KEYS_PER_QUERY)) {
    const keys = group.map(({ series_id: seriesId, time, id }) => ({ seriesId, time, id }));
    const found = await db
      .selectFrom('ResourceValue')
      .select(['id', 'str_value', 'blob_value'])
      .where(isOneOf(keys))
      .execute();
    for (const { id, ...value } of found) values.set(id, value);
  }
  if (values.size === 0) return rows;
  return rows.map((row) => ({ ...row, ...values.get(row.id) }));
}

function isOneOf(keys: readonly StoredValueKey[]): RawBuilder<boolean> {
  const rows = keyRows(['integer', 'integer', 'integer'], keys.map(({ seriesId, time, id }) => [seriesId, time, id])); // prettier-ignore
  return sql<boolean>`(series_id, time, id) IN ${rows}`;
}
