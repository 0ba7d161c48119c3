import { sql, type SqlBool } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';

export interface ReportedRegistrationsOptions {
  readonly database: Pick<Database, 'longReads'>;
  /** Stores the end of an endpoint's registration, which was at that time in milliseconds since 1970. */
  readonly store: (endpoint: string, at: number) => Promise<void>;
  /** Told of what goes wrong; the next run tries again. Must not throw. */
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
}

/**
 * Ends registrations that another server has reported, when nothing was heard of their endpoints for their lifetime: that server may have gone without a word.
 * Those of our own server are for it to end.
 */
export class ReportedRegistrations {
  readonly #options: ReportedRegistrationsOptions;
  readonly #repeated: Repeated;

  constructor(options: ReportedRegistrationsOptions) {
    this.#options = options;
    const { everyMs = limits.reportedEndsEveryMs, onError } = options;
    this.#repeated = new Repeated({ everyMs, run: () => this.end(Date.now()), onError });
  }

  /** Looks again and again, for the first time after one interval. */
  start(): void {
    this.#repeated.start();
  }

  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  /** Ends those whose lifetime has passed at a time in milliseconds since 1970. Rejects when an end could not be stored. */
  async end(now: number): Promise<void> {
    const { database, store } = this.#options;
    while (!this.#repeated.stopping.aborted) {
      const rows = await database.longReads
        .selectFrom('Endpoint')
        .select('endpoint')
        .where(sql<SqlBool>`registered = 1 AND reported = 1`)
        .where(sql<SqlBool>`last_updated + lifetime * 1000 < ${now}`)
        .where('endpoint', 'not in', (builder) => builder.selectFrom('Registration').select('endpoint'))
        .limit(limits.reportedEndsAtOnce)
        .execute();
      await Promise.all(rows.map(({ endpoint }) => store(endpoint, now)));
      if (rows.length < limits.reportedEndsAtOnce) return;
    }
  }
}
