import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import type { WebhookDeliveryRow } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { listOf, pageLimit } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { isoTime } from '../values/resource-item.ts';
import { idParams, rowId } from './id-params.ts';
import { deliverySchema, newWebhookSchema, webhookBodySchema, webhookItemSchema } from './webhook-bodies.ts';
import type { WebhookSender } from './webhook-sender.ts';
import type { Webhook, Webhooks } from './webhooks.ts';

const TAG = 'Webhooks';
const AT = '/api/v1/webhooks';
const missing = { 404: { description: 'There is none of that id' } };
const DELIVERY_COLUMNS = ['id', 'eventId', 'state', 'attempts', 'nextAttempt', 'updatedAt', 'lastError'] as const;

export interface WebhookRoutesOptions {
  readonly database: Database;
  readonly webhooks: Webhooks;
  readonly sender: Pick<WebhookSender, 'wake'>;
}

/** `/api/v1/webhooks`: who is told of events. Addresses may be secrets, so that administrators alone see them. */
export function webhookRoutes(options: WebhookRoutesOptions): Route[] {
  return [...collectionRoutes(options), ...memberRoutes(options), ...deliveryRoutes(options)];
}

function collectionRoutes({ database, webhooks }: WebhookRoutesOptions): Route[] {
  return [
    route({
      method: 'get',
      path: AT,
      operationId: 'listWebhooks',
      summary: 'All webhooks, in the order in which they were made',
      tag: TAG,
      access: 'administer',
      answers: { 200: { description: 'All', schema: listOf(webhookItemSchema, 'WebhookList') } },
      handle: async () => ({ body: { items: await itemsOf(database, webhooks.list()), nextCursor: null } }),
    }),
    route({
      method: 'post',
      path: AT,
      operationId: 'createWebhook',
      summary: 'Makes a webhook',
      description:
        'Each event that the filter lets through is posted as JSON, `{"type":"event","timestamp":…,"data":EventDetail}`, signed as the Standard ' +
        'Webhooks specification says. It is sent again until it is answered with 2xx, or given up after a day; an answer of 410 disables the webhook.',
      tag: TAG,
      access: 'administer',
      body: webhookBodySchema,
      bodyLimit: limits.filterBodyBytes,
      answers: {
        201: { description: 'Made. It is told of events from now on', schema: newWebhookSchema },
        409: { description: 'There are as many as there may be' },
      },
      handle: async ({ body }) => {
        const made = await webhooks.create(body, Date.now());
        const [item] = await itemsOf(database, [made]);
        return { status: 201, body: { ...item, secret: made.secret }, audit: { id: made.id } };
      },
    }),
  ];
}

function memberRoutes({ database, webhooks }: WebhookRoutesOptions): Route[] {
  const answer = async (webhook: Webhook) => ({ body: (await itemsOf(database, [webhook]))[0] });
  return [
    route({
      method: 'get',
      path: `${AT}/{id}`,
      operationId: 'getWebhook',
      summary: 'Shows a webhook',
      tag: TAG,
      access: 'administer',
      params: idParams,
      answers: { 200: { description: 'It', schema: webhookItemSchema }, ...missing },
      handle: ({ params }) => answer(webhooks.get(params.id)),
    }),
    route({
      method: 'put',
      path: `${AT}/{id}`,
      operationId: 'replaceWebhook',
      summary: 'Replaces a webhook; its secret stays',
      tag: TAG,
      access: 'administer',
      params: idParams,
      body: webhookBodySchema,
      bodyLimit: limits.filterBodyBytes,
      answers: { 200: { description: 'As it is now', schema: webhookItemSchema }, ...missing },
      handle: async ({ params, body }) => answer(await webhooks.change(params.id, () => body)),
    }),
    route({
      method: 'delete',
      path: `${AT}/{id}`,
      operationId: 'deleteWebhook',
      summary: 'Deletes a webhook with its deliveries',
      tag: TAG,
      access: 'administer',
      params: idParams,
      answers: { 204: { description: 'Deleted' }, ...missing },
      handle: async ({ params }) => {
        await webhooks.delete(params.id);
        return { status: 204 };
      },
    }),
    route({
      method: 'post',
      path: `${AT}/{id}/secret`,
      operationId: 'renewWebhookSecret',
      summary: 'Gives a webhook a new secret; the old one is not used any more',
      tag: TAG,
      access: 'administer',
      params: idParams,
      answers: { 200: { description: 'The webhook with its secret', schema: newWebhookSchema }, ...missing },
      handle: async ({ params }) => {
        const renewed = await webhooks.renewSecret(params.id);
        const [item] = await itemsOf(database, [renewed]);
        return { body: { ...item, secret: renewed.secret } };
      },
    }),
  ];
}

