import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Path, ResourceRecord } from '@flownexus/lwm2m-core';
import type { ResourceItem, ValueSource } from '../http/api-types.ts';
import { limits } from '../limits.ts';
import { SENSOR_UNITS } from './known-resource-types.ts';
import { mergeSeries } from './merge-series.ts';
import type { StoredResourceType } from './resource-type-table.ts';
import { bigInteger, blob, nullable, oneOf, real, rowReader, text } from './row-reader.ts';
import { SeriesIndex } from './series-index.ts';
import { toColumns, toJsonValue, valueTypes } from './value-columns.ts';

/** Bounds of what a calendar, and with it ISO 8601 in JavaScript, can express in milliseconds since 1970. */
export const EARLIEST = -8.64e15;
export const LATEST = 8.64e15;

/** A place in the order of values: time first, then id. */
export interface Position {
  readonly time: number;
  readonly id: number;
}

/** Which values of an endpoint to list. Times are milliseconds since 1970, both inclusive. */
export interface ResourceSelection {
  readonly path: Path | undefined;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly order: 'latest' | 'asc' | 'desc';
  readonly cursor: Position | undefined;
}

const readRow = rowReader('Resource', {
  id: bigInteger,
  endpoint: text,
  object_id: bigInteger,
  object_instance_id: bigInteger,
  resource_id: bigInteger,
  resource_instance_id: nullable(bigInteger),
  name: text,
  type: oneOf(...Object.values(valueTypes)),
  units: nullable(text),
  int_value: nullable(bigInteger),
  float_value: nullable(real),
  bool_value: nullable(bigInteger),
  str_value: nullable(text),
  blob_value: nullable(blob),
  value_bytes: nullable(bigInteger),
  ts_device: nullable(bigInteger),
  ts_received: bigInteger,
  time: bigInteger,
  source: oneOf('observe', 'composite', 'send', 'read', 'register'),
});
type ResourceRow = ReturnType<typeof readRow>;
const readLargeValue = rowReader('Resource', { str_value: nullable(text), blob_value: nullable(blob) });

/** Large values are left out until it is known which of them a page has. */
const small = (column: string): string =>
  `iif(octet_length(r.${column}) > ${String(limits.inlineValueBytes)}, NULL, r.${column}) AS ${column}`;
const SELECT = `SELECT r.id, r.endpoint, t.object_id, r.object_instance_id, t.resource_id, r.resource_instance_id, t.name,
  coalesce(r.value_type, t.data_type) AS type, t.units, r.int_value, r.float_value, r.bool_value, ${small('str_value')},
  ${small('blob_value')}, octet_length(coalesce(r.str_value, r.blob_value)) AS value_bytes, r.ts_device, r.ts_received,
  r.time, r.source
  FROM Resource r JOIN ResourceType t ON t.id = r.resource_type_id`;
const IN_SERIES = `r.resource_type_id = :resourceTypeId AND r.object_instance_id = :objectInstanceId
  AND (:resourceInstanceId IS NULL OR r.resource_instance_id = :resourceInstanceId)`;
// The bounds on time alone are implied by the pairs: they let the index seek.
const IN_RANGE = `r.time >= :fromTime AND r.time <= :toTime
  AND (r.time, r.id) > (:fromTime, :fromId) AND (r.time, r.id) < (:toTime, :toId)`;

/** Table Resource: every value that was ever stored. */
export class ResourceTable {
  readonly #insert: StatementSync;
  readonly #get: StatementSync;
  readonly #ascending: { readonly all: StatementSync; readonly series: StatementSync };
  readonly #descending: { readonly all: StatementSync; readonly series: StatementSync };
  readonly #series: SeriesIndex;
  readonly #sensorUnits: StatementSync;
  readonly #largeValue: StatementSync;

