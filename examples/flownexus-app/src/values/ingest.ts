import type { DefinitionSource } from '@flownexus/lwm2m-core';
import type { Transaction } from 'kysely';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { Batch, NewEvent, StoredBatch } from './batch.ts';
import { writeEndpoints } from './endpoint-rows.ts';
import type { EventHooks } from './event-hooks.ts';
import { storedEvent, writeEvents } from './event-rows.ts';
import { IdBlock } from './id-block.ts';
import { chunks, KEYS_PER_QUERY } from './key-rows.ts';
import { placeBatch } from './placed-batch.ts';
import { RecordSeries } from './record-series.ts';
import { isEmptySeries } from './series-list.ts';
import { ValueRows } from './value-rows.ts';

export interface IngestOptions {
  readonly database: Database;
  /** What is known of Objects and Resources that are met for the first time. */
  readonly definitions: DefinitionSource;
  readonly hooks: EventHooks;
  /** Hears what one transaction has stored, after it was committed. Must not throw. */
  readonly onStored: (stored: readonly StoredBatch[]) => void;
  /** Hears that an endpoint was removed, before `onStored` does of what was stored after it in the same transaction. Must not throw. */
  readonly onRemoved?: (endpoint: string) => void;
  /** Values, batches, and kilobytes of text and bytes, that may wait at a time; default `limits.pendingRecords`. */
  readonly maximum?: number;
  /** Series that one endpoint may have; asked each time. Default `limits.seriesPerEndpoint`. */
  readonly seriesPerEndpoint?: () => number;
  /** Resource types of all endpoints that no definition tells of; default `limits.resourceTypes`. */
  readonly maximumTypes?: number;
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
  readonly #series: RecordSeries;
  readonly #valueIds = new IdBlock('ResourceValue', limits.idsPerBlock);
  readonly #eventIds = new IdBlock('Event', limits.idsPerBlock);
  readonly #submit: (item: Item) => Promise<void>;
  readonly #remove: (removal: Removal) => Promise<void>;
  #written: readonly StoredBatch[] = [];
  #removed: readonly string[] = [];

  private constructor(options: IngestOptions) {
    const { database, definitions, hooks, onStored, onRemoved, maximumTypes } = options;
    const { maximum = limits.pendingRecords, seriesPerEndpoint = () => limits.seriesPerEndpoint } = options;
    this.#hooks = hooks;
    this.#onStored = onStored;
    this.#series = new RecordSeries({
      definitions,
      perEndpoint: seriesPerEndpoint,
      ...(maximumTypes === undefined ? {} : { maximumTypes }),
    });
    // Before the batches: what comes together with a removal is not lost by it.
    this.#remove = database.commits.lane<Removal>({
      name: 'removals',
      maxWeight: limits.pendingRemovals,
      write: (trx, removals) => this.#writeRemovals(trx, removals),
      committed: () => {
        for (const endpoint of this.#removed) onRemoved?.(endpoint);
      },
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
    await options.database.db.transaction().execute((trx) => ingest.#series.seed(trx));
    return ingest;
  }

  /**
   * Resolves when the batch is on the disk, without those values that there is no place for: of new Resources when their endpoint has as many as it may.
   * Rejects when it is not and never will be: with a `CommitRefusedError` when too much waits, with a TypeError when a value is not one of its type or has no
   * path of a Resource.
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
    const series = await this.#series.of(trx, batches.flatMap((batch) => batch.records.map((record) => ({ batch, record })))); // prettier-ignore
    let next = 0;
    const placed = batches.map((batch) => placeBatch(batch, series.slice(next, (next += batch.records.length))));
    const count = placed.reduce((sum, { batch }) => sum + batch.records.length, 0);
    let id = count === 0 ? 0 : await this.#valueIds.take(trx, count);
    const rows = new ValueRows();
    const stored = placed.map((each) => ({
      batch: each.batch,
      values: each.series.map((known, index) => rows.add(each.batch, definite(each.batch.records[index]), known, id++)),
      refused: each.refused,
    }));
    await rows.write(trx);
    const events = items.map((item, index) => this.#eventsOf(item).map((event) => definite(placed[index]).eventOf(event))); // prettier-ignore
    this.#written = await this.#writeEvents(trx, events, stored);
  }

  #eventsOf(item: Item): readonly NewEvent[] {
    item.events ??= [...(item.batch.events ?? []), ...this.#hooks.eventsOf(item.batch)];
    return item.events;
  }

  async #writeEvents(
    trx: Transaction<Tables>,
    events: readonly (readonly NewEvent[])[],
    stored: readonly Omit<StoredBatch, 'events'>[],
  ): Promise<readonly StoredBatch[]> {
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
    this.#removed = removals.filter(({ seriesIds }) => seriesIds === undefined).map(({ endpoint }) => endpoint);
  }

  #forget(): void {
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
    await trx.deleteFrom('Series').where('id', 'in', group).where(isEmptySeries).execute();
  }
}

/** For what is there by construction. */
function definite<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('something is missing that was just made');
  return value;
}