function deliveryRoutes({ database, webhooks, sender }: WebhookRoutesOptions): Route[] {
  return [
    route({
      method: 'get',
      path: `${AT}/{id}/deliveries`,
      operationId: 'listWebhookDeliveries',
      summary: 'What a webhook was told and is to be told, the newest first',
      tag: TAG,
      access: 'administer',
      params: idParams,
      query: z.strictObject({
        state: deliverySchema.shape.state.optional(),
        cursor: rowId.optional(),
        limit: pageLimit,
      }),
      answers: { 200: { description: 'A page', schema: listOf(deliverySchema, 'WebhookDeliveryList') }, ...missing },
      handle: async ({ params: { id }, query: { state, cursor, limit } }) => {
        webhooks.get(id);
        let query = database.longReads
          .selectFrom('WebhookDelivery')
          .selectAll()
          .where('webhook_id', '=', id)
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (state !== undefined) query = query.where('state', '=', state);
        if (cursor !== undefined) query = query.where('id', '<', cursor);
        const rows = await query.execute();
        const items = rows.slice(0, limit).map(deliveryItem);
        return {
          body: { items, nextCursor: rows.length > limit ? String(items.at(-1)?.id) : null },
          csv: { columns: DELIVERY_COLUMNS, rows: items.map((item) => DELIVERY_COLUMNS.map((column) => item[column])) },
        };
      },
    }),
    route({
      method: 'post',
      path: `${AT}/{id}/deliveries/{delivery}/redeliver`,
      operationId: 'redeliverWebhook',
      summary: 'Makes a delivery again, with as many attempts as a new one',
      tag: TAG,
      access: 'administer',
      params: idParams.extend({ delivery: rowId }),
      answers: { 202: { description: 'It is made soon', schema: deliverySchema }, ...missing },
      handle: async ({ params: { id, delivery } }) => {
        webhooks.get(id);
        const now = Date.now();
        const row = await database.db
          .updateTable('WebhookDelivery')
          .set({ state: 'waiting', attempts: 0, next_attempt: now, updated_at: now })
          .where('id', '=', delivery)
          .where('webhook_id', '=', id)
          .returningAll()
          .executeTakeFirst();
        if (row === undefined)
          throw new ApiError(404, 'not-found', `the webhook has no delivery with the id ${delivery}`);
        sender.wake(id);
        return { status: 202, body: deliveryItem(row) };
      },
    }),
  ];
}

async function itemsOf(database: Database, webhooks: readonly Webhook[]) {
  const counts = await database.longReads
    .selectFrom('WebhookDelivery')
    .select((select) => ['webhook_id', 'state', select.fn.countAll<number>().as('count')])
    .where('state', '!=', 'delivered')
    .groupBy(['webhook_id', 'state'])
    .execute();
  return webhooks.map(({ id, body, createdAt }) => {
    const count = (state: string): number =>
      counts.find((row) => row.webhook_id === id && row.state === state)?.count ?? 0;
    return { ...body, id, createdAt: isoTime(createdAt), waiting: count('waiting'), failed: count('failed') };
  });
}

function deliveryItem(
  row: Omit<WebhookDeliveryRow, 'id' | 'attempts'> & { readonly id: number; readonly attempts: number },
) {
  // prettier-ignore
  return {
    id: row.id,
    eventId: row.event_id,
    state: row.state,
    attempts: row.attempts,
    nextAttempt: row.state === 'waiting' ? isoTime(row.next_attempt) : null,
    updatedAt: isoTime(row.updated_at),
    lastError: row.last_error,
  };
}
