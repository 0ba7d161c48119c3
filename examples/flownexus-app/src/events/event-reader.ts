import type { Kysely } from 'kysely';
import type { EventRow, Severity, Tables } from '../database/tables.ts';
import type { TimePosition } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { type EventDetail, type EventItem, type EventValue } from './event-items.ts';
import type { StoredValueKey } from '../values/batch.ts';
import { chunks, KEYS_PER_QUERY } from '../values/key-rows.ts';
import { isoTime, toResourceItem } from '../values/resource-item.ts';
import { sensorUnits } from '../values/sensor-units.ts';
import { seriesById, type SeriesInfo } from '../values/series-list.ts';
import type { ResourceItem } from '../values/value-schemas.ts';
import { readKeys, withLargeValues } from '../values/value-select.ts';

/** Which events a list has. Undefined: whatever it is. */
export interface EventSelection {
  readonly endpoint?: string | undefined;
  readonly type?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly acknowledged?: boolean | undefined;
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly cursor?: TimePosition | undefined;
  readonly limit: number;
}

/** One page of events, the newest first. */
export async function listEvents(
  db: Kysely<Tables>,
  { endpoint, type, severity, acknowledged, from, to, cursor, limit }: EventSelection,
): Promise<{ items: EventItem[]; next: TimePosition | undefined }> {
  let query = db
    .selectFrom('Event')
    .selectAll()
    .orderBy('time', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (type !== undefined) query = query.where('event_type', '=', type);
  if (severity !== undefined) query = query.where('severity', '=', severity);
  if (acknowledged !== undefined) query = query.where('acknowledged_at', acknowledged ? 'is not' : 'is', null);
  if (from !== undefined) query = query.where('time', '>=', from);
  if (to !== undefined) query = query.where('time', '<=', to);
  if (cursor !== undefined) {
    query = query.where((where) => where(where.refTuple('time', 'id'), '<', where.tuple(cursor.time, cursor.id)));
  }
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? { time: last.time, id: last.id } : undefined;
  return { items: await itemsOf(db, page), next };
}

/** One event with its values; undefined when there is none. */
export async function readEvent(db: Kysely<Tables>, id: number): Promise<EventDetail | undefined> {
  const rows = await db.selectFrom('Event').selectAll().where('id', '=', id).execute();
  const [item] = await itemsOf(db, rows);
  if (item === undefined) return undefined;
  const keys = await db
    .selectFrom('EventResource')
    .select(['series_id as seriesId', 'time', 'resource_id as id'])
    .where('event_id', '=', id)
    .orderBy('series_id')
    .orderBy('time')
    .orderBy('resource_id')
    .limit(limits.eventValues + 1)
    .execute();
  return {
    ...item,
    values: await valuesOf(db, keys.slice(0, limits.eventValues)),
    valuesComplete: keys.length <= limits.eventValues,
  };
}

async function valuesOf(db: Kysely<Tables>, keys: readonly StoredValueKey[]): Promise<EventValue[]> {
  const series: SeriesInfo[] = [];
  for (const ids of chunks([...new Set(keys.map(({ seriesId }) => seriesId))], KEYS_PER_QUERY)) {
    series.push(...(await seriesById(db, ids)));
  }
  const byId = new Map(series.map((each) => [each.id, each]));
  const rows = await withLargeValues(db, await readKeys(db, keys));
  const rowById = new Map(rows.map((row) => [row.id, row]));
  const unitsOf = await sensorUnits(db, series);
  return keys.flatMap(({ seriesId, time, id }): EventValue[] => {
    const info = byId.get(seriesId);
    // Its series was deleted when it was empty.
    if (info === undefined) return [];
    const row = rowById.get(id);
    if (row !== undefined) return [eventValue(toResourceItem(row, info, unitsOf(info)))];
    const { text: path, name, dataType: type, units } = info;
    return [{ path, name, type, units, value: null, time: isoTime(time), timeReceived: null, timeDevice: null }];
  });
}

function eventValue({ path, name, type, units, value, time, timeReceived, timeDevice }: ResourceItem): EventValue {
  return { path, name, type, units, value, time, timeReceived, timeDevice };
}

async function itemsOf(db: Kysely<Tables>, rows: readonly EventRow[]): Promise<EventItem[]> {
  if (rows.length === 0) return [];
  const counts = await db
    .selectFrom('EventResource')
    .select((select) => [
      'event_id',
      select.fn.countAll<number>().as('count'),
      select.fn.min('time').as('first'),
      select.fn.max('time').as('last'),
    ])
    .where(
      'event_id',
      'in',
      rows.map(({ id }) => id),
    ) // prettier-ignore
    .groupBy('event_id')
    .execute();
  const byEvent = new Map(counts.map((each) => [each.event_id, each]));
  return rows.map((row): EventItem => {
    const values = byEvent.get(row.id);
    return {
      id: row.id,
      endpoint: row.endpoint,
      type: row.event_type,
      severity: row.severity,
      source: row.source,
      message: row.message,
      time: isoTime(row.time),
      timeReceived: isoTime(row.ts_received),
      timeDevice: row.ts_device === null ? null : isoTime(row.ts_device),
      acknowledged: row.acknowledged_at === null ? null : { at: isoTime(row.acknowledged_at), by: row.acknowledged_by ?? '', note: row.acknowledged_note }, // prettier-ignore
      valueCount: values?.count ?? 0,
      firstValueTime: values === undefined ? null : isoTime(values.first),
      lastValueTime: values === undefined ? null : isoTime(values.last),
    };
  });
}
