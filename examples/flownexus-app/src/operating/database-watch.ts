import { sql } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import { within } from '../within.ts';

/** How the database is doing. */
export interface DatabaseState {
  readonly up: boolean;
  /** How long it took to answer, in milliseconds; undefined while it is away. */
  readonly latencyMs: number | undefined;
  /** Since when it has not answered, in milliseconds since 1970, to about `limits.databaseWatchMs`; undefined while it does. */
  readonly awaySince: number | undefined;
}

export interface DatabaseWatchOptions {
  readonly database: Pick<Database, 'reads'>;
  /** Between two looks, in milliseconds. Default `limits.databaseWatchMs`. */
  readonly everyMs?: number;
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number;
}

/** Looks now and then whether the database answers, to know since when it does not. */
export class DatabaseWatch {
  readonly #database: Pick<Database, 'reads'>;
  readonly #now: () => number;
  readonly #repeated: Repeated;
  #awaySince: number | undefined;
  #looking: Promise<DatabaseState> | undefined;

  constructor({ database, everyMs = limits.databaseWatchMs, now = Date.now }: DatabaseWatchOptions) {
    this.#database = database;
    this.#now = now;
    this.#repeated = new Repeated({
      everyMs,
      run: async () => {
        await this.look();
      },
      // A look never rejects.
      onError: () => undefined,
    });
  }

  start(): void {
    this.#repeated.start();
  }

  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  /** Asks the database. Who asks while it is being asked gets the same answer. Never rejects, and takes no longer than `limits.readyMs`. */
  look(): Promise<DatabaseState> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<DatabaseState> {
    const began = performance.now();
    try {
      await within(sql`SELECT 1`.execute(this.#database.reads), limits.readyMs);
      this.#awaySince = undefined;
      return { up: true, latencyMs: performance.now() - began, awaySince: undefined };
    } catch {
      // What failed is told by those who need an answer for more than this.
      this.#awaySince ??= this.#now();
      return { up: false, latencyMs: undefined, awaySince: this.#awaySince };
    }
  }
}
