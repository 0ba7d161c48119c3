import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { isoTime } from './resource-item.ts';
import type { SeriesInfo } from './series-list.ts';
import { beginningOf, DAY_MS, HOUR_MS } from './times.ts';
import type { AggregateItem } from './value-schemas.ts';

export const bucketSizes = ['hour', 'day', 'week', 'month'] as const;
export type BucketSize = (typeof bucketSizes)[number];

/** Which aggregates to read. Times are milliseconds since 1970. */
export interface AggregateSelection {
  readonly bucket: BucketSize;
  /** Hours that days, weeks and months begin before those of UTC. */
  readonly offsetHours: number;
  /** Hours that begin in this range count. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Behind which the page begins. */
  readonly cursor: AggregatePosition | undefined;
}

/** A place in the order of series and time. */
export interface AggregatePosition {
  readonly seriesId: number;
  /** When the bucket begins. */
  readonly start: number;
}

interface Sum {
  readonly start: number;
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

/** The week of 1970-01-01, a Thursday, began so many milliseconds before it, on Monday. */
const MONDAY_MS = 3 * DAY_MS;
/** Days of a series that are read at a time. */
const ROWS_PER_QUERY = 2_000;

/** Aggregates of series, one series after another, each in the order of time. */
export async function readAggregates(
  db: Kysely<Tables>,
  series: readonly SeriesInfo[],
  selection: AggregateSelection,
): Promise<{ readonly items: readonly AggregateItem[]; readonly next: AggregatePosition | undefined }> {
  const { cursor, limit } = selection;
  const first = cursor === undefined ? 0 : series.findIndex(({ id }) => id === cursor.seriesId);
  const items: AggregateItem[] = [];
  let last: AggregatePosition | undefined;
  // A cursor of a series that is gone leads nowhere.
  for (const each of first === -1 ? [] : series.slice(first)) {
    const after = each.id === cursor?.seriesId ? cursor.start : undefined;
    for await (const sum of sums(db, each.id, selection, after)) {
      if (items.length === limit) return { items, next: last };
      items.push(toItem(each, sum));
      last = { seriesId: each.id, start: sum.start };
    }
  }
  return { items, next: undefined };
}

/** The buckets of one series. */
async function* sums(
  db: Kysely<Tables>,
  seriesId: number,
  selection: AggregateSelection,
  after: number | undefined,
): AsyncGenerator<Sum> {
  const { bucket, offsetHours, to } = selection;
  const offset = offsetHours * HOUR_MS;
  const size = bucket === 'hour' ? HOUR_MS : DAY_MS;
  let from = after === undefined ? beginningOf(selection.from, HOUR_MS) : endOf(after + offset, bucket) - offset;
  // Behind the last month of the calendar there is none.
  if (Number.isNaN(from)) return;
  let open: Sum | undefined;
  for (;;) {
    const rows = await readSums(db, { seriesId, size, offset, from, to });
    for (const row of rows) {
      const start = startOf(row.start + offset, bucket) - offset;
      if (open !== undefined && open.start !== start) yield open;
      open = open === undefined || open.start !== start ? { ...row, start } : sumOf(open, row);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_PER_QUERY) break;
    from = last.start + size;
  }
  if (open !== undefined) yield open;
}

/** Hours, or days, of one series: SQL adds up what it can, calendars are left to us. */
async function readSums(
  db: Kysely<Tables>,
  range: { readonly seriesId: number; readonly size: number; readonly offset: number; readonly from: number; readonly to: number }, // prettier-ignore
): Promise<Sum[]> {
  const { seriesId, size, offset, from, to } = range;
  const local = sql`(bucket + ${sql.lit(offset)})`;
  const length = sql.lit(size);
  const { rows } = await sql<Sum>`
    SELECT bucket - ((${local} % ${length}) + ${length}) % ${length} AS start, CAST(sum(count) AS bigint) AS count, sum(sum) AS sum,
      min(minimum) AS minimum, max(maximum) AS maximum
    FROM "ResourceAggregate" WHERE series_id = ${seriesId} AND resolution = ${sql.lit(HOUR_MS)} AND bucket >= ${from} AND bucket <= ${to}
    GROUP BY 1 ORDER BY 1 LIMIT ${sql.lit(ROWS_PER_QUERY)}`.execute(db);
  return rows;
}

function sumOf(a: Sum, b: Sum): Sum {
  return {
    start: a.start,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

/** When the bucket begins that a local time is in. */
function startOf(local: number, bucket: BucketSize): number {
  switch (bucket) {
    case 'hour':
      return beginningOf(local, HOUR_MS);
    case 'day':
      return beginningOf(local, DAY_MS);
    case 'week':
      return beginningOf(local + MONDAY_MS, 7 * DAY_MS) - MONDAY_MS;
    case 'month': {
      const date = new Date(local);
      return date.setUTCDate(1) - (local - beginningOf(local, DAY_MS));
    }
  }
}

function endOf(start: number, bucket: BucketSize): number {
  if (bucket === 'month') return new Date(start).setUTCMonth(new Date(start).getUTCMonth() + 1);
  return start + { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }[bucket];
}

function toItem({ text, name, units }: SeriesInfo, { start, count, sum, minimum, maximum }: Sum): AggregateItem {
  return { path: text, name, units, start: isoTime(start), count, mean: sum / count, minimum, maximum };
}
