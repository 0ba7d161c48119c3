import { sql } from 'kysely';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { mergeSeries } from '../values/merge-series.ts';
import { EARLIEST, LATEST } from '../values/times.ts';
import { type Position, readSeries } from '../values/value-select.ts';
import type { ValueTrimmer } from './value-trimmer.ts';

/** Deletes the oldest of what an endpoint has too much of. */
export class EndpointTrimmer {
  readonly #database: Pick<Database, 'longReads'>;
  readonly #signal: AbortSignal;
  readonly #trimmer: ValueTrimmer;

  /** It ends early when the signal is aborted. */
  constructor(database: Pick<Database, 'longReads'>, signal: AbortSignal, trimmer: ValueTrimmer) {
    this.#database = database;
    this.#signal = signal;
    this.#trimmer = trimmer;
  }

  /** Deletes the oldest values of an endpoint that has more than `maximum`; gives how many. */
  async trimValues(endpoint: string, maximum: number): Promise<number> {
    const { longReads } = this.#database;
    let excess = (await this.#count('ResourceValue', endpoint)) - maximum;
    if (excess <= 0) return 0;
    let deleted = 0;
    const ids = await this.#seriesOf(endpoint);
    while (excess > 0 && !this.#signal.aborted) {
      const oldest = await mergeSeries<number, Position>(ids, Math.min(excess, limits.retentionRows), true, (reads, atMost) => readSeries(longReads, reads, { from: EARLIEST, to: LATEST }, true, atMost)); // prettier-ignore
      const last = oldest.at(-1);
      if (last === undefined) break;
      for (const id of ids) deleted += await this.#trimmer.deleteUpTo(id, last);
      excess -= oldest.length;
    }
    return deleted;
  }

  /** Deletes the oldest aggregates of an endpoint that has more than `maximum`, with all others of the same hour; gives how many. */
  async trimAggregates(endpoint: string, maximum: number): Promise<number> {
    const excess = (await this.#count('ResourceAggregate', endpoint)) - maximum;
    if (excess <= 0) return 0;
    const { bucket } = await this.#database.longReads
      .selectFrom('ResourceAggregate as a')
      .innerJoin('Series as s', 's.id', 'a.series_id')
      .select('a.bucket')
      .where('s.endpoint', '=', endpoint)
      .orderBy('a.bucket')
      .offset(excess - 1)
      .limit(1)
      .executeTakeFirstOrThrow();
    let deleted = 0;
    for (const id of await this.#seriesOf(endpoint)) {
      if (this.#signal.aborted) break;
      deleted += await this.#trimmer.deleteAggregatesBefore(id, bucket + 1);
    }
    return deleted;
  }

  async #count(table: 'ResourceValue' | 'ResourceAggregate', endpoint: string): Promise<number> {
    const { rows } = await sql<{
      count: number;
    }>`SELECT count(*) AS count FROM ${sql.table(table)} r JOIN "Series" s ON s.id = r.series_id
      WHERE s.endpoint = ${endpoint}`.execute(this.#database.longReads);
    return rows[0]?.count ?? 0;
  }

  async #seriesOf(endpoint: string): Promise<number[]> {
    const rows = await this.#database.longReads.selectFrom('Series').select('id').where('endpoint', '=', endpoint).execute(); // prettier-ignore
    return rows.map(({ id }) => id);
  }
}
