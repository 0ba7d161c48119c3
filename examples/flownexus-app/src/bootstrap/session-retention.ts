import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import { DAY_MS } from '../values/times.ts';

export interface SessionRetentionOptions {
  readonly database: Database;
  readonly settings: { readonly values: { readonly bootstrapSessionDays: number } };
  readonly log: Logger;
  /** Sessions that are kept at most; default `limits.bootstrapSessions`. */
  readonly maximum?: number;
}

/** Deletes bootstrap sessions that are old, and the oldest where there are too many. */
export class SessionRetention {
  readonly #options: SessionRetentionOptions;
  readonly #repeated: Repeated;

  constructor(options: SessionRetentionOptions) {
    this.#options = options;
    this.#repeated = new Repeated({
      everyMs: limits.bootstrapRetentionEveryMs,
      run: () => this.run(Date.now()),
      // The database may be away; the next run goes on where this one ended.
      onError: (error) => options.log.error({ err: error }, 'old bootstrap sessions could not be deleted'),
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

  /** One run, as of a time in milliseconds since 1970, in small transactions. */
  async run(now: number): Promise<void> {
    const { database, settings, maximum = limits.bootstrapSessions } = this.#options;
    const before = now - settings.values.bootstrapSessionDays * DAY_MS;
    const tooMany = await database.longReads.selectFrom('BootstrapSession').select('id').orderBy('id', 'desc').offset(maximum).limit(1).executeTakeFirst(); // prettier-ignore
    // They are stored when they end: their ids are in the order of that.
    for (let rows = 1; rows > 0 && !this.#repeated.stopping.aborted;) {
      const { numDeletedRows } = await database.db
        .deleteFrom('BootstrapSession')
        .where('id', 'in', (some) =>
          some.selectFrom('BootstrapSession').select('id').orderBy('id').limit(limits.bootstrapRetentionRows),
        ) // prettier-ignore
        .where((where) => where.or([where('ended', '<', before), where('id', '<=', tooMany?.id ?? 0)]))
        .executeTakeFirst();
      rows = Number(numDeletedRows);
    }
  }
}
