import { formatPath, pathOf, withPrefix } from '@flownexus/lwm2m-core';
import type { Kysely } from 'kysely';
import type { EventRow, Severity, Tables } from '../database/tables.ts';
import type { TimePosition } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { toJsonValue } from '../values/value-columns.ts';
import { type EventDetail, type EventItem, type EventValue, iso } from './event-items.ts';

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
  const values = await db
    .selectFrom('EventResource as e')
    .innerJoin('Series as s', 's.id', 'e.series_id')
    .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
    .leftJoin('ResourceValue as v', (join) =>
      join.onRef('v.series_id', '=', 'e.series_id').onRef('v.time', '=', 'e.time').onRef('v.id', '=', 'e.resource_id'),
    )
    .select(['e.time', 's.prefix', 's.object_instance_id', 's.resource_instance_id'])
    .select(['t.object_id', 't.resource_id', 't.name', 't.data_type', 't.units'])
    .select(['v.value_type', 'v.int_value', 'v.float_value', 'v.bool_value', 'v.str_value', 'v.blob_value'])
    .select(['v.ts_device', 'v.ts_received'])
    .where('e.event_id', '=', id)
    .orderBy('e.series_id')
    .orderBy('e.time')
    .orderBy('e.resource_id')
    .limit(limits.eventValues + 1)
    .execute();
  return {
    ...item,
    values: values.slice(0, limits.eventValues).map((row): EventValue => {
      const type = row.value_type ?? row.data_type;
      const instance = row.resource_instance_id === -1 ? undefined : row.resource_instance_id;
      const path = pathOf(row.object_id, row.object_instance_id, row.resource_id, instance);
      return {
        path: formatPath(withPrefix(path, row.prefix === '' ? undefined : row.prefix)),
        name: row.name,
        type,
        units: row.units,
        value: row.ts_received === null ? null : toJsonValue(type, row),
        time: iso(row.time),
        timeReceived: row.ts_received === null ? null : iso(row.ts_received),
        timeDevice: row.ts_device === null ? null : iso(row.ts_device),
      };
    }),
    valuesComplete: values.length <= limits.eventValues,
  };
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
      time: iso(row.time),
      timeReceived: iso(row.ts_received),
      timeDevice: row.ts_device === null ? null : iso(row.ts_device),
      acknowledged: row.acknowledged_at === null ? null : { at: iso(row.acknowledged_at), by: row.acknowledged_by ?? '', note: row.acknowledged_note }, // prettier-ignore
      valueCount: values?.count ?? 0,
      firstValueTime: values === undefined ? null : iso(values.first),
      lastValueTime: values === undefined ? null : iso(values.last),
    };
  });
}
