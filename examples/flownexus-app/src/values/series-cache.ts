import type { Path } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { byColumn } from '../database/bulk-statement.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { ValueType } from './value-schemas.ts';
import { chunks, keyRows, KEYS_PER_QUERY } from './key-rows.ts';
import type { StoredResourceType } from './resource-types.ts';

/** `resource_instance_id` of a Resource that has no instances. */
export const NO_INSTANCE = -1;

/** A series that is there. */
export interface KnownSeries {
  readonly id: number;
  /** Of its ResourceType: a value of another type says so. */
  readonly dataType: ValueType;
}

/** A series that is to be found or made. */
export interface WantedSeries {
  readonly endpoint: string;
  /** Of its values: {@link pathKey}. */
  readonly path: string;
  readonly prefix: string;
  readonly type: StoredResourceType;
  readonly objectInstanceId: number;
  readonly resourceInstanceId: number;
}

const columns = {
  endpoint: 'text',
  prefix: 'text',
  resource_type_id: 'bigint',
  object_instance_id: 'bigint',
  resource_instance_id: 'bigint',
} as const;
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
const insert = bulkInsert({ table: 'Series', columns, onConflict: 'ON CONFLICT DO NOTHING' });

/** The ids of series, by endpoint and path. Bounded; what is forgotten is found in the database again. */
export class SeriesCache {
  readonly #maximum: number;
  readonly #endpoints = new Map<string, Map<string, KnownSeries>>();
  #size = 0;

  constructor(options: { readonly maximum?: number } = {}) {
    this.#maximum = options.maximum ?? limits.cachedSeries;
  }

  /** How many series are kept in memory. */
  get size(): number {
    return this.#size;
  }

  get(endpoint: string, path: string): KnownSeries | undefined {
    return this.#endpoints.get(endpoint)?.get(path);
  }

  /** Finds series in the database, in the order of `wanted`: undefined for those that are not there. */
  async find(trx: Kysely<Tables>, wanted: readonly WantedSeries[]): Promise<readonly (KnownSeries | undefined)[]> {
    const missing = new Map(wanted.map((each) => [identity(each.endpoint, toRow(each)), each]));
    const found = new Map<string, KnownSeries>();
    await this.#find(trx, missing, found);
    return wanted.map((each) => found.get(identity(each.endpoint, toRow(each))));
  }

  /** Makes series that are not there; their endpoints must be. Gives them in the order of `wanted`. */
  async make(trx: Kysely<Tables>, wanted: readonly WantedSeries[]): Promise<readonly KnownSeries[]> {
    await insert(trx, byColumn(wanted.map(toRow), columnNames));
    return (await this.find(trx, wanted)).map((series) => {
      if (series === undefined) throw new Error('a series is not there that was just made');
      return series;
    });
  }

  /** What the cache has of an endpoint is not there any more. */
  forgetEndpoint(endpoint: string): void {
    this.#size -= this.#endpoints.get(endpoint)?.size ?? 0;
    this.#endpoints.delete(endpoint);
  }

  /** A transaction was rolled back, and with it perhaps series that it made. */
  forget(): void {
    this.#endpoints.clear();
    this.#size = 0;
  }

  /** Moves those that the database has from `missing` to `found` and into the cache. */
  async #find(trx: Kysely<Tables>, missing: Map<string, WantedSeries>, found: Map<string, KnownSeries>): Promise<void> {
    for (const group of chunks([...missing.values()], KEYS_PER_QUERY)) {
      const keys = keyRows(['text', 'text', 'integer', 'integer', 'integer'], group.map(toRow).map((row) => columnNames.map((name) => row[name]))); // prettier-ignore
      const rows = await trx
        .selectFrom('Series')
        .select(['id', ...columnNames])
        .where(sql<boolean>`(endpoint, prefix, resource_type_id, object_instance_id, resource_instance_id) IN ${keys}`)
        .execute();
      for (const row of rows) {
        const key = identity(row.endpoint, row);
        const wanted = missing.get(key);
        if (wanted === undefined) continue;
        const series = { id: row.id, dataType: wanted.type.dataType };
        missing.delete(key);
        found.set(key, series);
        this.#keep(wanted, series);
      }
    }
  }

  #keep({ endpoint, path }: WantedSeries, series: KnownSeries): void {
    for (const oldest of this.#endpoints.keys()) {
      if (this.#size < this.#maximum) break;
      this.forgetEndpoint(oldest);
    }
    let ofEndpoint = this.#endpoints.get(endpoint);
    if (ofEndpoint === undefined) this.#endpoints.set(endpoint, (ofEndpoint = new Map<string, KnownSeries>()));
    ofEndpoint.set(path, series);
    this.#size += 1;
  }
}

/** The text that the cache knows a path of a value by. */
export function pathKey(path: Path): string {
  const { prefix, objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
  const key = `${String(objectId)}/${String(objectInstanceId)}/${String(resourceId)}/${String(resourceInstanceId ?? NO_INSTANCE)}`;
  return prefix === undefined ? key : `${prefix}/${key}`;
}

type Row = Readonly<Record<keyof typeof columns, string | number>>;

function identity(endpoint: string, row: Row): string {
  return `${String(row.resource_type_id)} ${String(row.object_instance_id)} ${String(row.resource_instance_id)} ${String(row.prefix)} ${endpoint}`;
}

function toRow(series: WantedSeries): Row {
  return {
    endpoint: series.endpoint,
    prefix: series.prefix,
    resource_type_id: series.type.id,
    object_instance_id: series.objectInstanceId,
    resource_instance_id: series.resourceInstanceId,
  };
}
