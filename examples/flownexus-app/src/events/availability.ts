import type { Kysely } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { REGISTRATION_EVENTS } from '../values/known-resource-types.ts';

/** A change of the registration of an endpoint. */
export interface RegistrationChange {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly registered: boolean;
}

/** How an endpoint was registered over a stretch of time. Times are milliseconds since 1970. */
export interface Availability {
  readonly endpoint: string;
  readonly registered: boolean;
  readonly lastSeen: number;
  /** What is judged: from here to `to`. The endpoint was not known before, or the time before was not asked for. */
  readonly from: number;
  readonly to: number;
  /** Registered for so many milliseconds of it. */
  readonly onlineMs: number;
  /** Registrations in it, and those of them that were made while there was one already. */
  readonly registrations: number;
  readonly reRegistrations: number;
  readonly updates: number;
  /** In the order of time. */
  readonly changes: readonly RegistrationChange[];
  /** False: there were more changes than are judged, and those after the last one that is shown are not. */
  readonly complete: boolean;
}

export interface AvailabilityRange {
  readonly from: number;
  readonly to: number;
  /** The object that registration events are stored as. */
  readonly registrationObject: number;
}

interface Row {
  readonly endpoint: string;
  readonly registered: number;
  readonly first_seen: number;
  readonly last_updated: number;
}

/** The availability of one endpoint; undefined when it is not known. */
export async function availabilityOf(
  db: Kysely<Tables>,
  endpoint: string,
  range: AvailabilityRange,
): Promise<Availability | undefined> {
  const row = await endpoints(db).where('endpoint', '=', endpoint).executeTakeFirst();
  return row === undefined ? undefined : judge(db, row, range);
}

/** The availability of the endpoints whose names come after one, by name; `next` is where the page after goes on. */
export async function availabilityOfFleet(
  db: Kysely<Tables>,
  { after, limit, ...range }: AvailabilityRange & { readonly after: string | undefined; readonly limit: number },
): Promise<{ items: Availability[]; next: string | undefined }> {
  let query = endpoints(db)
    .orderBy('endpoint')
    .limit(limit + 1);
  if (after !== undefined) query = query.where('endpoint', '>', after);
  const rows = await query.execute();
  const items: Availability[] = [];
  for (const row of rows.slice(0, limit)) items.push(await judge(db, row, range));
  return { items, next: rows.length > limit ? items.at(-1)?.endpoint : undefined };
}

function endpoints(db: Kysely<Tables>) {
  return db.selectFrom('Endpoint').select(['endpoint', 'registered', 'first_seen', 'last_updated']);
}

async function judge(db: Kysely<Tables>, row: Row, range: AvailabilityRange): Promise<Availability> {
  const series = await seriesOf(db, row.endpoint, range.registrationObject);
  const { from, to } = range;
  const all = await changesOf(db, series, from, to);
  const complete = all.length <= limits.availabilityChanges;
  const rows = all.slice(0, limits.availabilityChanges);
  let online = await wasOnline(db, series, from);
  const begin = Math.min(Math.max(from, row.first_seen), to);
  let since = begin;
  let onlineMs = 0;
  let reRegistrations = 0;
  const changes: RegistrationChange[] = [];
  const pass = (time: number, registered: boolean): void => {
    if (online) onlineMs += Math.max(0, time - since);
    since = Math.max(time, begin);
    if (registered && online) reRegistrations += 1;
    online = registered;
    changes.push({ time, registered });
  };
  let offlineSince = online ? undefined : from - 1;
  for (const { time, registered } of rows) {
    const update = offlineSince === undefined ? undefined : await firstUpdate(db, series, offlineSince, time);
    if (update !== undefined) pass(update, true);
    pass(time, registered);
    offlineSince = registered ? undefined : time;
  }
  const end = complete ? to : (changes.at(-1)?.time ?? to);
  const update = offlineSince === undefined ? undefined : await firstUpdate(db, series, offlineSince, end + 1);
  if (update !== undefined) pass(update, true);
  if (online) onlineMs += Math.max(0, end - since);
  return {
    endpoint: row.endpoint,
    registered: row.registered === 1,
    lastSeen: row.last_updated,
    from: begin,
    to: end,
    onlineMs,
    registrations: rows.filter(({ registered }) => registered).length,
    reRegistrations,
    updates: await countUpdates(db, series, begin, end),
    changes,
    complete,
  };
}

