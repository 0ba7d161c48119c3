import type { DefinitionSource, ResourceRecord } from '@flownexus/lwm2m-core';
import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { Batch, NewEvent, StoredBatch } from './batch.ts';
import { writeEndpoints } from './endpoint-rows.ts';
import type { EventHooks } from './event-hooks.ts';
import { storedEvent, writeEvents } from './event-rows.ts';
import { IdBlock } from './id-block.ts';
import { keyOf, ResourceTypes, type UsedResource } from './resource-types.ts';
import { chunks, KEYS_PER_QUERY } from './key-rows.ts';
import { type KnownSeries, NO_INSTANCE, pathKey, SeriesCache, type WantedSeries } from './series-cache.ts';
import { ValueRows } from './value-rows.ts';

export interface IngestOptions {
  readonly database: Database;
  /** What is known of Objects and Resources that are met for the first time. */
  readonly definitions: DefinitionSource;
  readonly hooks: EventHooks;
  /** Hears what one transaction has stored, after it was committed. Must not throw. */
  readonly onStored: (stored: readonly StoredBatch[]) => void;
  /** Values, batches, and kilobytes of text and bytes, that may wait at a time; default `limits.pendingRecords`. */
  readonly maximum?: number;
}

interface Item {
  readonly batch: Batch;
  /** Those of the payload and of the hooks, which are asked once however often the batch is written. */
  events: readonly NewEvent[] | undefined;
}

/** An endpoint that goes; or some of its series, if they are empty. */
interface Removal {
  readonly endpoint: string;
  readonly seriesIds?: readonly number[];
}

/** Stores what comes from devices: everything that waits goes into one transaction with few statements. */
export class Ingest {
  readonly #hooks: EventHooks;
  readonly #onStored: (stored: readonly StoredBatch[]) => void;
  readonly #types: ResourceTypes;
  readonly #series = new SeriesCache();
  readonly #valueIds = new IdBlock('ResourceValue', limits.idsPerBlock);
  readonly #eventIds = new IdBlock('Event', limits.idsPerBlock);
  readonly #submit: (item: Item) => Promise<void>;
  readonly #remove: (removal: Removal) => Promise<void>;
  #written: readonly StoredBatch[] = [];

