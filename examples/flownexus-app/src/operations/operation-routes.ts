import type { DefinitionSource } from '@flownexus/lwm2m-core';
import { endpointNameProblem, type OperationQueue } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Call, type Reply, type Route, route } from '../http/route.ts';
import { endpointParams, listOf, pageLimit, queryFlag, storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { fromOperationRow } from '../stores/operation-rows.ts';
import { bulkResultSchema, queueBulk } from './bulk-operations.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { bulkBody, operationBody } from './operation-body.ts';
import {
  isFinished,
  operationDetailSchema,
  type OperationItem,
  operationItemSchema,
  operationKinds,
  operationStates,
  toOperationDetail,
} from './operation-item.ts';
import { metadataOf } from './operation-metadata.ts';
import { type OperationFilter, OperationReader } from './operation-reader.ts';
import { operationWait, OperationWaits } from './operation-waits.ts';
import { callingQueue } from './queue-errors.ts';
import { checkKnown } from './select-endpoints.ts';
import { toOperation, toQueueOptions } from './to-operation.ts';

const TAG = 'Operations';
const COLLECTION = '/api/v1/operations';
const OF_ENDPOINT = '/api/v1/endpoints/{name}/operations';

const idParams = z.object({ id: storableText.min(1).max(64) });
const unknown = queryFlag
  .optional()
  .meta({ description: '`true`: also for endpoints that are not known yet; it waits until they register' });
const cursor = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a nextCursor of the same list')
  .transform(Number)
  .optional()
  .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } });
const listQuery = z.strictObject({
  state: z.enum(operationStates).optional(),
  kind: z.enum(operationKinds).optional(),
  bulk: storableText.max(64).optional().meta({ description: 'The id of a bulk' }),
  limit: pageLimit,
  cursor,
});
const operationList = listOf(operationItemSchema, 'OperationList');
const listAnswers = { 200: { description: 'A page of them, the latest first; a table for who accepts text/csv', schema: operationList } }; // prettier-ignore
const queuedAnswers = {
  200: { description: 'It is finished', schema: operationDetailSchema },
  202: { description: 'It is queued, and not finished yet', schema: operationDetailSchema },
  409: { description: 'As many operations are queued as may be' },
  429: { description: 'Too many requests wait' },
};
const notFound = { 404: { description: 'There is none' } };

export interface OperationRoutesOptions {
  readonly database: Database;
  /** `operations` of the LwM2M server, which has `operationStore` for its store. */
  readonly queue: OperationQueue;
  /** The Objects as an endpoint has them. Endpoints that have them in common should give the same source. */
  readonly definitionsOf: (endpointName: string) => DefinitionSource;
  /** Aborted when the app begins to stop. */
  readonly stopping?: AbortSignal;
}