interface RegistrationSeries {
  readonly registered: number | undefined;
  readonly unregistered: number | undefined;
  readonly updated: number | undefined;
}

async function seriesOf(db: Kysely<Tables>, endpoint: string, object: number): Promise<RegistrationSeries> {
  const rows = await db
    .selectFrom('Series as s')
    .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
    .select(['s.id', 't.resource_id'])
    .where('s.endpoint', '=', endpoint)
    .where('s.prefix', '=', '')
    .where('s.object_instance_id', '=', 0)
    .where('s.resource_instance_id', '=', -1)
    .where('t.object_id', '=', object)
    .execute();
  const find = (resource: number): number | undefined => rows.find((row) => row.resource_id === resource)?.id;
  return {
    registered: find(REGISTRATION_EVENTS.registered),
    unregistered: find(REGISTRATION_EVENTS.unregistered),
    updated: find(REGISTRATION_EVENTS.updated),
  };
}

/** Registrations and ends, in the order of time; one more than are judged, when there are so many. */
async function changesOf(
  db: Kysely<Tables>,
  { registered, unregistered }: RegistrationSeries,
  from: number,
  to: number,
): Promise<RegistrationChange[]> {
  const ids = [registered, unregistered].filter((id) => id !== undefined);
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('ResourceValue')
    .select(['series_id', 'time'])
    .where('series_id', 'in', ids)
    .where('time', '>=', from)
    .where('time', '<=', to)
    .orderBy('time')
    .orderBy('id')
    .limit(limits.availabilityChanges + 1)
    .execute();
  return rows.map(({ series_id, time }) => ({ time, registered: series_id === registered }));
}

/** Whether the latest of what came before a time was no end. */
async function wasOnline(db: Kysely<Tables>, series: RegistrationSeries, before: number): Promise<boolean> {
  const latest = async (id: number | undefined) =>
    id === undefined
      ? undefined
      : db
          .selectFrom('ResourceValue')
          .select(['time', 'id'])
          .where('series_id', '=', id)
          .where('time', '<', before)
          .orderBy('time', 'desc')
          .orderBy('id', 'desc')
          .limit(1)
          .executeTakeFirst();
  const end = await latest(series.unregistered);
  for (const id of [series.registered, series.updated]) {
    const row = await latest(id);
    if (row === undefined) continue;
    if (end === undefined || row.time > end.time || (row.time === end.time && row.id > end.id)) return true;
  }
  return false;
}

/** An Update makes an endpoint registered that was not: it was reported by another server, or its Register was not stored. */
async function firstUpdate(
  db: Kysely<Tables>,
  { updated }: RegistrationSeries,
  after: number,
  before: number,
): Promise<number | undefined> {
  if (updated === undefined) return undefined;
  const row = await db
    .selectFrom('ResourceValue')
    .select('time')
    .where('series_id', '=', updated)
    .where('time', '>', after)
    .where('time', '<', before)
    .orderBy('time')
    .limit(1)
    .executeTakeFirst();
  return row?.time;
}

async function countUpdates(
  db: Kysely<Tables>,
  { updated }: RegistrationSeries,
  from: number,
  to: number,
): Promise<number> {
  if (updated === undefined) return 0;
  const { count } = await db
    .selectFrom('ResourceValue')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('series_id', '=', updated)
    .where('time', '>=', from)
    .where('time', '<=', to)
    .executeTakeFirstOrThrow();
  return count;
}