  private constructor({ database, definitions, hooks, onStored, maximum = limits.pendingRecords }: IngestOptions) {
    this.#hooks = hooks;
    this.#onStored = onStored;
    this.#types = new ResourceTypes(definitions);
    // Before the batches: what comes together with a removal is not lost by it.
    this.#remove = database.commits.lane<Removal>({
      name: 'removals',
      maxWeight: limits.pendingRemovals,
      write: (trx, removals) => this.#writeRemovals(trx, removals),
    });
    this.#submit = database.commits.lane<Item>({
      name: 'values',
      maxWeight: maximum,
      weight: ({ batch }) => weightOf(batch),
      write: (trx, items) => this.#write(trx, items),
      forget: () => this.#forget(),
      committed: () => this.#committed(),
    });
  }

  /** Prepares to store; nothing is stored before the commits of the database are opened. */
  static async open(options: IngestOptions): Promise<Ingest> {
    const ingest = new Ingest(options);
    await options.database.db.transaction().execute((trx) => ingest.#types.seed(trx));
    return ingest;
  }

  /**
   * Resolves when the batch is on the disk; rejects when it is not and never will be: with a `CommitRefusedError` when too much waits, with a
   * TypeError when a value is not one of its type or has no path of a Resource.
   */
  submit(batch: Batch): Promise<void> {
    return this.#submit({ batch, events: undefined });
  }

  /** Deletes the row of an endpoint with all that depends on it. What comes from it later makes it known anew. */
  removeEndpoint(endpoint: string): Promise<void> {
    return this.#remove({ endpoint });
  }

  /** Deletes those of the series that have no values and no aggregates any more. */
  removeEmptySeries(endpoint: string, seriesIds: readonly number[]): Promise<void> {
    return this.#remove({ endpoint, seriesIds });
  }

  async #write(trx: Transaction<Tables>, items: readonly Item[]): Promise<void> {
    const batches = items.map(({ batch }) => batch);
    await writeEndpoints(trx, batches);
    const records = batches.flatMap((batch) => batch.records.map((record) => ({ batch, record })));
    const series = await this.#seriesOf(trx, records);
    const rows = new ValueRows();
    const first = records.length === 0 ? 0 : await this.#valueIds.take(trx, records.length);
    const keys = records.map(({ batch, record }, index) => rows.add(batch, record, definite(series[index]), first + index)); // prettier-ignore
    await rows.write(trx);
    let next = 0;
    const stored = batches.map((batch) => ({ batch, values: keys.slice(next, (next += batch.records.length)) }));
    this.#written = await this.#writeEvents(trx, items, stored);
  }

  /** The series of each record; those that are met for the first time are made. */
  async #seriesOf(
    trx: Transaction<Tables>,
    records: readonly { readonly batch: Batch; readonly record: ResourceRecord }[],
  ): Promise<readonly (KnownSeries | undefined)[]> {
    const series = records.map(({ batch, record }) => this.#series.get(batch.endpoint, pathKey(record.path)));
    const missing = records.map((_, index) => index).filter((index) => series[index] === undefined);
    if (missing.length === 0) return series;
    const used = missing.map((index) => ({ index, ...usedResource(definite(records[index]).record) }));
    const types = await this.#types.ensure(trx, used);
    const wanted = used.map((resource): WantedSeries => {
      const { batch, record } = definite(records[resource.index]);
      const { path } = record;
      return {
        endpoint: batch.endpoint,
        path: pathKey(path),
        prefix: path.prefix ?? '',
        type: definite(types.get(keyOf(resource))),
        objectInstanceId: resource.objectInstanceId,
        resourceInstanceId: path.resourceInstanceId ?? NO_INSTANCE,
      };
    });
    const found = await this.#series.ensure(trx, wanted);
    for (const [at, index] of missing.entries()) series[index] = definite(found[at]);
    return series;
  }

  async #writeEvents(
    trx: Transaction<Tables>,
    items: readonly Item[],
    stored: readonly Omit<StoredBatch, 'events'>[],
  ): Promise<readonly StoredBatch[]> {
    const events = items.map((item) => (item.events ??= [...(item.batch.events ?? []), ...this.#hooks.eventsOf(item.batch)])); // prettier-ignore
    const count = events.reduce((sum, { length }) => sum + length, 0);
    if (count === 0) return stored.map((each) => ({ ...each, events: [] }));
    let id = await this.#eventIds.take(trx, count);
    const withEvents = stored.map((each, index) => ({
      ...each,
      events: (events[index] ?? []).map((event) => storedEvent(each, event, id++)),
    }));
    await writeEvents(trx, withEvents);
    await this.#hooks.onEvents(trx, withEvents.flatMap((each) => each.events)); // prettier-ignore
    return withEvents;
  }

  async #writeRemovals(trx: Transaction<Tables>, removals: readonly Removal[]): Promise<void> {
    for (const { endpoint, seriesIds } of removals) {
      if (seriesIds === undefined) await trx.deleteFrom('Endpoint').where('endpoint', '=', endpoint).execute();
      else await deleteEmptySeries(trx, seriesIds);
      this.#series.forgetEndpoint(endpoint);
    }
  }

  #forget(): void {
    this.#types.forget();
    this.#series.forget();
    this.#valueIds.forget();
    this.#eventIds.forget();
    this.#written = [];
  }

  #committed(): void {
    const written = this.#written;
    this.#written = [];
    this.#onStored(written);
  }
}

/** A batch and its values count one each, and so does each kilobyte of what is large in them. */
function weightOf({ records }: Batch): number {
  let bytes = 0;
  for (const { value } of records) {
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
  }
  return 1 + records.length + Math.floor(bytes / 1024);
}

async function deleteEmptySeries(trx: Transaction<Tables>, ids: readonly number[]): Promise<void> {
  for (const group of chunks(ids, KEYS_PER_QUERY)) {
    await trx
      .deleteFrom('Series')
      .where('id', 'in', group)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM "ResourceValue" v WHERE v.series_id = "Series".id)`)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM "ResourceAggregate" a WHERE a.series_id = "Series".id)`)
      .execute();
  }
}

function usedResource({ path, type }: ResourceRecord): UsedResource & { readonly objectInstanceId: number } {
  const { objectId, objectInstanceId, resourceId } = path;
  if (objectId === undefined || objectInstanceId === undefined || resourceId === undefined) {
    throw new TypeError('a value needs the path of a Resource');
  }
  return { objectId, objectInstanceId, resourceId, type };
}

/** For what is there by construction. */
function definite<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('something is missing that was just made');
  return value;
}
