import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import { DAY_MS } from '../values/times.ts';

export interface EventRetentionOptions {
  readonly database: Database;
  readonly settings: { readonly values: { readonly eventDays: number } };
  readonly log: Logger;
}

/** Deletes old events, and webhook deliveries that have been over for long. */
export class EventRetention {
  readonly #options: EventRetentionOptions;
  readonly #repeated: Repeated;

  constructor(options: EventRetentionOptions) {
    this.#options = options;
    this.#repeated = new Repeated({
      everyMs: limits.eventRetentionEveryMs,
      run: () => this.run(Date.now()),
      // The database may be away; the next run goes on where this one ended.
      onError: (error) => options.log.error({ err: error }, 'old events could not be deleted'),
    });
  }

  /** Runs again and again, for the first time after one interval. */
  start(): void {
    this.#repeated.start();
  }

  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  /** One run, as of a time in milliseconds since 1970. It works in small transactions: nobody is held up for long. */
  async run(now: number): Promise<void> {
    const { database, settings } = this.#options;
    const { db } = database;
    await this.#deleteEvents(now - settings.values.eventDays * DAY_MS);
    const deliveriesBefore = now - limits.deliveryRetentionMs;
    await this.#untilNothing(() =>
      db
        .deleteFrom('WebhookDelivery')
        .where('id', 'in', (some) =>
          some
            .selectFrom('WebhookDelivery')
            .select('id')
            .where('state', '!=', 'waiting')
            .where('updated_at', '<', deliveriesBefore)
            .limit(limits.eventRetentionRows),
        ) // prettier-ignore
        .executeTakeFirst(),
    );
  }

  /** Deletes events that came before a time. Their ids tell the order in which they came, more or less; their own times are what devices say, and may be of any year. */
  async #deleteEvents(before: number): Promise<void> {
    const { db, longReads } = this.#options.database;
    for (let after = -1; !this.#repeated.stopping.aborted;) {
      const rows = await longReads.selectFrom('Event').select(['id', 'ts_received']).where('id', '>', after).orderBy('id').limit(limits.eventRetentionRows).execute(); // prettier-ignore
      const old = rows.filter((row) => row.ts_received < before).map(({ id }) => id);
      const last = rows.at(-1);
      if (last === undefined || old.length === 0) return;
      await db.deleteFrom('Event').where('id', 'in', old).execute();
      after = last.id;
    }
  }

  async #untilNothing(deleteSome: () => Promise<{ readonly numDeletedRows: bigint }>): Promise<void> {
    while (!this.#repeated.stopping.aborted && (await deleteSome()).numDeletedRows > 0n);
  }
}
