import { z } from 'zod';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { endpointFilterSchema } from './endpoint-filter.ts';
import { severitySchema } from './event-items.ts';

const filter = z
  .strictObject({
    types: z.array(storableText.min(1).max(limits.eventNameLength)).min(1).max(limits.filterNames).readonly().optional(),
    severities: z.array(severitySchema).min(1).max(3).readonly().optional(),
    endpoints: endpointFilterSchema.optional(),
  })
  .meta({ id: 'WebhookFilter', description: 'Which events it is told of: those that all parts that are there let through' }); // prettier-ignore
export type WebhookFilter = z.infer<typeof filter>;

/** What an administrator makes a webhook of. */
export const webhookBodySchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, abort: true })
      .max(limits.webhookUrlLength)
      .refine((text) => hasNoCredentials(text), 'expected no user name and no password in the address')
      .meta({ description: 'Where to post to. Only public addresses, unless the configuration allows the host' }),
    enabled: z.boolean().default(true),
    filter: filter.default({}),
  })
  .meta({ id: 'WebhookBody' });
export type WebhookBody = z.infer<typeof webhookBodySchema>;

/** A webhook in answers. */
export const webhookItemSchema = webhookBodySchema
  .extend({
    id: z.int(),
    createdAt: z.iso.datetime(),
    waiting: z.int().meta({ description: 'Deliveries that are still to be made' }),
    failed: z.int().meta({ description: 'Deliveries that were given up' }),
  })
  .meta({ id: 'Webhook' });

/** A new webhook, with what is never shown again. */
export const newWebhookSchema = webhookItemSchema
  .extend({
    secret: z
      .string()
      .meta({ description: 'What messages are signed with (Standard Webhooks). It is shown only here' }),
  })
  .meta({ id: 'NewWebhook' });

/** A delivery in answers. */
export const deliverySchema = z
  .object({
    id: z.int(),
    eventId: z.int(),
    state: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.int(),
    nextAttempt: z.iso.datetime().nullable().meta({ description: 'Of one that waits' }),
    updatedAt: z.iso.datetime(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

function hasNoCredentials(text: string): boolean {
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
