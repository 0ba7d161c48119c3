import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import type { Settings } from '../settings/settings.ts';
import type { Ingest } from '../values/ingest.ts';
import { emptySeries, seriesAfter, type SeriesInfo } from '../values/series-list.ts';
import { EndpointTrimmer } from './endpoint-trimmer.ts';
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

/** Deletes what is older than its retention policy keeps, the oldest values and aggregates of endpoints that have more than they may, and series that have none. */
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
    await this.#trimEndpoints(new EndpointTrimmer(database, this.#repeated.stopping, trimmer), deleted);
    for await (const page of this.#allSeries()) {
      for (const series of page) {
        const cutoffs = policies.cutoffs(series.endpoint, series.path, now);
        if (cutoffs === undefined) continue;
        const { values, thin, aggregates } = cutoffs;
        if (values !== undefined) deleted.values += await trimmer.deleteBefore(series.id, values);
        if (thin !== undefined) deleted.values += await trimmer.thin(series.id, thin.before, thin.interval);
        if (aggregates !== undefined) deleted.aggregates += await trimmer.deleteAggregatesBefore(series.id, aggregates);
      }
      const empty = await emptySeries(database.longReads, page.map(({ id }) => id)); // prettier-ignore
      const emptyOf = Map.groupBy(page.filter(({ id }) => empty.has(id)), ({ endpoint }) => endpoint); // prettier-ignore
      for (const [endpoint, series] of emptyOf) await ingest.removeEmptySeries(endpoint, series.map(({ id }) => id)); // prettier-ignore
    }
    return deleted;
  }

  /** All series, in pages. */
  async *#allSeries(): AsyncGenerator<readonly SeriesInfo[]> {
    for (let after = 0; !this.#repeated.stopping.aborted;) {
      const page = await seriesAfter(this.#options.database.longReads, after, limits.seriesPerPage);
      yield page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  async #trimEndpoints(trimmer: EndpointTrimmer, deleted: { values: number; aggregates: number }): Promise<void> {
    const { database, settings } = this.#options;
    const { valuesPerEndpoint: maximum } = settings.values;
    for (let after = ''; !this.#repeated.stopping.aborted;) {
      const row = await database.longReads
        .selectFrom('Endpoint')
        .select('endpoint')
        .where('endpoint', '>', after)
        .orderBy('endpoint')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) break;
      deleted.values += await trimmer.trimValues(row.endpoint, maximum);
      deleted.aggregates += await trimmer.trimAggregates(row.endpoint, maximum);
      after = row.endpoint;
    }
  }
}
