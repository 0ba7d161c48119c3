import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import type { EventDetail } from './event-items.ts';
import { readEvent } from './event-reader.ts';
import type { WebhookPost } from './post-webhook.ts';
import { signedHeaders } from './webhook-signature.ts';
import type { Webhook, Webhooks } from './webhooks.ts';

export interface WebhookSenderOptions {
  readonly database: Database;
  readonly webhooks: Webhooks;
  /** Posts, and gives the status of the answer; rejects when there was none. */
  readonly post: (post: WebhookPost) => Promise<number>;
  readonly log: Logger;
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number;
  /** Default `limits.webhookRetryMs`. */
  readonly retryMs?: readonly number[];
}

interface Delivery {
  readonly id: number;
  readonly event_id: number;
  readonly attempts: number;
}

/** What the receiver says by 410: it wants nothing any more. */
const GONE = 410;

/** Tells webhooks of events: each delivery is made until it was taken (an answer of 2xx), or given up after the last attempt. */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #now: () => number;
  readonly #retryMs: readonly number[];
  /** Webhooks that are being told at present; true: there is more to look for. */
  readonly #busy = new Map<number, boolean>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  /** When it was last looked whether too much waits for a webhook. */
  readonly #counted = new Map<number, number>();
  #stopped = true;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#retryMs = options.retryMs ?? limits.webhookRetryMs;
    options.webhooks.onChange((id) => this.wake(id));
  }

  /** Makes the deliveries that wait, and those that come, until it is stopped. */
  start(): void {
    this.#stopped = false;
    for (const { id } of this.#options.webhooks.list()) this.wake(id);
  }

  /** Resolves when no delivery is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }

  /** There may be something new for a webhook. */
  wake(id: number): void {
    if (this.#stopped) return;
    if (this.#busy.has(id)) {
      this.#busy.set(id, true);
      return;
    }
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#busy.set(id, false);
    const running = this.#run(id).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Never rejects. */
  async #run(id: number): Promise<void> {
    let waitMs: number | undefined;
    try {
      while (!this.#stopped) {
        this.#busy.set(id, false);
        const webhook = this.#options.webhooks.find(id);
        if (webhook?.body.enabled !== true) break;
        await this.#count(id);
        const due = await this.#due(id);
        await Promise.all(due.map((delivery) => this.#deliver(webhook, delivery)));
        if (due.length > 0 || this.#busy.get(id) === true) continue;
        waitMs = await this.#nextMs(id);
        break;
      }
    } catch (error) {
      // Such as a database that is away: what waits is still there.
      this.#options.log.warn({ err: error, webhook: id }, 'webhook deliveries could not be looked up');
      waitMs = limits.webhookDatabaseRetryMs;
    }
    const woken = this.#busy.get(id) === true;
    this.#busy.delete(id);
    if (woken) this.wake(id);
    else if (waitMs !== undefined && !this.#stopped) this.#wakeIn(id, waitMs);
  }

  #wakeIn(id: number, ms: number): void {
    const timer = setTimeout(() => this.wake(id), Math.min(Math.max(ms, 0), limits.webhookSleepMs));
    this.#timers.set(id, timer);
    timer.unref();
  }

  /** Looks now and then whether too much waits. */
  async #count(id: number): Promise<void> {
    const { database, webhooks } = this.#options;
    const now = this.#now();
    if (now - (this.#counted.get(id) ?? -Infinity) < limits.waitingDeliveriesCountMs) return;
    this.#counted.set(id, now);
    const beyond = await database.reads
      .selectFrom('WebhookDelivery')
      .select('id')
      .where('webhook_id', '=', id)
      .where('state', '=', 'waiting')
      .orderBy('next_attempt')
      .offset(limits.waitingDeliveries)
      .limit(1)
      .executeTakeFirst();
    webhooks.setOverfull(id, beyond !== undefined);
  }

  #due(id: number): Promise<Delivery[]> {
    return this.#options.database.reads
      .selectFrom('WebhookDelivery')
      .select(['id', 'event_id', 'attempts'])
      .where('webhook_id', '=', id)
      .where('state', '=', 'waiting')
      .where('next_attempt', '<=', this.#now())
      .orderBy('next_attempt')
      .orderBy('id')
      .limit(limits.webhookDeliveriesAtOnce)
      .execute();
  }

  /** Undefined: none waits. */
  async #nextMs(id: number): Promise<number | undefined> {
    const next = await this.#options.database.reads
      .selectFrom('WebhookDelivery')
      .select('next_attempt')
      .where('webhook_id', '=', id)
      .where('state', '=', 'waiting')
      .orderBy('next_attempt')
      .limit(1)
      .executeTakeFirst();
    return next === undefined ? undefined : next.next_attempt - this.#now();
  }

  async #deliver(webhook: Webhook, delivery: Delivery): Promise<void> {
    const { database, webhooks, log } = this.#options;
    const event = await readEvent(database.reads, delivery.event_id);
    // It was deleted with its endpoint, and its deliveries with it.
    if (event === undefined) return;
    const error = await this.#post(webhook, event);
    const now = this.#now();
    const attempts = delivery.attempts + 1;
    const wait = this.#retryMs[delivery.attempts];
    const failed = error !== undefined && (wait === undefined || error === String(GONE));
    await database.db
      .updateTable('WebhookDelivery')
      .set({
        state: error === undefined ? 'delivered' : failed ? 'failed' : 'waiting',
        attempts,
        next_attempt: now + (wait ?? 0),
        updated_at: now,
        last_error: error === undefined ? null : inWords(error),
      })
      .where('id', '=', delivery.id)
      .execute();
    if (failed) log.warn({ webhook: webhook.id, event: event.id, reason: inWords(error) }, 'a webhook was not told of an event'); // prettier-ignore
    if (error === String(GONE) && webhooks.find(webhook.id) !== undefined) {
      const { url } = webhook.body;
      await webhooks.change(webhook.id, (body) => (body.url === url ? { ...body, enabled: false } : body));
    }
  }

  /** Undefined: it was taken. Otherwise the status, or why there was none. */
  async #post({ id, body: { url }, secret }: Webhook, event: EventDetail): Promise<string | undefined> {
    const now = this.#now();
    const body = messageOf(event);
    // The same however often it is sent, so that its receiver knows what it has had already.
    const headers = signedHeaders(secret, `event-${event.id}-${id}`, now, body);
    try {
      const status = await this.#options.post({ url, headers, body });
      return status >= 200 && status < 300 ? undefined : String(status);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function inWords(error: string): string {
  const text = /^\d+$/.test(error) ? `the answer was ${error}` : error;
  return text.replaceAll('\0', '').slice(0, 500);
}

/** The message in the form of the Standard Webhooks specification. Values are left out from the end until it is not too large. */
function messageOf(event: EventDetail): string {
  const message = (values: EventDetail['values'], complete: boolean): string =>
    JSON.stringify({ type: 'event', timestamp: event.time, data: { ...event, values, valuesComplete: complete } });
  const whole = message(event.values, event.valuesComplete);
  if (Buffer.byteLength(whole) <= limits.webhookBodyBytes) return whole;
  let left = limits.webhookBodyBytes - Buffer.byteLength(message([], false));
  const fitting = event.values.filter((value) => (left -= Buffer.byteLength(JSON.stringify(value)) + 1) >= 0);
  return message(fitting, false);
}
