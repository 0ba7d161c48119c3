import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import type { LiveStream } from '../http/live-stream.ts';
import type { Route } from '../http/route.ts';
import { definitionRoutes } from './definition-routes.ts';
import { EventEngine } from './event-engine.ts';
import { eventRoutes } from './event-routes.ts';
import { postWebhook } from './post-webhook.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { WebhookSender } from './webhook-sender.ts';
import { Webhooks } from './webhooks.ts';

export interface EventsOptions {
  readonly database: Database;
  readonly stream: Pick<LiveStream, 'publish'>;
  /** Hosts that webhooks may be sent to although their addresses are private. */
  readonly webhookHosts: readonly string[];
  readonly log: Logger;
}

/** Everything about events. */
export interface Events {
  readonly engine: EventEngine;
  readonly routes: readonly Route[];
  /** Looks at the time, and makes the deliveries that wait. */
  start(): void;
  stop(): Promise<void>;
}

/** Reads definitions, rules and webhooks, and takes the state of the rules from the latest values. */
export async function openEvents({ database, stream, webhookHosts, log }: EventsOptions): Promise<Events> {
  const webhooks = await Webhooks.load(database);
  const allowedHosts = new Set(webhookHosts);
  const sender = new WebhookSender({ database, webhooks, post: (post) => postWebhook(post, { allowedHosts }), log });
  const engine = await EventEngine.open({
    database,
    outbox: (trx, stored) => webhooks.outbox(trx, stored, Date.now()),
    onEvent: (endpoint, item) => {
      stream.publish('event', endpoint, item);
      sender.wake();
    },
    log,
  });
  const routes = [
    ...eventRoutes({ database, onChange: (item) => stream.publish('event', item.endpoint, () => item) }),
    ...definitionRoutes(engine),
    ...webhookRoutes({ database, webhooks, sender }),
  ];
  return {
    engine,
    routes,
    start: () => {
      engine.start();
      sender.start();
    },
    stop: async () => {
      await engine.stop();
      await sender.stop();
    },
  };
}
