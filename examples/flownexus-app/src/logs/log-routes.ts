import { LOG_LEVELS } from '@flownexus/lwm2m-server';
import { formatPath } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import {
  endpointName,
  endpointParams,
  listOf,
  pageLimit,
  queryPath,
  queryTime,
  storableText,
} from '../http/schemas.ts';
import { formatTimeCursor, timeCursor } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { checkKnown } from '../operations/select-endpoints.ts';
import { type LogEntryItem, logEntrySchema, logLine } from './log-items.ts';
import { listLogs, type LogSelection } from './log-reader.ts';

const COLUMNS = ['id', 'timeReceived', 'time', 'endpoint', 'level', 'module', 'message', 'text', 'bytes', 'size', 'path', 'source', 'uptimeMs'] as const satisfies (keyof LogEntryItem)[]; // prettier-ignore
const text = storableText.min(1).max(limits.searchLength);

const listQuery = z.strictObject({
  level: z.enum(LOG_LEVELS).optional().meta({ description: 'As bad as this, or worse' }),
  text: text.optional().meta({ description: 'A part of the line; letters of ASCII match in either case' }),
  module: text.optional().meta({ description: 'Of what wrote it, whole' }),
  path: queryPath.transform(formatPath).optional().meta({ description: 'The Resource that it came in, or what that is in', override: { type: 'string' } }), // prettier-ignore
  from: queryTime.optional().meta({ description: 'When it arrived, at the earliest' }),
  to: queryTime.optional().meta({ description: 'When it arrived, at the latest' }),
  order: z.enum(['asc', 'desc']).default('desc').meta({ description: '`asc`: the oldest first' }),
  cursor: timeCursor.optional(),
  limit: pageLimit,
});
const answers = {
  200: {
    description: 'A page of entries; a table for who accepts text/csv, and lines for who accepts text/plain',
    schema: listOf(logEntrySchema, 'LogEntryList'),
  },
};
const DESCRIPTION =
  'They are in the order in which they arrived, as lines of a device belong together: what a device says of the time may be missing or wrong. A device whose ' +
  'log is read or notified as a whole gives the same lines each time.';

/** `GET /api/v1/logs` and `GET /api/v1/endpoints/{name}/logs`. */
export function logRoutes({ database }: { readonly database: Database }): Route[] {
  const list = async (selection: LogSelection): Promise<Reply> => {
    const { items, next } = await listLogs(database.longReads, selection);
    return {
      body: { items, nextCursor: next === undefined ? null : formatTimeCursor(next) },
      csv: { columns: COLUMNS, rows: items.map((item) => COLUMNS.map((column) => item[column])) },
      lines: items.map(logLine),
    };
  };
  return [
    route({
      method: 'get',
      path: '/api/v1/logs',
      operationId: 'listLogs',
      summary: 'What devices have logged, the newest first',
      description: DESCRIPTION,
      tag: 'Logs',
      access: 'read',
      query: listQuery.extend({ endpoint: endpointName.optional() }),
      answers,
      handle: ({ query }) => list(query),
    }),
    route({
      method: 'get',
      path: '/api/v1/endpoints/{name}/logs',
      operationId: 'listLogsOfEndpoint',
      summary: 'What a device has logged, the newest first',
      description: DESCRIPTION,
      tag: 'Logs',
      access: 'read',
      params: endpointParams,
      query: listQuery,
      answers: { ...answers, 404: { description: 'No endpoint of that name is known' } },
      handle: async ({ params: { name }, query }) => {
        const found = await list({ ...query, endpoint: name });
        if ((found.body as { items: unknown[] }).items.length === 0) await checkKnown(database, name);
        return found;
      },
    }),
  ];
}
