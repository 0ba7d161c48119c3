import type { DefinitionSource, ResourceRecord } from '@flownexus/lwm2m-core';
import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { Batch } from './batch.ts';
import { chunks, KEYS_PER_QUERY } from './key-rows.ts';
import { keyOf, type StoredResourceType, ResourceTypes, type UsedResource } from './resource-types.ts';
import { type KnownSeries, NO_INSTANCE, pathKey, SeriesCache, type WantedSeries } from './series-cache.ts';

export interface RecordSeriesOptions {
  /** What is known of Objects and Resources that are met for the first time. */
  readonly definitions: DefinitionSource;
  /** Series that one endpoint may have; asked each time. */
  readonly perEndpoint: () => number;
  /** Resource types of all endpoints that no definition tells of; default `limits.resourceTypes`. */
  readonly maximumTypes?: number;
}

/** A value, and the batch that it is of. */
export interface BatchRecord {
  readonly batch: Batch;
  readonly record: ResourceRecord;
}

/** A Resource or Resource Instance of an endpoint that the cache does not know. */
interface Unknown extends Omit<WantedSeries, 'type'> {
  readonly used: UsedResource;
  /** Values of the server's own, such as those that say when the endpoint registered: three series at most. */
  readonly unbounded: boolean;
}

/**
 * Which series values belong to. Devices make up paths as they like, so an endpoint has so many series and no more, and all endpoints together so many
 * Resource types that no definition tells of.
 */
export class RecordSeries {
  readonly #types: ResourceTypes;
  readonly #series = new SeriesCache();
  readonly #perEndpoint: () => number;

  constructor({ definitions, perEndpoint, maximumTypes }: RecordSeriesOptions) {
    this.#types = new ResourceTypes(definitions, maximumTypes === undefined ? {} : { maximum: maximumTypes });
    this.#perEndpoint = perEndpoint;
  }

  /** Adds the types that FlowNexus has names for. */
  seed(db: Kysely<Tables>): Promise<void> {
    return this.#types.seed(db);
  }

  /**
   * The series of each record, those that are met for the first time are made. Undefined where its endpoint has as many as it may, or there are too many
   * types of Resources: the value has no place. Throws a TypeError for a path that is not one of a Resource.
   */
  async of(trx: Kysely<Tables>, records: readonly BatchRecord[]): Promise<readonly (KnownSeries | undefined)[]> {
    const found = new Map<string, KnownSeries>();
    const unknown = new Map<string, Unknown>();
    const keys = records.map(({ batch, record }) => {
      const path = pathKey(record.path);
      const key = `${path} ${batch.endpoint}`;
      const known = this.#series.get(batch.endpoint, path);
      if (known !== undefined) found.set(key, known);
      else if (!unknown.has(key)) unknown.set(key, toUnknown(batch, record, path));
      return key;
    });
    if (unknown.size > 0) {
      await this.#find(trx, unknown, found);
      await this.#make(trx, unknown, found);
    }
    return keys.map((key) => found.get(key));
  }

  /** What is remembered of an endpoint is not there any more. */
  forgetEndpoint(endpoint: string): void {
    this.#series.forgetEndpoint(endpoint);
  }

  /** A transaction was rolled back, and with it perhaps what it made. */
  forget(): void {
    this.#types.forget();
    this.#series.forget();
  }

  /** Moves those that the database has from `unknown` to `found`. */
  async #find(trx: Kysely<Tables>, unknown: Map<string, Unknown>, found: Map<string, KnownSeries>): Promise<void> {
    const types = await this.#types.find(trx, [...unknown.values()].map(({ used }) => used)); // prettier-ignore
    const wanted = [...unknown].flatMap(([key, each]) => withType(key, each, types));
    const series = await this.#series.find(trx, wanted);
    for (const [index, { key }] of wanted.entries()) {
      const known = series[index];
      if (known === undefined) continue;
      unknown.delete(key);
      found.set(key, known);
    }
  }

  /** Makes those that there is room for, the first ones first. */
  async #make(
    trx: Kysely<Tables>,
    unknown: ReadonlyMap<string, Unknown>,
    found: Map<string, KnownSeries>,
  ): Promise<void> {
    if (unknown.size === 0) return;
    const counts = await countSeries(trx, [...unknown.values()].map(({ endpoint }) => endpoint)); // prettier-ignore
    const perEndpoint = this.#perEndpoint();
    const admitted = [...unknown].filter(([, { endpoint, unbounded }]) => {
      const count = counts.get(endpoint) ?? 0;
      if (count >= perEndpoint && !unbounded) return false;
      counts.set(endpoint, count + 1);
      return true;
    });
    const types = await this.#types.ensure(trx, admitted.map(([, { used }]) => used)); // prettier-ignore
    const wanted = admitted.flatMap(([key, each]) => withType(key, each, types));
    const made = await this.#series.make(trx, wanted);
    for (const [index, { key }] of wanted.entries()) {
      const series = made[index];
      if (series !== undefined) found.set(key, series);
    }
  }
}

function toUnknown(batch: Batch, { path, type }: ResourceRecord, key: string): Unknown {
  const { prefix = '', objectId, objectInstanceId, resourceId, resourceInstanceId = NO_INSTANCE } = path;
  if (objectId === undefined || objectInstanceId === undefined || resourceId === undefined) {
    throw new TypeError('a value needs the path of a Resource');
  }
  return {
    endpoint: batch.endpoint,
    path: key,
    prefix,
    used: { objectId, resourceId, type },
    objectInstanceId,
    resourceInstanceId,
    unbounded: batch.source === 'register',
  };
}

function withType(
  key: string,
  { used, ...series }: Unknown,
  types: ReadonlyMap<number, StoredResourceType>,
): (WantedSeries & { readonly key: string })[] {
  const type = types.get(keyOf(used));
  return type === undefined ? [] : [{ ...series, key, type }];
}

/** How many series endpoints have. */
async function countSeries(trx: Kysely<Tables>, endpoints: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const group of chunks([...new Set(endpoints)], KEYS_PER_QUERY)) {
    const rows = await trx
      .selectFrom('Series')
      .select(({ fn }) => ['endpoint', fn.countAll<number>().as('count')])
      .where('endpoint', 'in', group)
      .groupBy('endpoint')
      .execute();
    for (const { endpoint, count } of rows) counts.set(endpoint, count);
  }
  return counts;
}
