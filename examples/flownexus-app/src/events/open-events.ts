import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import type { Batch, StoredBatch } from '../values/batch.ts';
import type { EventHooks } from '../values/event-hooks.ts';
import { availabilityRoutes } from './availability-routes.ts';
import { definitionRoutes } from './definition-routes.ts';
import { EventEngine } from './event-engine.ts';
import type { EventItem } from './event-items.ts';
import { EventRetention } from './event-retention.ts';
import { eventRoutes } from './event-routes.ts';
import { postWebhook } from './post-webhook.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { WebhookSender } from './webhook-sender.ts';
import { Webhooks } from './webhooks.ts';

export interface EventsOptions {
  readonly database: Database;
  readonly settings: { readonly values: { readonly registrationObject: number; readonly eventDays: number } };
  /** Hosts that webhooks may be at although their addresses are not public, in lower case. */
  readonly webhookHosts: readonly string[];
  /** Hears of each event after it was committed, and after it was acknowledged. `item` makes what lists show of it. */
  readonly publish: (endpoint: string, item: () => EventItem) => void;
  readonly log: Logger;
}

/** Events, rules, webhooks and availability: what the rest of the app needs of them. */
export interface Events {
  /** For the ingest. */
  readonly hooks: EventHooks;
  readonly routes: readonly Route[];
  /** Wraps the function that stores batches: everybody has to store by the result, so that rules know what was not stored. */
  guard(submit: (batch: Batch) => Promise<void>): (batch: Batch) => Promise<void>;
  /** To be called with what was committed. */
  stored(batches: readonly StoredBatch[]): void;
  /** To be called when an endpoint was deleted. */
  forget(endpoint: string): void;
  /** Begins to look at the time, and to send what waits for webhooks. The commits of the database must be open. */
  start(): void;
  stop(): Promise<void>;
}

/** Reads definitions, rules and webhooks from the database, and the state of the rules from the latest values. */
export async function openEvents({ database, settings, webhookHosts, publish, log }: EventsOptions): Promise<Events> {
  const webhooks = await Webhooks.load(database);
  const allowedHosts = new Set(webhookHosts);
  const sender = new WebhookSender({ database, webhooks, log, post: (post) => postWebhook(post, { allowedHosts }) });
  const engine = await EventEngine.open({
    database,
    log,
    outbox: (trx, events) => webhooks.outbox(trx, events, Date.now()),
    onEvent: (endpoint, item) => {
      for (const id of webhooks.takeTold()) sender.wake(id);
      publish(endpoint, item);
    },
  });
  const retention = new EventRetention({ database, settings, log });
  const onChange = (item: EventItem): void => publish(item.endpoint, () => item);
  return {
    hooks: engine,
    routes: [
      ...eventRoutes({ database, onChange }),
      ...definitionRoutes(engine),
      ...webhookRoutes({ database, webhooks, sender }),
      ...availabilityRoutes({ database, settings }),
    ],
    guard: (submit) => engine.guard(submit),
    stored: (batches) => engine.stored(batches),
    forget: (endpoint) => engine.forget(endpoint),
    start: () => {
      engine.start();
      sender.start();
      retention.start();
    },
    stop: async () => {
      await engine.stop();
      await sender.stop();
      await retention.stop();
    },
  };
}
