import type { OperationQueue } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { type BulkCounts, OperationReader } from './operation-reader.ts';
import { callingQueue } from './queue-errors.ts';

const TAG = 'Operations';
const ITEM = '/api/v1/bulk-operations/{id}';
const params = z.object({ id: storableText.min(1).max(64) });
const count = z.int();
const progressSchema = z
  .object({
    id: z.string(),
    operations: z.int(),
    states: z.object({ QUEUED: count, SENDING: count, CONFIRMED: count, FAILED: count }),
  })
  .meta({ id: 'BulkProgress', description: 'Of the operations that are kept: finished ones leave after a time' });

interface BulkRoutesOptions {
  readonly database: Database;
  readonly queue: Pick<OperationQueue, 'cancel'>;
}

/** `/api/v1/bulk-operations/{id}`: how far a bulk is, and taking back what is left of it. */
export function bulkRoutes({ database, queue }: BulkRoutesOptions): Route[] {
  // prettier-ignore
  const reader = new OperationReader(database);
  const progress = async (id: string): Promise<z.infer<typeof progressSchema>> => {
    const states = await reader.bulkCounts(id);
    if (states === undefined) throw new ApiError(404, 'not-found', 'there are no operations of that bulk');
    return { id, operations: total(states), states };
  };
  const answers = { 200: { description: 'How many of its operations are in which state', schema: progressSchema }, 404: { description: 'There is none' } }; // prettier-ignore
  return [
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getBulkOperation',
      summary: 'How far a bulk is',
      tag: TAG,
      access: 'read',
      params,
      answers,
      handle: async ({ params: { id } }) => ({ body: await progress(id) }),
    }),
    route({
      method: 'post',
      path: `${ITEM}/cancel`,
      operationId: 'cancelBulkOperation',
      summary: 'Takes back what is left of a bulk',
      tag: TAG,
      access: 'operate',
      params,
      answers,
      handle: async ({ params: { id } }) => {
        await progress(id);
        let after = -1;
        for (;;) {
          const page = await reader.unfinished(id, after, limits.bulkAtOnce);
          await Promise.all(page.map((operation) => callingQueue(() => queue.cancel(operation.id))));
          if (page.length < limits.bulkAtOnce) break;
          after = page.at(-1)?.sequence ?? after;
        }
        return { body: await progress(id) };
      },
    }),
  ];
}

function total({ QUEUED, SENDING, CONFIRMED, FAILED }: BulkCounts): number {
  return QUEUED + SENDING + CONFIRMED + FAILED;
}
