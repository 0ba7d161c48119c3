import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { idParams, rowId } from '../events/id-params.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointName, listOf, pageLimit, queryTime } from '../http/schemas.ts';
import { bootstrapOutcomes, sessionDetailSchema, type SessionItem, sessionItemSchema, toSessionDetail, toSessionItem } from './session-items.ts'; // prettier-ignore

const TAG = 'Bootstrap';
const COLLECTION = '/api/v1/bootstrap-sessions';
const COLUMNS = Object.keys(sessionItemSchema.shape) as (keyof SessionItem)[];

const listQuery = z.strictObject({
  endpoint: endpointName.optional(),
  outcome: z.enum(bootstrapOutcomes).optional(),
  from: queryTime.optional().meta({ description: 'When it ended, at the earliest' }),
  to: queryTime.optional().meta({ description: 'When it ended, at the latest' }),
  limit: pageLimit,
  cursor: rowId.optional().meta({ description: '`nextCursor` of the page before', override: { type: 'string' } }),
});

/** `/api/v1/bootstrap-sessions`: what became of the devices that asked to be bootstrapped. */
export function sessionRoutes({ database: { longReads, reads } }: { readonly database: Database }): Route[] {
  return [
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listBootstrapSessions',
      summary: 'The devices that were bootstrapped, or could not be, the latest first',
      tag: TAG,
      access: 'read',
      query: listQuery,
      answers: {
        200: {
          description: 'A page of sessions that are over; a table for who accepts text/csv',
          schema: listOf(sessionItemSchema, 'BootstrapSessionList'),
        },
      },
      handle: async ({ query: { endpoint, outcome, from, to, limit, cursor: after } }) => {
        let query = longReads
          .selectFrom('BootstrapSession')
          .select(['id', 'endpoint', 'address', 'security', 'identity', 'began', 'ended', 'outcome', 'code', 'reason'])
          .select('step_count');
        if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
        if (outcome !== undefined) query = query.where('outcome', '=', outcome);
        if (from !== undefined) query = query.where('ended', '>=', from);
        if (to !== undefined) query = query.where('ended', '<=', to);
        if (after !== undefined) query = query.where('id', '<', after);
        const rows = await query
          .orderBy('id', 'desc')
          .limit(limit + 1)
          .execute();
        const page = rows.slice(0, limit);
        const items = page.map(toSessionItem);
        return {
          body: { items, nextCursor: rows.length > limit ? String(page.at(-1)?.id) : null },
          csv: { columns: COLUMNS, rows: items.map((item) => COLUMNS.map((column) => item[column])) },
        };
      },
    }),
    route({
      method: 'get',
      path: `${COLLECTION}/{id}`,
      operationId: 'getBootstrapSession',
      summary: 'One of them, with what was asked of the device',
      tag: TAG,
      access: 'read',
      params: idParams,
      answers: {
        200: { description: 'It', schema: sessionDetailSchema },
        404: { description: 'There is no session of that id' },
      },
      handle: async ({ params: { id } }) => {
        const row = await reads.selectFrom('BootstrapSession').selectAll().where('id', '=', id).executeTakeFirst();
        if (row === undefined) throw new ApiError(404, 'not-found', 'there is no bootstrap session of that id');
        return { body: toSessionDetail(row) };
      },
    }),
  ];
}
