import { formatPath, type ResourceRecord } from '@flownexus/lwm2m-core';
import type { LogEntry, LoggedValues, LogOrigin } from '../api/logs.ts';
import type { ErrorReporter } from '../events.ts';
import { decodeLog } from './decode-log.ts';
import { EVENT_LOG, EventLogResource } from './event-log.ts';
import type { LogSources } from './log-sources.ts';
import { parseLogLine } from './parse-line.ts';

/** The entries of all logs among values, one after another; what is no log is passed over. A decoder that throws is reported, and the bytes come as they are. */
export function* logEntries(
  { records, ...values }: LoggedValues,
  sources: LogSources,
  reportError: ErrorReporter,
): Generator<LogEntry> {
  noteDataFormats(values.endpointName, records, sources);
  for (const { path, value, time } of records) {
    const format = sources.formatOf(values.endpointName, path);
    if (format === undefined || !isLogContent(value)) continue;
    const origin: LogOrigin = {
      ...values,
      path: formatPath(path),
      time: time === undefined ? undefined : time * 1_000,
    };
    try {
      for (const piece of decodeLog(value, format)) yield entryOf(piece, origin);
    } catch (error) {
      reportError(error, `the log ${origin.path} of ${origin.endpointName} could not be decoded`);
      yield entryOf(typeof value === 'string' ? new TextEncoder().encode(value) : value, origin);
    }
  }
}

/** Whether a value can be of a log: others of a Resource that is declared to be one are passed over. */
export function isLogContent(value: ResourceRecord['value']): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** First of all: in a tree the format comes after the data. */
function noteDataFormats(endpointName: string, records: readonly ResourceRecord[], sources: LogSources): void {
  for (const { path, value } of records) {
    if (path.objectId !== EVENT_LOG || path.resourceId !== EventLogResource.LOG_DATA_FORMAT) continue;
    if (typeof value === 'number') sources.note(endpointName, path, value);
  }
}

function entryOf(piece: string | Uint8Array, origin: LogOrigin): LogEntry {
  if (typeof piece !== 'string') return { kind: 'bytes', ...origin, bytes: piece };
  const { time, ...line } = parseLogLine(piece);
  return { kind: 'text', ...origin, ...line, time: time ?? origin.time };
}
