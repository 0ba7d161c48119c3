import { LOG_LEVELS } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { DeviceLogRow } from '../database/log-tables.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { isoTime } from '../values/resource-item.ts';

/** An entry of the log of a device, in lists and in the stream. */
export const logEntrySchema = z
  .object({
    id: z.int(),
    endpoint: z.string(),
    path: z.string().meta({ description: 'The Resource that it came in: `/20/0/4014`' }),
    source: z.enum(['read', 'notification', 'send', 'server']).meta({
      description: 'How it came; `server`: what FlowNexus notes itself, such as that entries were left out',
    }),
    level: z.enum(LOG_LEVELS).nullable(),
    module: z.string().nullable().meta({ description: 'What wrote it' }),
    message: z.string().nullable().meta({ description: 'The line without time, level and module' }),
    text: z.string().nullable().meta({ description: 'The line as it came; null of what is no text' }),
    bytes: z
      .string()
      .nullable()
      .meta({
        description: `What is no text, in base64. The stream leaves out more than ${String(limits.streamedLogBytes)} bytes`,
      }),
    size: z.int().meta({ description: 'Bytes' }),
    time: isoTimestamp.nullable().meta({ description: 'When the device says that it was' }),
    timeReceived: isoTimestamp,
    uptimeMs: z.int().nullable().meta({ description: 'Milliseconds from the start of the device' }),
  })
  .meta({ id: 'LogEntry' });
export type LogEntryItem = z.infer<typeof logEntrySchema>;

/** The item of a row. */
export function toLogEntry(row: DeviceLogRow): LogEntryItem {
  return {
    id: row.id,
    endpoint: row.endpoint,
    path: row.path,
    source: row.source,
    level: row.level === null ? null : (LOG_LEVELS[row.level] ?? null),
    module: row.module,
    message: row.message,
    text: row.message === null ? null : row.head + row.message,
    bytes: row.bytes === null ? null : Buffer.from(row.bytes).toString('base64'),
    size: row.size,
    time: row.device_time === null ? null : isoTime(row.device_time),
    timeReceived: isoTime(row.received_at),
    uptimeMs: row.uptime,
  };
}

/** The same for the stream, in which much of what is no text would drive everything else out. */
export function toStreamedLogEntry(row: DeviceLogRow): LogEntryItem {
  return toLogEntry(row.size > limits.streamedLogBytes ? { ...row, bytes: null } : row);
}

/** An entry as one line of text: when it was, whose it is, how bad it is, what wrote it and what it says. Control characters do nothing in a terminal. */
export function logLine({ endpoint, level, module, message, bytes, time, timeReceived }: LogEntryItem): string {
  const said = message ?? Buffer.from(bytes ?? '', 'base64').toString('hex');
  const from = module === null ? '' : `${module}: `;
  return `${time ?? timeReceived} ${endpoint} ${level ?? '-'} ${from}${said}`.replaceAll(/(?!\t)\p{Cc}/gu, '\u{FFFD}');
}