/** `/api/v1/operations`, `/api/v1/bulk-operations` and `/api/v1/endpoints/{name}/operations`: what devices are asked to do, now or when they wake. */
export function operationRoutes({ database, queue, definitionsOf, stopping }: OperationRoutesOptions): Route[] {
  const reader = new OperationReader(database);
  const waits = new OperationWaits(queue, { stopping });

  /** Waits as long as is wanted; answers with what the operation is then. */
  const reply = async (
    id: string,
    seconds: number,
    response: Call<never, never, never>['response'],
  ): Promise<Reply> => {
    await waits.wait(id, seconds, response);
    const body = toOperationDetail(await reader.get(id));
    return { status: isFinished(body) ? 200 : 202, headers: { Location: `${COLLECTION}/${id}` }, body };
  };
  const list = async (
    filter: OperationFilter,
    page: { readonly limit: number; readonly cursor?: number | undefined },
  ): Promise<Reply> => {
    // prettier-ignore
    const body = await reader.page(filter, page);
    return { body, csv: { columns: csvColumns, rows: body.items.map(csvRow) } };
  };
  return [
    route({
      method: 'post',
      path: OF_ENDPOINT,
      operationId: 'queueOperation',
      summary: 'Asks something of an endpoint',
      description:
        'It is stored, and sent when the endpoint is awake, after what was queued for it before. It is sent again when there is no answer.',
      tag: TAG,
      access: 'operate',
      params: endpointParams,
      query: z.strictObject({ wait: operationWait, unknown }),
      body: operationBody,
      bodyLimit: limits.operationBodyBytes,
      answers: { ...queuedAnswers, 404: { description: 'No endpoint of that name is known' } },
      handle: async ({ params: { name }, query, body, principal, response }) => {
        if (query.unknown !== true) await checkKnown(database, name);
        const problem = endpointNameProblem(name);
        if (problem !== undefined) throw new ApiError(400, 'bad-request', problem, [{ path: 'path.name', message: problem }]); // prettier-ignore
        const operation = toOperation(body, definitionsOf(name), 'body');
        waits.check(query.wait);
        const metadata = metadataOf(principal);
        const { id } = await callingQueue(() => queue.add(name, operation, { ...toQueueOptions(body), metadata }));
        const audit = { operation: id, kind: body.kind, path: 'path' in body ? body.path : undefined };
        return { ...(await reply(id, query.wait, response)), audit };
      },
    }),
    route({
      method: 'get',
      path: OF_ENDPOINT,
      operationId: 'listOperationsOfEndpoint',
      summary: 'What was asked of an endpoint',
      tag: TAG,
      access: 'read',
      params: endpointParams,
      query: listQuery,
      answers: { ...listAnswers, 404: { description: 'No endpoint of that name is known, and nothing is queued for it' } }, // prettier-ignore
      handle: async ({ params: { name }, query: { limit, cursor: after, ...filter } }) => {
        const found = await list({ ...filter, endpoint: name }, { limit, cursor: after });
        if ((found.body as { items: unknown[] }).items.length === 0) await checkKnown(database, name);
        return found;
      },
    }),
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listOperations',
      summary: 'What was asked of all endpoints',
      tag: TAG,
      access: 'read',
      query: listQuery.extend({ endpoint: endpointParams.shape.name.optional() }),
      answers: listAnswers,
      handle: ({ query: { limit, cursor: after, ...filter } }) => list(filter, { limit, cursor: after }),
    }),
    route({
      method: 'post',
      path: COLLECTION,
      operationId: 'queueBulkOperation',
      summary: 'Asks the same of many endpoints',
      description: 'Each has an operation of its own; all of them have the id of the bulk.',
      tag: TAG,
      access: 'operate',
      query: z.strictObject({ unknown }),
      body: bulkBody,
      bodyLimit: limits.bulkBodyBytes,
      answers: {
        202: { description: 'What could be queued, and what not', schema: bulkResultSchema },
        409: { description: 'It is for more endpoints than may be' },
      },
      handle: async ({ query, body, principal }) => {
        const result = await queueBulk({ database, queue, definitionsOf }, body, { createdBy: principal?.actor, unknown: query.unknown === true }); // prettier-ignore
        const { id, queued, refused } = result;
        return { status: 202, body: result, audit: { bulk: id, kind: body.operation.kind, queued, refused } };
      },
    }),
    route({
      method: 'get',
      path: `${COLLECTION}/{id}`,
      operationId: 'getOperation',
      summary: 'One operation with what came of it',
      tag: TAG,
      access: 'read',
      params: idParams,
      query: z.strictObject({ wait: operationWait }),
      answers: { 200: { description: 'It', schema: operationDetailSchema }, ...notFound, 429: queuedAnswers[429] },
      handle: async ({ params: { id }, query, response }) => {
        await reader.get(id);
        return { ...(await reply(id, query.wait, response)), status: 200 };
      },
    }),
    route({
      method: 'post',
      path: `${COLLECTION}/{id}/cancel`,
      operationId: 'cancelOperation',
      summary: 'Takes an operation back',
      description: 'The device may still perform what is being sent.',
      tag: TAG,
      access: 'operate',
      params: idParams,
      answers: {
        200: { description: 'It is FAILED (`cancelled`)', schema: operationDetailSchema },
        ...notFound,
        409: { description: 'It is finished already' },
      },
      handle: async ({ params: { id } }) => {
        await reader.get(id);
        if (!(await callingQueue(() => queue.cancel(id))))
          throw new ApiError(409, 'conflict', 'it is finished already');
        return { body: toOperationDetail(await reader.get(id)) };
      },
    }),
    route({
      method: 'post',
      path: `${COLLECTION}/{id}/requeue`,
      operationId: 'requeueOperation',
      summary: 'Asks the same once more',
      description: 'A new operation with the same content and options.',
      tag: TAG,
      access: 'operate',
      params: idParams,
      query: z.strictObject({ wait: operationWait }),
      answers: { ...queuedAnswers, ...notFound, 409: { description: 'It is not finished yet, or as many are queued as may be' } }, // prettier-ignore
      handle: async ({ params, query, principal, response }) => {
        const row = await reader.get(params.id);
        const { endpointName, operation, state, maxAttempts, repeatable, key, queuedAt, expiresAt } = fromOperationRow(row); // prettier-ignore
        if (state === 'QUEUED' || state === 'SENDING') throw new ApiError(409, 'conflict', 'it is not finished yet');
        waits.check(query.wait);
        const options = {
          maxAttempts,
          repeatable,
          ...(key === undefined ? {} : { key }),
          ...(expiresAt === undefined ? {} : { timeToLiveMs: expiresAt - queuedAt }),
          metadata: metadataOf(principal),
        };
        const { id } = await callingQueue(() => queue.add(endpointName, operation, options));
        return { ...(await reply(id, query.wait, response)), audit: { operation: id } };
      },
    }),
    ...bulkRoutes({ database, queue }),
  ];
}

const csvColumns = Object.keys(operationItemSchema.shape) as (keyof OperationItem)[];

function csvRow(item: OperationItem): (string | number | boolean | null)[] {
  return csvColumns.map((column) => item[column]);
}
