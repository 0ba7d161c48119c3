import type { Path } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { StoredValueKey } from './batch.ts';
import { chunks, KEYS_PER_QUERY } from './key-rows.ts';
import { mergeSeries } from './merge-series.ts';
import { isoTime, toResourceItem } from './resource-item.ts';
import { sensorUnits } from './sensor-units.ts';
import { seriesBelow, seriesById, type SeriesInfo, seriesNamed } from './series-list.ts';
import {
  type Position,
  readKeys,
  readSeries,
  type ValueRange,
  type ValueRow,
  withLargeValues,
} from './value-select.ts';
import { EARLIEST, LATEST } from './times.ts';
import type { ResourceItem, SeriesItem } from './value-schemas.ts';

/** Which values of an endpoint to list. Times are milliseconds since 1970, both inclusive. */
export interface ResourceSelection {
  readonly path: Path | undefined;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** `latest`: the newest, oldest of them first; further pages go back in time. */
  readonly order: 'latest' | 'asc' | 'desc';
  readonly cursor: Position | undefined;
}

/** A value, and whose it is. */
export interface EndpointValue {
  readonly endpoint: string;
  readonly item: ResourceItem;
}

/** Reads values. Give it the connection that fits what is asked: `reads` for a few of them, `longReads` for history. */
export class ValueReader {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /**
   * One page of an endpoint's values: as many as asked for, or fewer where they are large. `next` leads to older values, or to newer ones in
   * ascending order. Rejects with a {@link TooManySeriesError} when there are too many series at or below the path.
   */
  async page(
    endpoint: string,
    selection: ResourceSelection,
  ): Promise<{ readonly items: ResourceItem[]; readonly next: Position | undefined }> {
    const series = await seriesBelow(this.#db, endpoint, selection.path, limits.seriesPerRequest);
    const { values, next } = await this.#page(series, selection);
    return { items: values.map(({ item }) => item), next };
  }

  /**
   * The same of all Resources of a name, of one endpoint or of all: FlowNexus finds values by names such as `temperature`. Rejects with a
   * {@link TooManySeriesError} when too many have it.
   */
  async pageNamed(
    name: string,
    { endpoint, ...selection }: Omit<ResourceSelection, 'path'> & { readonly endpoint: string | undefined },
  ): Promise<{ readonly values: EndpointValue[]; readonly next: Position | undefined }> {
    return this.#page(await seriesNamed(this.#db, name, endpoint, limits.seriesPerName), selection);
  }

  async #page(
    series: readonly SeriesInfo[],
    { from, to, limit, order, cursor }: Omit<ResourceSelection, 'path'>,
  ): Promise<{ readonly values: EndpointValue[]; readonly next: Position | undefined }> {
    const ascending = order === 'asc';
    const range: ValueRange = { from, to, ...(ascending ? { after: cursor } : { before: cursor }) };
    const rows = await mergeSeries<number, ValueRow>(series.map(({ id }) => id), limit + 1, ascending, (reads, count) => readSeries(this.#db, reads, range, ascending, count)); // prettier-ignore
    const page = rows.slice(0, Math.min(limit, affordable(rows)));
    const last = page.at(-1);
    const next = rows.length > page.length && last !== undefined ? { time: last.time, id: last.id } : undefined;
    const values = await this.#values(page, series);
    return { values: order === 'latest' ? values.reverse() : values, next };
  }

  /**
   * The latest value of each series at or below a path, in the order of their paths; `next` is the path that the next page begins behind. Rejects
   * with a {@link TooManySeriesError}.
   */
  async latest(
    endpoint: string,
    { path, limit, after }: { readonly path: Path | undefined; readonly limit: number; readonly after: number },
  ): Promise<{ readonly items: ResourceItem[]; readonly next: number | undefined }> {
    const all = await seriesBelow(this.#db, endpoint, path, limits.seriesPerRequest);
    const series = all.slice(after, after + limit);
    const reads = series.map(({ id }) => ({ series: id, after: undefined }));
    const rows = (await readSeries(this.#db, reads, { from: EARLIEST, to: LATEST }, false, 1)).flat();
    const page = rows.slice(0, affordable(rows));
    const items = (await this.#values(page, series)).map(({ item }) => item);
    const read = page.length < rows.length ? positionOf(series, page.at(-1)) : series.length;
    return { items, next: after + read < all.length ? after + read : undefined };
  }

  /** The series of an endpoint at or below a path. Rejects with a {@link TooManySeriesError}. */
  async series(endpoint: string, path: Path | undefined): Promise<SeriesItem[]> {
    const series = await seriesBelow(this.#db, endpoint, path, limits.seriesPerRequest);
    const times = new Map<number, { readonly first: number | null; readonly last: number | null }>();
    for (const group of chunks(series, KEYS_PER_QUERY)) {
      const rows = await this.#db
        .selectFrom('Series as s')
        .select('s.id')
        .select(sql<number | null>`(SELECT min(v.time) FROM "ResourceValue" v WHERE v.series_id = s.id)`.as('first'))
        .select(sql<number | null>`(SELECT max(v.time) FROM "ResourceValue" v WHERE v.series_id = s.id)`.as('last'))
        .where(
          's.id',
          'in',
          group.map(({ id }) => id),
        ) // prettier-ignore
        .execute();
      for (const { id, first, last } of rows) times.set(id, { first, last });
    }
    const unitsOf = await sensorUnits(this.#db, series);
    return series.map((each) => {
      const { first = null, last = null } = times.get(each.id) ?? {};
      return {
        path: each.text,
        name: each.name,
        type: each.dataType,
        units: each.units ?? unitsOf(each),
        firstTime: first === null ? null : isoTime(first),
        lastTime: last === null ? null : isoTime(last),
      };
    });
  }

  /** The values of keys, of any endpoints, in the order of the keys; those that are gone are left out. Their number is bounded by the caller. */
  async byKeys(keys: readonly StoredValueKey[]): Promise<EndpointValue[]> {
    const rows = await withLargeValues(this.#db, await readKeys(this.#db, keys));
    const series: SeriesInfo[] = [];
    for (const ids of chunks([...new Set(keys.map(({ seriesId }) => seriesId))], KEYS_PER_QUERY)) {
      series.push(...(await seriesById(this.#db, ids)));
    }
    const byId = new Map(series.map((each) => [each.id, each]));
    const rowById = new Map(rows.map((row) => [row.id, row]));
    const unitsOf = await sensorUnits(this.#db, series);
    return keys.flatMap((key) => {
      const row = rowById.get(key.id);
      const info = byId.get(key.seriesId);
      if (row === undefined || info === undefined) return [];
      return [{ endpoint: info.endpoint, item: toResourceItem(row, info, unitsOf(info)) }];
    });
  }

  async #values(page: readonly ValueRow[], series: readonly SeriesInfo[]): Promise<EndpointValue[]> {
    const byId = new Map(series.map((each) => [each.id, each]));
    const used = [...new Set(page.map((row) => row.series_id))].flatMap((id) => byId.get(id) ?? []);
    const unitsOf = await sensorUnits(this.#db, used);
    return (await withLargeValues(this.#db, page)).flatMap((row) => {
      const info = byId.get(row.series_id);
      return info === undefined ? [] : [{ endpoint: info.endpoint, item: toResourceItem(row, info, unitsOf(info)) }];
    });
  }
}

/** How many rows fit into a page; one always does. */
function affordable(rows: readonly ValueRow[]): number {
  let bytes = 0;
  for (const [index, { value_bytes: size }] of rows.entries()) {
    bytes += size ?? 0;
    if (bytes > limits.pageValueBytes && index > 0) return index;
  }
  return rows.length;
}

/** How many series a page has gone through that ends with a row. */
function positionOf(series: readonly SeriesInfo[], row: ValueRow | undefined): number {
  return 1 + series.findIndex(({ id }) => id === row?.series_id);
}
