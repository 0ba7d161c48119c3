import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import type { SettingsValues } from '../settings/settings.ts';
import { DAY_MS, LATEST } from '../values/times.ts';

export interface LogRetentionOptions {
  readonly database: Database;
  readonly settings: {
    readonly values: Pick<SettingsValues, 'logDays' | 'logEntriesPerEndpoint' | 'logMegabytesPerEndpoint'>;
  };
  readonly log: Logger;
}

/** Deletes log entries that are old, and the oldest of endpoints that have more than they may. */
export class LogRetention {
  readonly #options: LogRetentionOptions;
  readonly #repeated: Repeated;

  constructor(options: LogRetentionOptions) {
    this.#options = options;
    this.#repeated = new Repeated({
      everyMs: limits.logRetentionEveryMs,
      run: async () => {
        const entries = await this.run(Date.now());
        if (entries > 0) options.log.info({ entries }, 'old log entries were deleted');
      },
      // The database may be away; the next run goes on where this one ended.
      onError: (error) => options.log.error({ err: error }, 'old log entries could not be deleted'),
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

  /** One run, as of a time in milliseconds since 1970, in small transactions; resolves to how many entries were deleted. */
  async run(now: number): Promise<number> {
    const { database, settings } = this.#options;
    const { logDays, logEntriesPerEndpoint, logMegabytesPerEndpoint } = settings.values;
    const { stopping } = this.#repeated;
    let deleted = await deleteLogs(database, { before: now - logDays * DAY_MS }, stopping);
    const most = { entries: logEntriesPerEndpoint, bytes: logMegabytesPerEndpoint * 1_000_000 };
    for (const endpoint of await this.#fullEndpoints(most)) {
      if (stopping.aborted) break;
      const last = await this.#lastTooMuch(endpoint, most);
      if (last !== undefined) deleted += await deleteLogs(database, { endpoint, ...last }, stopping);
    }
    return deleted;
  }

  async #fullEndpoints({ entries, bytes }: Most): Promise<string[]> {
    const rows = await this.#options.database.longReads
      .selectFrom('DeviceLog')
      .select('endpoint')
      .groupBy('endpoint')
      .having((having) =>
        having.or([having(having.fn.countAll(), '>', entries), having(having.fn.sum('size'), '>', bytes)]),
      ) // prettier-ignore
      .execute();
    return rows.map(({ endpoint }) => endpoint);
  }

  /** The newest entry of an endpoint that is too much: it goes, and all before it. */
  async #lastTooMuch(endpoint: string, { entries, bytes }: Most): Promise<UpTo | undefined> {
    const { rows } = await sql<{ time: number; id: number }>`
      SELECT time, id FROM (
        SELECT received_at AS time, id, row_number() OVER newest AS position, sum(size) OVER newest AS total
        FROM "DeviceLog" WHERE endpoint = ${endpoint}
        WINDOW newest AS (ORDER BY received_at DESC, id DESC)
      ) AS counted
      WHERE position > ${entries} OR total > ${bytes} ORDER BY time DESC, id DESC LIMIT 1`.execute(
      this.#options.database.longReads,
    );
    const [row] = rows;
    return row === undefined ? undefined : { before: row.time, upToId: row.id };
  }
}

interface Most {
  readonly entries: number;
  readonly bytes: number;
}

interface UpTo {
  /** Those that arrived before this time, in milliseconds since 1970. */
  readonly before: number;
  /** Of those that arrived at this time, the ones up to this id. */
  readonly upToId?: number;
}

/** Deletes the log of an endpoint, in small transactions, until the signal is aborted. */
export async function deleteLogsOf(database: Database, endpoint: string, signal: AbortSignal): Promise<void> {
  await deleteLogs(database, { endpoint, before: LATEST }, signal);
}

async function deleteLogs(
  { db }: Database,
  { endpoint, before, upToId }: UpTo & { readonly endpoint?: string },
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  while (!signal.aborted) {
    const { numDeletedRows } = await db
      .deleteFrom('DeviceLog')
      .where('id', 'in', (some) => {
        let query = some.selectFrom('DeviceLog').select('id');
        if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
        query =
          upToId === undefined
            ? query.where('received_at', '<', before)
            : query.where((where) => where(where.refTuple('received_at', 'id'), '<=', where.tuple(before, upToId)));
        return query.orderBy('received_at').orderBy('id').limit(limits.logRetentionRows);
      })
      .executeTakeFirst();
    deleted += Number(numDeletedRows);
    if (numDeletedRows < BigInt(limits.logRetentionRows)) break;
  }
  return deleted;
}
