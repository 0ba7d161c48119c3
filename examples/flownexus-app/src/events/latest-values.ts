import { type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { seriesAfter, type SeriesInfo } from '../values/series-list.ts';
import { EARLIEST, LATEST } from '../values/times.ts';
import { readSeries, type ValueRow, withLargeValues } from '../values/value-select.ts';
import { type Comparable, comparable } from './comparable.ts';
import type { LatestValue } from './event-rule.ts';

/** Among so many of the newest values of a series one is looked for that the device sent: others were written to it. */
const LOOK_BACK = 8;

/** What is a number, also where the database keeps it as text because no column has it exactly. */
const NUMBERS: ReadonlySet<string> = new Set(['INTEGER', 'UNSIGNED_INTEGER', 'FLOAT', 'TIME']);

/** The latest value that came from each endpoint of each Resource at or below one of the paths, in pages. Goes through all series once. */
export async function* latestValues(db: Kysely<Tables>, paths: readonly Path[]): AsyncGenerator<LatestValue[]> {
  for (let after = 0; ;) {
    const page = await seriesAfter(db, after, limits.seriesPerRead);
    const last = page.at(-1);
    if (last === undefined) return;
    const wanted = page.filter(({ path }) => paths.some((base) => pathStartsWith(path, base)));
    yield await latestOf(db, new Map(wanted.map((series) => [series.id, series])));
    after = last.id;
  }
}

async function latestOf(db: Kysely<Tables>, series: ReadonlyMap<number, SeriesInfo>): Promise<LatestValue[]> {
  const reads = [...series.keys()].map((id) => ({ series: id, after: undefined }));
  const found = await readSeries(db, reads, { from: EARLIEST, to: LATEST }, false, LOOK_BACK);
  const newest = found
    .map((rows) => rows.find(({ direction }) => direction === 'up'))
    .filter((row) => row !== undefined);
  return (await withLargeValues(db, newest)).flatMap((row) => {
    const info = series.get(row.series_id);
    if (info === undefined) return [];
    const value = comparableOfRow(row, row.value_type ?? info.dataType);
    return [{ endpoint: info.endpoint, path: info.path, time: row.time, receivedAt: row.ts_received, value }];
  });
}

/** What conditions compare, the same as of the value when it came. */
function comparableOfRow(row: ValueRow, type: string): Comparable {
  if (row.float_value !== null) return row.float_value;
  if (row.int_value !== null) return Number(row.int_value);
  if (row.bool_value !== null) return row.bool_value === 1;
  const bytes = row.blob_value ?? new Uint8Array();
  if (row.str_value === null && type === 'OPAQUE') return comparable(bytes);
  const text = row.str_value ?? Buffer.from(bytes).toString();
  return NUMBERS.has(type) ? Number(text) : comparable(text);
}