  constructor(database: DatabaseSync) {
    const reading = (sql: string): StatementSync => {
      const statement = database.prepare(sql);
      // A JavaScript number would not hold every 64-bit integer.
      statement.setReadBigInts(true);
      return statement;
    };
    const ordered = (direction: 'ASC' | 'DESC') => ({
      all: reading(`${SELECT} WHERE r.endpoint = :endpoint AND ${IN_RANGE}
        ORDER BY r.time ${direction}, r.id ${direction} LIMIT :limit`),
      series: reading(`${SELECT} WHERE r.endpoint = :endpoint AND ${IN_SERIES} AND ${IN_RANGE}
        ORDER BY r.time ${direction}, r.id ${direction} LIMIT :limit`),
    });
    this.#insert = database.prepare(`
      INSERT INTO Resource (endpoint, resource_type_id, object_instance_id, resource_instance_id, direction, source,
        value_type, int_value, float_value, bool_value, str_value, blob_value, ts_device, ts_received)
      VALUES (?, ?, ?, ?, 'up', ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#get = reading(`${SELECT} WHERE r.id = ?`);
    this.#ascending = ordered('ASC');
    this.#descending = ordered('DESC');
    this.#series = new SeriesIndex(database);
    this.#largeValue = database.prepare('SELECT str_value, blob_value FROM Resource WHERE id = ?');
    this.#sensorUnits = database.prepare(`SELECT iif(octet_length(r.str_value) > 64, NULL, r.str_value) AS units
      FROM Resource r
      WHERE r.endpoint = ? AND r.object_instance_id = ? AND r.resource_type_id =
        (SELECT id FROM ResourceType WHERE object_id = ? AND resource_id = ${String(SENSOR_UNITS)})
      ORDER BY r.time DESC, r.id DESC LIMIT 1`);
  }

  /** Stores a value that came from an endpoint; returns its id. Throws a TypeError when its path names no Resource. */
  insert(
    endpoint: string,
    record: ResourceRecord,
    type: StoredResourceType,
    source: ValueSource,
    receivedAt: number,
  ): number {
    const { objectInstanceId, resourceInstanceId } = record.path;
    if (objectInstanceId === undefined) throw new TypeError('a value needs the path of a Resource');
    const columns = toColumns(record.type, record.value);
    const valueType = valueTypes[record.type];
    const { lastInsertRowid } = this.#insert.run(
      endpoint,
      type.id,
      objectInstanceId,
      resourceInstanceId ?? null,
      source,
      valueType === type.dataType ? null : valueType,
      columns.int,
      columns.float,
      columns.bool,
      columns.str,
      columns.blob,
      deviceTime(record.time),
      receivedAt,
    );
    return Number(lastInsertRowid);
  }

  get(id: number): ResourceItem | undefined {
    const row = this.#get.get(id);
    return row === undefined ? undefined : this.#toItems([readRow(row)])[0];
  }

  /**
   * One page of an endpoint's values: as many as asked for, or fewer where they are large. The cursor leads to older values, or to newer ones in ascending order. Throws a
   * {@link TooManySeriesError} when there are too many series at or below the path.
   */
  page(endpoint: string, selection: ResourceSelection): { items: ResourceItem[]; next: Position | undefined } {
    const rows = this.#rows(endpoint, selection);
    const count = Math.min(selection.limit, affordable(rows));
    const more = rows.length > count;
    if (more) rows.length = count;
    const last = rows.at(-1);
    const next = more && last !== undefined ? { time: Number(last.time), id: Number(last.id) } : undefined;
    if (selection.order === 'latest') rows.reverse();
    return { items: this.#toItems(rows), next };
  }

  /**
   * Whether a value was ever stored at or below a path. Throws a {@link TooManySeriesError} like {@link page}.
   */
  hasValue(endpoint: string, path: Path): boolean {
    const selection = { path, from: EARLIEST, to: LATEST, limit: 1, order: 'desc', cursor: undefined } as const;
    return this.#rows(endpoint, selection).length > 0;
  }

  #toItems(rows: readonly ResourceRow[]): ResourceItem[] {
    const known = new Map<string, string | null>();
    return rows.map((light) => {
      const row = this.#withLargeValue(light);
      if (row.units !== null || row.type !== 'FLOAT') return toItem(row, row.units);
      const sensor = `${String(row.object_id)}/${String(row.object_instance_id)} ${row.endpoint}`;
      let units = known.get(sensor);
      if (units === undefined) known.set(sensor, (units = this.#unitsOf(row)));
      return toItem(row, units);
    });
  }

  #withLargeValue(row: ResourceRow): ResourceRow {
    if (row.value_bytes === null || row.value_bytes <= limits.inlineValueBytes) return row;
    const value = this.#largeValue.get(row.id);
    return value === undefined ? row : { ...row, ...readLargeValue(value) };
  }

  /** What the Object Instance last said that its measurements are in: IPSO's objects have a Resource for that. */
  #unitsOf({ endpoint, object_id, object_instance_id }: ResourceRow): string | null {
    const units = this.#sensorUnits.get(endpoint, object_instance_id, object_id)?.['units'];
    return typeof units === 'string' ? units : null;
  }

  /** One row more than the limit, when there are so many. */
  #rows(endpoint: string, { path, from, to, limit, order, cursor }: ResourceSelection): ResourceRow[] {
    const ascending = order === 'asc';
    const statements = ascending ? this.#ascending : this.#descending;
    const lower = (ascending ? cursor : undefined) ?? { time: from, id: -1 };
    const upper = (ascending ? undefined : cursor) ?? { time: to, id: Number.MAX_SAFE_INTEGER };
    const range = {
      endpoint,
      fromTime: Math.max(from, lower.time),
      fromId: lower.time < from ? -1 : lower.id,
      toTime: Math.min(to, upper.time),
      toId: upper.time > to ? Number.MAX_SAFE_INTEGER : upper.id,
      limit: limit + 1,
    };
    const read = (statement: StatementSync, parameters: Record<string, SQLInputValue>): ResourceRow[] =>
      statement.all(parameters).map(readRow);
    if (path?.objectId === undefined) return read(statements.all, range);
    const resourceInstanceId = path.resourceInstanceId ?? null;
    return mergeSeries(this.#series.below(endpoint, path), limit + 1, ascending, (series, after, count) => {
      const rest =
        after === undefined
          ? {}
          : ascending
            ? { fromTime: after.time, fromId: after.id }
            : { toTime: after.time, toId: after.id };
      return read(statements.series, { ...range, ...rest, ...series, resourceInstanceId, limit: count });
    });
  }
}

/** How many rows fit into a page; one always does. */
function affordable(rows: readonly ResourceRow[]): number {
  let bytes = 0;
  for (const [index, { value_bytes: size }] of rows.entries()) {
    bytes += Number(size ?? 0);
    if (bytes > limits.pageValueBytes && index > 0) return index;
  }
  return rows.length;
}

/** Seconds to milliseconds; null for a time that no calendar has. */
function deviceTime(seconds: number | undefined): number | null {
  if (seconds === undefined) return null;
  const milliseconds = Math.round(seconds * 1000);
  return milliseconds >= EARLIEST && milliseconds <= LATEST ? milliseconds : null;
}

function toItem(row: ResourceRow, units: string | null): ResourceItem {
  const path = `/${String(row.object_id)}/${String(row.object_instance_id)}/${String(row.resource_id)}`;
  return {
    id: Number(row.id),
    path: row.resource_instance_id === null ? path : `${path}/${String(row.resource_instance_id)}`,
    name: row.name,
    type: row.type,
    units,
    value: toJsonValue(row),
    time: isoTime(row.time),
    timeReceived: isoTime(row.ts_received),
    timeDevice: row.ts_device === null ? null : isoTime(row.ts_device),
    source: row.source,
  };
}

function isoTime(milliseconds: bigint): string {
  return new Date(Number(milliseconds)).toISOString();
}
