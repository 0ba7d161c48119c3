import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import type { Settings } from '../settings/settings.ts';
import type { Ingest } from '../values/ingest.ts';
import { mergeSeries } from '../values/merge-series.ts';
import { seriesAfter, type SeriesInfo } from '../values/series-list.ts';
import { EARLIEST, LATEST } from '../values/times.ts';
import { type Position, readSeries } from '../values/value-select.ts';
import { RetentionPolicies } from './retention-policy.ts';
import { ValueTrimmer } from './value-trimmer.ts';

export interface RetentionJobOptions {
  readonly database: Database;
  readonly ingest: Pick<Ingest, 'removeEmptySeries'>;
  readonly settings: Pick<Settings, 'values'>;
  readonly log: Logger;
  /** Between the end of one run and the next, in milliseconds; default `limits.retentionEveryMs`. */
  readonly everyMs?: number;
}

/** What a run deleted. */
export interface RetentionReport {
  readonly values: number;
  readonly aggregates: number;
}

/** Deletes what is older than its retention policy keeps, and the oldest values of endpoints that have more than they may. */
export class RetentionJob {
  readonly #options: RetentionJobOptions;
  readonly #repeated: Repeated;

  constructor(options: RetentionJobOptions) {
    this.#options = options;
    const { log, everyMs = limits.retentionEveryMs } = options;
    this.#repeated = new Repeated({
      everyMs,
      run: async () => {
        const report = await this.run(Date.now());
        if (report.values + report.aggregates > 0) log.info(report, 'retention');
      },
      // The database may be away; the next run goes on where this one ended.
      onError: (error) => log.error({ err: error }, 'retention failed'),
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

  /** One run, as of a time in milliseconds since 1970. */
  async run(now: number): Promise<RetentionReport> {
    const { database, ingest } = this.#options;
    const rows = await database.reads.selectFrom('RetentionPolicy').selectAll().execute();
    const policies = new RetentionPolicies(rows);
    const trimmer = new ValueTrimmer(database, this.#repeated.stopping);
    const deleted = { values: 0, aggregates: 0 };
    for await (const series of this.#allSeries()) {
      const cutoffs = policies.cutoffs(series.endpoint, series.path, now);
      if (cutoffs === undefined) continue;
      const { values, thin, aggregates } = cutoffs;
      const before = deleted.values + deleted.aggregates;
      if (values !== undefined) deleted.values += await trimmer.deleteBefore(series.id, values);
      if (thin !== undefined) deleted.values += await trimmer.thin(series.id, thin.before, thin.interval);
      if (aggregates !== undefined) deleted.aggregates += await trimmer.deleteAggregatesBefore(series.id, aggregates);
      if (deleted.values + deleted.aggregates > before) await ingest.removeEmptySeries(series.endpoint, [series.id]);
    }
    deleted.values += await this.#trimEndpoints(trimmer);
    return deleted;
  }

  /** Series after series, in pages. */
  async *#allSeries(): AsyncGenerator<SeriesInfo> {
    for (let after = 0; !this.#repeated.stopping.aborted;) {
      const page = await seriesAfter(this.#options.database.longReads, after, limits.seriesPerPage);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  async #trimEndpoints(trimmer: ValueTrimmer): Promise<number> {
    const { database, settings } = this.#options;
    const { valuesPerEndpoint: maximum } = settings.values;
    let deleted = 0;
    for (let after = ''; !this.#repeated.stopping.aborted;) {
      const row = await database.longReads
        .selectFrom('Endpoint')
        .select('endpoint')
        .where('endpoint', '>', after)
        .orderBy('endpoint')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) break;
      deleted += await this.#trimEndpoint(trimmer, row.endpoint, maximum);
      after = row.endpoint;
    }
    return deleted;
  }

  /** Deletes the oldest values of an endpoint that has too many. */
  async #trimEndpoint(trimmer: ValueTrimmer, endpoint: string, maximum: number): Promise<number> {
    const { longReads } = this.#options.database;
    const { count } = await longReads
      .selectFrom('ResourceValue as v')
      .innerJoin('Series as s', 's.id', 'v.series_id')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('s.endpoint', '=', endpoint)
      .executeTakeFirstOrThrow();
    let deleted = 0;
    if (count <= maximum) return deleted;
    const ids = (await longReads.selectFrom('Series').select('id').where('endpoint', '=', endpoint).execute()).map(({ id }) => id); // prettier-ignore
    for (let excess = count - maximum; excess > 0 && !this.#repeated.stopping.aborted;) {
      const oldest = await mergeSeries<number, Position>(ids, Math.min(excess, limits.retentionRows), true, (reads, atMost) => readSeries(longReads, reads, { from: EARLIEST, to: LATEST }, true, atMost)); // prettier-ignore
      const last = oldest.at(-1);
      if (last === undefined) break;
      let gone = 0;
      for (const id of ids) gone += await trimmer.deleteUpTo(id, last);
      deleted += gone;
      excess -= oldest.length;
    }
    return deleted;
  }
}
