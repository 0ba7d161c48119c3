import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { listOf } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { type RetentionPolicyBody, retentionPolicyBody, type RetentionPolicyItem, retentionPolicySchema, toPolicyItem, toPolicyRow } from './retention-policy.ts'; // prettier-ignore

const params = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the id of a policy')
    .transform(Number)
    .meta({ override: { type: 'integer' } }),
});
const UNKNOWN = { 404: { description: 'There is no such policy' } };
const CONFLICT = { 409: { description: 'There is one of the same path and endpoint already, or as many as there may be' } }; // prettier-ignore

/** `/api/v1/retention`: how long values are kept. A change holds from the next run of the retention on. */
export function retentionRoutes({ database }: { readonly database: Database }): Route[] {
  const shared = { tag: 'Retention', access: 'administer' } as const;
  const find = async (id: number): Promise<RetentionPolicyItem> => {
    const row = await database.reads.selectFrom('RetentionPolicy').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? unknown(id) : toPolicyItem(row);
  };
  return [
    route({
      ...shared,
      method: 'get',
      path: '/api/v1/retention',
      operationId: 'listRetentionPolicies',
      summary: 'How long values are kept',
      access: 'read',
      answers: { 200: { description: 'All policies. Of those that fit a value the one of its endpoint goes first, then the one with the longest path', schema: listOf(retentionPolicySchema, 'RetentionPolicyList') } }, // prettier-ignore
      handle: async () => {
        const rows = await database.reads.selectFrom('RetentionPolicy').selectAll().orderBy('id').execute();
        return { body: { items: rows.map(toPolicyItem), nextCursor: null } };
      },
    }),
    route({
      ...shared,
      method: 'post',
      path: '/api/v1/retention',
      operationId: 'createRetentionPolicy',
      summary: 'Keep values for a time',
      body: retentionPolicyBody,
      answers: { 201: { description: 'The policy', schema: retentionPolicySchema }, ...CONFLICT },
      handle: async ({ body }) => {
        const id = await save(database, body, undefined);
        return { status: 201, headers: { Location: `/api/v1/retention/${String(id)}` }, body: await find(id), audit: toPolicyRow(body) }; // prettier-ignore
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: '/api/v1/retention/{id}',
      operationId: 'getRetentionPolicy',
      summary: 'One policy',
      access: 'read',
      params,
      answers: { 200: { description: 'It', schema: retentionPolicySchema }, ...UNKNOWN },
      handle: async ({ params: { id } }) => ({ body: await find(id) }),
    }),
    route({
      ...shared,
      method: 'put',
      path: '/api/v1/retention/{id}',
      operationId: 'replaceRetentionPolicy',
      summary: 'Change a policy',
      params,
      body: retentionPolicyBody,
      answers: { 200: { description: 'The policy', schema: retentionPolicySchema }, ...UNKNOWN, ...CONFLICT },
      handle: async ({ params: { id }, body }) => {
        await save(database, body, id);
        return { body: await find(id), audit: toPolicyRow(body) };
      },
    }),
    route({
      ...shared,
      method: 'delete',
      path: '/api/v1/retention/{id}',
      operationId: 'deleteRetentionPolicy',
      summary: 'Remove a policy',
      params,
      answers: { 204: { description: 'It is gone' }, ...UNKNOWN },
      handle: async ({ params: { id } }) => {
        const { numDeletedRows } = await database.db.deleteFrom('RetentionPolicy').where('id', '=', id).executeTakeFirstOrThrow(); // prettier-ignore
        return numDeletedRows === 0n ? unknown(id) : { status: 204 };
      },
    }),
  ];
}

/** Adds a policy, or replaces the one of the id. Gives its id. */
function save(database: Database, body: RetentionPolicyBody, id: number | undefined): Promise<number> {
  const row = toPolicyRow(body);
  return database.db.transaction().execute(async (trx) => {
    const all = await trx.selectFrom('RetentionPolicy').select(['id', 'path', 'endpoint']).execute();
    if (id !== undefined && !all.some((each) => each.id === id)) return unknown(id);
    if (all.some((each) => each.id !== id && each.path === row.path && each.endpoint === row.endpoint)) {
      throw new ApiError(409, 'conflict', `there is a policy of ${row.path} already`);
    }
    if (id !== undefined) {
      await trx.updateTable('RetentionPolicy').set(row).where('id', '=', id).execute();
      return id;
    }
    if (all.length >= limits.retentionPolicies) {
      throw new ApiError(409, 'quota-exceeded', `there are ${String(all.length)} policies already`);
    }
    return (await trx.insertInto('RetentionPolicy').values(row).returning('id').executeTakeFirstOrThrow()).id;
  });
}

function unknown(id: number): never {
  throw new ApiError(404, 'not-found', `there is no policy ${String(id)}`);
}
