import { LOG_LEVELS, type LogLevel } from '@flownexus/lwm2m-server';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { contains } from '../database/contains.ts';
import type { Tables } from '../database/tables.ts';
import type { TimePosition } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { chunks, KEYS_PER_QUERY } from '../values/key-rows.ts';
import { type LogEntryItem, toLogEntry } from './log-items.ts';

/** Which entries a list has. Undefined: whatever it is. */
export interface LogSelection {
  readonly endpoint?: string | undefined;
  /** As bad, or worse; those that do not say how bad they are not at all. */
  readonly level?: LogLevel | undefined;
  /** A part of the line; letters of ASCII match in either case. */
  readonly text?: string | undefined;
  readonly module?: string | undefined;
  /** Of the Resource, or what it is in. */
  readonly path?: string | undefined;
  /** When it arrived, in milliseconds since 1970, inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly order: 'asc' | 'desc';
  readonly cursor?: TimePosition | undefined;
  readonly limit: number;
}

/**
 * One page of entries in the order in which they arrived, or the other way round: what a device says of the time may be of any year, or missing. A page has fewer
 * than `limit` where they are large.
 */
export async function listLogs(
  db: Kysely<Tables>,
  selection: LogSelection,
): Promise<{ items: LogEntryItem[]; next: TimePosition | undefined }> {
  const { order, cursor, limit } = selection;
  let query = selected(db, selection).select(['id', 'received_at', 'size']);
  if (cursor !== undefined) {
    query = query.where((where) => where(where.refTuple('received_at', 'id'), order === 'asc' ? '>' : '<', where.tuple(cursor.time, cursor.id))); // prettier-ignore
  }
  const rows = await query
    .orderBy('received_at', order)
    .orderBy('id', order)
    .limit(limit + 1)
    .execute();
  const page = firstOf(rows.slice(0, limit));
  const last = page.at(-1);
  const next = rows.length > page.length && last !== undefined ? { time: last.received_at, id: last.id } : undefined;
  const found = new Map<number, LogEntryItem>();
  for (const group of chunks(page, KEYS_PER_QUERY)) {
    const whole = await db.selectFrom('DeviceLog').selectAll().where('id', 'in', group.map(({ id }) => id)).execute(); // prettier-ignore
    for (const row of whole) found.set(row.id, toLogEntry(row));
  }
  // One that the retention has deleted meanwhile is missing.
  return { items: page.flatMap(({ id }) => found.get(id) ?? []), next };
}

/** As many of the first rows as one answer may have bytes; one at least. */
function firstOf<Row extends { readonly size: number }>(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const end = rows.findIndex(({ size }, index) => (bytes += size) > limits.pageValueBytes && index > 0);
  return end < 0 ? rows : rows.slice(0, end);
}

function selected(
  db: Kysely<Tables>,
  { endpoint, level, text, module, path, from, to }: LogSelection,
): SelectQueryBuilder<Tables, 'DeviceLog', object> {
  let query = db.selectFrom('DeviceLog');
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (level !== undefined) query = query.where('level', '<=', LOG_LEVELS.indexOf(level));
  if (text !== undefined) query = query.where(contains(sql`(head || message)`, text));
  if (module !== undefined) query = query.where('module', '=', module);
  if (path !== undefined) {
    // '0' is what comes after '/'.
    query = query.where((where) => where.or([where('path', '=', path), where.and([where('path', '>', `${path}/`), where('path', '<', `${path}0`)])])); // prettier-ignore
  }
  if (from !== undefined) query = query.where('received_at', '>=', from);
  if (to !== undefined) query = query.where('received_at', '<=', to);
  return query;
}
