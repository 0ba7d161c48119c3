import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Path, ResourceRecord } from '@flownexus/lwm2m-core';
import type { ResourceItem, ValueSource, ValueType } from '../http/api-types.ts';
import { SENSOR_UNITS } from './known-resource-types.ts';
import type { StoredResourceType } from './resource-type-table.ts';
import { type StoredValue, toColumns, toJsonValue, valueTypes } from './value-columns.ts';

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

interface ResourceRow extends StoredValue {
  readonly id: bigint;
  readonly endpoint: string;
  readonly object_id: bigint;
  readonly object_instance_id: bigint;
  readonly resource_id: bigint;
  readonly resource_instance_id: bigint | null;
  readonly name: string;
  readonly type: ValueType;
  readonly units: string | null;
  readonly ts_device: bigint | null;
  readonly ts_received: bigint;
  readonly time: bigint;
  readonly source: ValueSource;
}

interface Series {
  readonly resourceTypeId: number;
  readonly objectInstanceId: number;
}

const SELECT = `SELECT r.id, r.endpoint, t.object_id, r.object_instance_id, t.resource_id, r.resource_instance_id, t.name,
  coalesce(r.value_type, t.data_type) AS type, t.units, r.int_value, r.float_value, r.bool_value, r.str_value,
  r.blob_value, r.ts_device, r.ts_received, r.time, r.source
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
  readonly #typesOfObject: StatementSync;
  readonly #nextInstance: StatementSync;
  readonly #sensorUnits: StatementSync;

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
    this.#typesOfObject = database.prepare(
      'SELECT id FROM ResourceType WHERE object_id = :objectId AND (:resourceId IS NULL OR resource_id = :resourceId)',
    );
    // One seek per Object Instance, where DISTINCT would walk through every value.
    this.#nextInstance = database.prepare(`SELECT min(object_instance_id) AS instance FROM Resource
      WHERE endpoint = ? AND resource_type_id = ? AND object_instance_id > ?`);
    this.#sensorUnits = database.prepare(`SELECT r.str_value AS units FROM Resource r
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
    return row === undefined ? undefined : this.#toItems([row as unknown as ResourceRow])[0];
  }

  /** One page of an endpoint's values. The cursor leads to older values, or to newer ones in ascending order. */
  page(endpoint: string, selection: ResourceSelection): { items: ResourceItem[]; next: Position | undefined } {
    const rows = this.#rows(endpoint, selection);
    const more = rows.length > selection.limit;
    if (more) rows.length = selection.limit;
    const last = rows.at(-1);
    const next = more && last !== undefined ? { time: Number(last.time), id: Number(last.id) } : undefined;
    if (selection.order === 'latest') rows.reverse();
    return { items: this.#toItems(rows), next };
  }

  /** Whether a value was ever stored at or below a path. */
  hasValue(endpoint: string, path: Path): boolean {
    const selection = { path, from: EARLIEST, to: LATEST, limit: 1, order: 'desc', cursor: undefined } as const;
    return this.#rows(endpoint, selection).length > 0;
  }

  #toItems(rows: readonly ResourceRow[]): ResourceItem[] {
    const known = new Map<string, string | null>();
    return rows.map((row) => {
      if (row.units !== null || row.type !== 'FLOAT') return toItem(row, row.units);
      const sensor = `${String(row.object_id)}/${String(row.object_instance_id)} ${row.endpoint}`;
      let units = known.get(sensor);
      if (units === undefined) known.set(sensor, (units = this.#unitsOf(row)));
      return toItem(row, units);
    });
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
    if (path?.objectId === undefined) return statements.all.all(range) as unknown as ResourceRow[];
    const rows: ResourceRow[] = [];
    for (const series of this.#seriesOf(endpoint, path)) {
      const parameters = { ...range, ...series, resourceInstanceId: path.resourceInstanceId ?? null };
      rows.push(...(statements.series.all(parameters) as unknown as ResourceRow[]));
    }
    const sign = ascending ? 1 : -1;
    rows.sort((a, b) => sign * (Number(a.time - b.time) || Number(a.id - b.id)));
    if (rows.length > limit + 1) rows.length = limit + 1;
    return rows;
  }

  /** The series at or below a path: one per Resource and Object Instance. */
  #seriesOf(endpoint: string, path: Path): Series[] {
    const series: Series[] = [];
    const { objectId, objectInstanceId, resourceId } = path;
    for (const type of this.#typesOfObject.all({ objectId: objectId ?? null, resourceId: resourceId ?? null })) {
      const resourceTypeId = Number(type['id']);
      if (objectInstanceId !== undefined) {
        series.push({ resourceTypeId, objectInstanceId });
        continue;
      }
      let instance = this.#nextInstance.get(endpoint, resourceTypeId, -1)?.['instance'];
      while (typeof instance === 'number') {
        series.push({ resourceTypeId, objectInstanceId: instance });
        instance = this.#nextInstance.get(endpoint, resourceTypeId, instance)?.['instance'];
      }
    }
    return series;
  }
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
