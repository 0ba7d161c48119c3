import { LOG_LEVELS, type LogEntry } from '@flownexus/lwm2m-server';
import type { Transaction } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import { bulkStatement, byColumn } from '../database/bulk-statement.ts';
import type { DeviceLogRow } from '../database/log-tables.ts';
import type { Tables } from '../database/tables.ts';
import { deviceTime } from '../values/times.ts';
import type { LeftOut } from './log-budget.ts';

/** A row that has no id yet. */
export type NewLogRow = Omit<DeviceLogRow, 'id'>;

const columns = {
  id: 'bigint',
  endpoint: 'text',
  path: 'text',
  source: 'text',
  level: 'bigint',
  module: 'text',
  head: 'text',
  message: 'text',
  bytes: 'blob',
  device_time: 'bigint',
  received_at: 'bigint',
  uptime: 'bigint',
  size: 'bigint',
} as const;
const names = Object.keys(columns) as (keyof typeof columns)[];
const insert = bulkInsert({ table: 'DeviceLog', columns });

/** An endpoint was heard of. One that was deleted meanwhile does not come back by that. */
const touch = bulkStatement({
  columns: { time: 'bigint', endpoint: 'text' },
  sqlite: 'UPDATE "Endpoint" SET last_updated = max(last_updated, ?) WHERE endpoint = ?',
  postgres: (unnest) =>
    `UPDATE "Endpoint" SET last_updated = greatest(last_updated, heard.time) FROM ${unnest} AS heard (time, endpoint)
     WHERE "Endpoint".endpoint = heard.endpoint`,
});

/** Writes rows, and when their endpoints were heard of. Rejects where one of the endpoints has no row any more. */
export async function writeLogRows(trx: Transaction<Tables>, rows: readonly DeviceLogRow[]): Promise<void> {
  await insert(trx, byColumn(rows, names));
  const heard = new Map<string, number>();
  for (const { endpoint, source, received_at: at } of rows) {
    if (source !== 'server') heard.set(endpoint, Math.max(at, heard.get(endpoint) ?? at));
  }
  // In one order, so that two transactions never wait for each other.
  const endpoints = [...heard.keys()].sort();
  await touch(trx, { time: endpoints.map((endpoint) => heard.get(endpoint)), endpoint: endpoints });
}

/** The row of an entry. PostgreSQL has neither U+0000 nor half a surrogate pair in text. */
export function toLogRow(entry: LogEntry): NewLogRow {
  const { endpointName: endpoint, path, source, receivedAt, time } = entry;
  const common = {
    endpoint,
    path,
    source,
    received_at: Math.floor(receivedAt),
    device_time: deviceTime(time === undefined ? undefined : time / 1000),
  };
  if (entry.kind === 'bytes') {
    const { bytes } = entry;
    return { ...common, level: null, module: null, head: '', message: null, bytes, uptime: null, size: bytes.length };
  }
  const text = storable(entry.text);
  const message = storable(entry.message);
  return {
    ...common,
    level: entry.level === undefined ? null : LOG_LEVELS.indexOf(entry.level),
    module: entry.module === undefined ? null : storable(entry.module),
    // The message is what is left of the line.
    head: text.slice(0, text.length - message.length),
    message,
    bytes: null,
    uptime: entry.uptimeMs === undefined ? null : Math.round(entry.uptimeMs),
    size: Buffer.byteLength(text),
  };
}

/** What is noted in the log of an endpoint in the place of entries that were left out. */
export function leftOutRow({ endpoint, entries, bytes, path }: LeftOut, receivedAt: number): NewLogRow {
  const message = `at least ${String(entries)} entries of ${String(bytes)} bytes were left out: the device logs more than may be stored in a minute`;
  return {
    endpoint,
    path,
    source: 'server',
    level: LOG_LEVELS.indexOf('warning'),
    module: null,
    head: '',
    message,
    bytes: null,
    device_time: null,
    received_at: receivedAt,
    uptime: null,
    size: message.length,
  };
}

function storable(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed();
}
