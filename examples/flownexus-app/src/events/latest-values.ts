import { type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { StoredValueKey } from '../values/batch.ts';
import { chunks, KEYS_PER_QUERY } from '../values/key-rows.ts';
import { seriesAfter, type SeriesInfo } from '../values/series-list.ts';
import { readKeys, type ValueRow, withLargeValues } from '../values/value-select.ts';
import { type Comparable, comparable } from './comparable.ts';
import type { LatestValue } from './event-rule.ts';

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
  const keys: StoredValueKey[] = [];
  for (const ids of chunks([...series.keys()], KEYS_PER_QUERY)) keys.push(...(await latestKeys(db, ids)));
  return (await withLargeValues(db, await readKeys(db, keys))).flatMap((row) => {
    const info = series.get(row.series_id);
    if (info === undefined) return [];
    const value = comparableOfRow(row, row.value_type ?? info.dataType);
    return [{ endpoint: info.endpoint, path: info.path, time: row.time, receivedAt: row.ts_received, value }];
  });
}

/** The keys of the latest values that devices sent, others than those that were written to them. */
async function latestKeys(db: Kysely<Tables>, ids: readonly number[]): Promise<StoredValueKey[]> {
  const latest = (column: 'time' | 'id') =>
    sql<
      number | null
    >`(SELECT v.${sql.ref(column)} FROM "ResourceValue" v WHERE v.series_id = s.id AND v.direction = 'up'
      ORDER BY v.time DESC, v.id DESC LIMIT 1)`;
  const rows = await db
    .selectFrom('Series as s')
    .select(['s.id as seriesId', latest('time').as('time'), latest('id').as('id')])
    .where('s.id', 'in', ids)
    .execute();
  return rows.flatMap(({ seriesId, time, id }) => (time === null || id === null ? [] : [{ seriesId, time, id }]));
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
