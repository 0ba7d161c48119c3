import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { Kysely } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Tables } from '../database/tables.ts';
import type { Batch, StoredValueKey } from './batch.ts';
import type { KnownSeries } from './series-cache.ts';
import { beginningOf, deviceTime, HOUR_MS } from './times.ts';
import { toColumns, valueTypes } from './value-columns.ts';

const insertValues = bulkInsert({
  table: 'ResourceValue',
  columns: {
    series_id: 'bigint',
    time: 'bigint',
    id: 'bigint',
    ts_device: 'bigint',
    ts_received: 'bigint',
    direction: 'text',
    source: 'text',
    value_type: 'text',
    int_value: 'bigint',
    float_value: 'float',
    bool_value: 'bigint',
    str_value: 'text',
    blob_value: 'blob',
  },
});

const addToAggregates = bulkInsert({
  table: 'ResourceAggregate',
  columns: { series_id: 'bigint', resolution: 'bigint', bucket: 'bigint', count: 'bigint', sum: 'float', minimum: 'float', maximum: 'float' }, // prettier-ignore
  onConflict: `ON CONFLICT (series_id, resolution, bucket) DO UPDATE SET count = "ResourceAggregate".count + excluded.count,
    sum = "ResourceAggregate".sum + excluded.sum,
    minimum = CASE WHEN excluded.minimum < "ResourceAggregate".minimum THEN excluded.minimum ELSE "ResourceAggregate".minimum END,
    maximum = CASE WHEN excluded.maximum > "ResourceAggregate".maximum THEN excluded.maximum ELSE "ResourceAggregate".maximum END`,
});

/** Greater numbers are no part of aggregates: their sum would leave what a float can hold, which PostgreSQL refuses. */
const GREATEST_SUMMAND = 1e290;

interface Aggregate {
  readonly seriesId: number;
  readonly bucket: number;
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

/** The rows of tables ResourceValue and ResourceAggregate that one transaction writes. */
export class ValueRows {
  readonly #seriesId: number[] = [];
  readonly #time: number[] = [];
  readonly #id: number[] = [];
  readonly #tsDevice: (number | null)[] = [];
  readonly #tsReceived: number[] = [];
  readonly #direction: string[] = [];
  readonly #source: string[] = [];
  readonly #valueType: (string | null)[] = [];
  readonly #int: (number | bigint | null)[] = [];
  readonly #float: (number | null)[] = [];
  readonly #bool: (number | null)[] = [];
  readonly #str: (string | null)[] = [];
  readonly #blob: (Uint8Array | null)[] = [];
  readonly #aggregates = new Map<number, Map<number, Aggregate>>();

  /** Adds one record of a batch. Throws a TypeError when its value is not one of its type. */
  add(batch: Batch, record: ResourceRecord, { id: seriesId, dataType }: KnownSeries, id: number): StoredValueKey {
    const columns = toColumns(record.type, record.value);
    const valueType = valueTypes[record.type];
    const tsDevice = deviceTime(record.time);
    const time = tsDevice ?? batch.receivedAt;
    this.#seriesId.push(seriesId);
    this.#time.push(time);
    this.#id.push(id);
    this.#tsDevice.push(tsDevice);
    this.#tsReceived.push(batch.receivedAt);
    this.#direction.push(batch.direction ?? 'up');
    this.#source.push(batch.source);
    this.#valueType.push(valueType === dataType ? null : valueType);
    this.#int.push(columns.int);
    this.#float.push(columns.float);
    this.#bool.push(columns.bool);
    this.#str.push(columns.str);
    this.#blob.push(columns.blob);
    const isNumber = valueType === 'FLOAT' || valueType === 'INTEGER' || valueType === 'UNSIGNED_INTEGER';
    const number = isNumber ? (columns.float ?? columns.int) : null;
    // What was written to a device is not what it measured.
    if (number !== null && batch.direction !== 'down') this.#aggregate(seriesId, time, Number(number));
    return { seriesId, time, id };
  }

  async write(trx: Kysely<Tables>): Promise<void> {
    await insertValues(trx, {
      series_id: this.#seriesId,
      time: this.#time,
      id: this.#id,
      ts_device: this.#tsDevice,
      ts_received: this.#tsReceived,
      direction: this.#direction,
      source: this.#source,
      value_type: this.#valueType,
      int_value: this.#int,
      float_value: this.#float,
      bool_value: this.#bool,
      str_value: this.#str,
      blob_value: this.#blob,
    });
    // In the order in which all lock them: two transactions do not wait for each other then.
    const aggregates = [...this.#aggregates.values()].flatMap((ofSeries) => [...ofSeries.values()]).sort((a, b) => a.seriesId - b.seriesId || a.bucket - b.bucket); // prettier-ignore
    await addToAggregates(trx, {
      series_id: aggregates.map(({ seriesId }) => seriesId),
      resolution: aggregates.map(() => HOUR_MS),
      bucket: aggregates.map(({ bucket }) => bucket),
      count: aggregates.map(({ count }) => count),
      sum: aggregates.map(({ sum }) => sum),
      minimum: aggregates.map(({ minimum }) => minimum),
      maximum: aggregates.map(({ maximum }) => maximum),
    });
  }

  #aggregate(seriesId: number, time: number, value: number): void {
    if (Math.abs(value) > GREATEST_SUMMAND) return;
    const bucket = beginningOf(time, HOUR_MS);
    let ofSeries = this.#aggregates.get(seriesId);
    if (ofSeries === undefined) this.#aggregates.set(seriesId, (ofSeries = new Map<number, Aggregate>()));
    const aggregate = ofSeries.get(bucket);
    if (aggregate === undefined) {
      ofSeries.set(bucket, { seriesId, bucket, count: 1, sum: value, minimum: value, maximum: value });
      return;
    }
    aggregate.count += 1;
    aggregate.sum += value;
    aggregate.minimum = Math.min(aggregate.minimum, value);
    aggregate.maximum = Math.max(aggregate.maximum, value);
  }
}
