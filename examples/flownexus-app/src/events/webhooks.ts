import type { Kysely } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { Serial } from '../serial.ts';
import type { StoredEvent } from '../values/batch.ts';
import { compileEndpointFilter } from './endpoint-filter.ts';
import { type WebhookBody, webhookBodySchema, type WebhookFilter } from './webhook-bodies.ts';
import { newWebhookSecret } from './webhook-signature.ts';

export interface Webhook {
  readonly id: number;
  readonly body: WebhookBody;
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Whether an event is told of. */
  readonly wants: (event: StoredEvent) => boolean;
}

const insertDeliveries = bulkInsert({
  table: 'WebhookDelivery',
  columns: { webhook_id: 'bigint', event_id: 'bigint', state: 'text', next_attempt: 'bigint', updated_at: 'bigint', last_error: 'text' }, // prettier-ignore
  onConflict: 'ON CONFLICT (webhook_id, event_id) DO NOTHING',
});

/** The webhooks, in the database and in memory, and the deliveries that are to be made to them. */
export class Webhooks {
  readonly #database: Database;
  readonly #listeners: ((id: number) => void)[] = [];
  readonly #byId: Map<number, Webhook>;
  readonly #serial = new Serial();
  readonly #overfull = new Set<number>();
  /** Those that {@link outbox} has written something for. */
  readonly #told = new Set<number>();

  private constructor(database: Database, webhooks: readonly Webhook[]) {
    this.#database = database;
    this.#byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  }

  static async load(database: Database): Promise<Webhooks> {
    const rows = await database.reads.selectFrom('Webhook').selectAll().orderBy('id').execute();
    const webhooks = rows.map((row) => {
      const body = webhookBodySchema.parse({ url: row.url, enabled: row.enabled === 1, filter: JSON.parse(row.filter) as unknown }); // prettier-ignore
      return compile(row.id, body, row.secret, row.created_at);
    });
    return new Webhooks(database, webhooks);
  }

  /** By id. */
  list(): readonly Webhook[] {
    return [...this.#byId.values()];
  }

  find(id: number): Webhook | undefined {
    return this.#byId.get(id);
  }

  /** Throws an {@link ApiError} 404 when there is none. */
  get(id: number): Webhook {
    const found = this.#byId.get(id);
    if (found === undefined) throw new ApiError(404, 'not-found', `there is no webhook with the id ${id}`);
    return found;
  }

  /** Calls `listener` with the id of each webhook that was made, changed or deleted. */
  onChange(listener: (id: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether too much waits for a webhook: then what is new is not added to it, and counts as failed. */
  setOverfull(id: number, overfull: boolean): void {
    if (overfull) this.#overfull.add(id);
    else this.#overfull.delete(id);
  }

  /** Writes which webhooks are to be told of events, in the transaction that stores the events. */
  async outbox(trx: Kysely<Tables>, events: readonly StoredEvent[], now: number): Promise<void> {
    const rows = this.list().flatMap(
      (webhook) =>
      events.filter((event) => webhook.body.enabled && webhook.wants(event)).map(({ id }) => ({ id, webhook: webhook.id })), // prettier-ignore
    );
    for (const { webhook } of rows) this.#told.add(webhook);
    const refused = rows.map(({ webhook }) => this.#overfull.has(webhook));
    await insertDeliveries(trx, {
      webhook_id: rows.map(({ webhook }) => webhook),
      event_id: rows.map(({ id }) => id),
      state: refused.map((overfull) => (overfull ? 'failed' : 'waiting')),
      next_attempt: rows.map(() => now),
      updated_at: rows.map(() => now),
      last_error: refused.map((overfull) => (overfull ? 'too many deliveries waited for this webhook' : null)),
    });
  }

  /** The webhooks that {@link outbox} has written something for since the last call. */
  takeTold(): number[] {
    const told = [...this.#told];
    this.#told.clear();
    return told;
  }

  /** Rejects with an {@link ApiError} when there are as many as there may be. */
  create(body: WebhookBody, createdAt: number): Promise<Webhook> {
    return this.#serial.run(async () => {
      if (this.#byId.size >= limits.webhooks) {
        throw new ApiError(409, 'quota-exceeded', `there are ${limits.webhooks} webhooks already, and not more may be`);
      }
      const secret = newWebhookSecret();
      const { id } = await this.#database.db
        .insertInto('Webhook')
        .values({ ...columns(body), secret, created_at: createdAt })
        .returning('id')
        .executeTakeFirstOrThrow();
      return this.#keep(compile(id, body, secret, createdAt));
    });
  }

  /** Gives a webhook what `change` makes of what it has. Rejects with an {@link ApiError} when there is none of that id. */
  change(id: number, change: (body: WebhookBody) => WebhookBody): Promise<Webhook> {
    return this.#serial.run(async () => {
      const { body: before, secret, createdAt } = this.get(id);
      const body = change(before);
      await this.#database.db.updateTable('Webhook').set(columns(body)).where('id', '=', id).execute();
      return this.#keep(compile(id, body, secret, createdAt));
    });
  }

  /** Gives a webhook another secret: from now on messages are signed with it. */
  renewSecret(id: number): Promise<Webhook> {
    return this.#serial.run(async () => {
      const { body, createdAt } = this.get(id);
      const secret = newWebhookSecret();
      await this.#database.db.updateTable('Webhook').set({ secret }).where('id', '=', id).execute();
      return this.#keep(compile(id, body, secret, createdAt));
    });
  }

  /** Deletes a webhook with its deliveries. Rejects with an {@link ApiError} when there is none of that id. */
  delete(id: number): Promise<void> {
    return this.#serial.run(async () => {
      const webhook = this.get(id);
      // Before it is gone from the database: no event that is stored meanwhile may refer to it.
      this.#byId.delete(id);
      try {
        await this.#database.db.deleteFrom('Webhook').where('id', '=', id).execute();
      } catch (error) {
        this.#byId.set(id, webhook);
        throw error;
      }
      this.#overfull.delete(id);
      this.#tell(id);
    });
  }

  #keep(webhook: Webhook): Webhook {
    this.#byId.set(webhook.id, webhook);
    this.#tell(webhook.id);
    return webhook;
  }

  #tell(id: number): void {
    for (const listener of this.#listeners) listener(id);
  }
}

function columns({ url, enabled, filter }: WebhookBody) {
  return { url, enabled: enabled ? (1 as const) : (0 as const), filter: JSON.stringify(filter) };
}

function compile(id: number, body: WebhookBody, secret: string, createdAt: number): Webhook {
  return { id, body, secret, createdAt, wants: compileFilter(body.filter) };
}

function compileFilter({ types, severities, endpoints }: WebhookFilter): (event: StoredEvent) => boolean {
  const concerns = compileEndpointFilter(endpoints);
  return ({ endpoint, event }) =>
    (types === undefined || types.includes(event.eventType)) &&
    (severities === undefined || severities.includes(event.severity)) &&
    concerns(endpoint);
}
