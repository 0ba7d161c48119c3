import { sql } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { chunks, keyRows, KEYS_PER_QUERY } from '../values/key-rows.ts';
import { beginningOf, EARLIEST, LATEST } from '../values/times.ts';
import type { Position } from '../values/value-select.ts';

/** Deletes values in transactions so small that nobody waits for them. All functions give how many they deleted, and end early when `signal` is aborted. */
export class ValueTrimmer {
  readonly #database: Database;
  readonly #signal: AbortSignal;

  constructor(database: Database, signal: AbortSignal) {
    this.#database = database;
    this.#signal = signal;
  }

  /**
   * Deletes the values of a series that were measured and received before a time, in milliseconds since 1970: what a device had kept, or has sent with a clock
   * that was not set, is not gone as soon as it has come.
   */
  deleteBefore(seriesId: number, time: number): Promise<number> {
    return this.#deleteUpTo(seriesId, { time, id: -1 }, time);
  }

  /** Deletes the values of a series up to a position, which goes too. */
  deleteUpTo(seriesId: number, last: Position): Promise<number> {
    return this.#deleteUpTo(seriesId, last, Number.MAX_SAFE_INTEGER);
  }

  /** Deletes all values of a series. */
  deleteAll(seriesId: number): Promise<number> {
    return this.deleteUpTo(seriesId, { time: LATEST, id: Number.MAX_SAFE_INTEGER });
  }

  /** Deletes those up to a position that were received before a time. */
  async #deleteUpTo(seriesId: number, last: Position, receivedBefore: number): Promise<number> {
    let deleted = 0;
    while (!this.#signal.aborted) {
      // Where the next few end; without one, what is left is fewer.
      const end = await this.#database.longReads
        .selectFrom('ResourceValue')
        .select(['time', 'id'])
        .where('series_id', '=', seriesId)
        .where('time', '<=', last.time)
        .where('ts_received', '<', receivedBefore)
        .where(sql<boolean>`(time, id) <= (${last.time}, ${last.id})`)
        .orderBy('time')
        .orderBy('id')
        .offset(limits.retentionRows - 1)
        .limit(1)
        .executeTakeFirst();
      const until = end ?? last;
      const { numDeletedRows } = await this.#database.db
        .deleteFrom('ResourceValue')
        .where('series_id', '=', seriesId)
        .where('time', '<=', until.time)
        .where('ts_received', '<', receivedBefore)
        .where(sql<boolean>`(time, id) <= (${until.time}, ${until.id})`)
        .executeTakeFirstOrThrow();
      deleted += Number(numDeletedRows);
      if (end === undefined) break;
      await turn();
    }
    return deleted;
  }

  /** Keeps the latest value of each interval before a time, of those that begin with 1970; an interval that is not over before it is left as it is. */
  async thin(seriesId: number, before: number, interval: number): Promise<number> {
    const end = beginningOf(before, interval);
    let deleted = 0;
    let after: Position = { time: EARLIEST, id: -1 };
    let open: Position | undefined;
    while (!this.#signal.aborted) {
      const rows = await this.#database.longReads
        .selectFrom('ResourceValue')
        .select(['time', 'id'])
        .where('series_id', '=', seriesId)
        .where('time', '>=', after.time)
        .where('time', '<', end)
        .where(sql<boolean>`(time, id) > (${after.time}, ${after.id})`)
        .orderBy('time')
        .orderBy('id')
        .limit(limits.retentionRows)
        .execute();
      const superfluous: Position[] = [];
      for (const row of rows) {
        if (open !== undefined && beginningOf(open.time, interval) === beginningOf(row.time, interval)) superfluous.push(open); // prettier-ignore
        open = row;
      }
      deleted += await this.#deleteKeys(seriesId, superfluous);
      const last = rows.at(-1);
      if (last === undefined || rows.length < limits.retentionRows) break;
      after = last;
      await turn();
    }
    return deleted;
  }

  /** Deletes the aggregates of a series before a time. */
  async deleteAggregatesBefore(seriesId: number, time: number): Promise<number> {
    const { db, kind } = this.#database;
    const { numDeletedRows } = await db
      .deleteFrom('ResourceAggregate')
      .where('series_id', '=', seriesId)
      .where('bucket', 'in', (builder) => {
        const old = builder.selectFrom('ResourceAggregate').select('bucket').where('series_id', '=', seriesId).where('bucket', '<', time); // prettier-ignore
        // Values that come in meanwhile lock aggregates in this order.
        return kind === 'postgres' ? old.orderBy('bucket').forUpdate() : old;
      })
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  async #deleteKeys(seriesId: number, positions: readonly Position[]): Promise<number> {
    let deleted = 0;
    for (const group of chunks(positions, KEYS_PER_QUERY)) {
      const keys = keyRows(['integer', 'integer'], group.map(({ time, id }) => [time, id])); // prettier-ignore
      const { numDeletedRows } = await this.#database.db
        .deleteFrom('ResourceValue')
        .where('series_id', '=', seriesId)
        .where(sql<boolean>`(time, id) IN ${keys}`)
        .executeTakeFirstOrThrow();
      deleted += Number(numDeletedRows);
    }
    return deleted;
  }
}

/** Lets what devices wait for go first. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
