import { Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { Database } from '../database/open-database.ts';
import { ANSWERED, type Route, route } from '../http/route.ts';
import { limits } from '../limits.ts';
import type { FleetStatistics } from '../statistics/fleet-statistics.ts';
import { within } from '../within.ts';
import { type CountedSample, type DatabaseSample, registerDatabaseMetrics } from './database-metrics.ts';
import type { DatabaseWatch } from './database-watch.ts';
import { type DeviceStatistics, registerDeviceMetrics } from './device-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { sampledGauge } from './sampled-metrics.ts';

export interface MetricsOptions {
  readonly version: string;
  readonly database: Database;
  readonly watch: Pick<DatabaseWatch, 'look'>;
  readonly statistics: Pick<FleetStatistics, 'snapshot' | 'totals'>;
  readonly devices: () => DeviceStatistics;
  readonly log: Logger;
}

interface Sample {
  readonly devices: DeviceStatistics;
  readonly database: DatabaseSample;
}

/** The metrics for Prometheus: looked up when they are asked for, from what is counted anyway. */
export class Metrics {
  readonly registry = new Registry();
  readonly #options: MetricsOptions;
  #sample: Sample | undefined;
  #scrape: Promise<string> | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    registerDeviceMetrics(this.registry, () => this.#current().devices);
    registerDatabaseMetrics(this.registry, () => this.#current().database);
    const { version, database } = options;
    sampledGauge(this.registry, {
      name: 'flownexus_info',
      help: 'The version of FlowNexus and the kind of its database; always 1',
      labels: ['version', 'database'],
      read: () => [{ labels: { version, database: database.kind }, value: 1 }],
    });
  }

  /** All metrics in the text format of Prometheus. Who asks while they are looked up gets the same. */
  text(): Promise<string> {
    this.#scrape ??= this.#read().finally(() => (this.#scrape = undefined));
    return this.#scrape;
  }

  /** `GET /metrics`. */
  get route(): Route {
    return route({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Metrics in the text format of Prometheus',
      description: 'Prometheus sends an API token: `authorization: { credentials: <token> }`.',
      tag: 'Operating',
      access: 'read',
      answers: { 200: { description: 'They', contentType: 'text/plain' } },
      handle: async ({ response }): Promise<typeof ANSWERED> => {
        const text = await this.text();
        response.set('Content-Type', this.registry.contentType).send(text);
        return ANSWERED;
      },
    });
  }

  async #read(): Promise<string> {
    const { database, watch, statistics, devices } = this.#options;
    const state = await watch.look();
    const counted = state.up ? await this.#count() : undefined;
    this.#sample = {
      devices: devices(),
      database: { state, commits: database.commits.statistics, stored: statistics.totals, counted },
    };
    return `${await this.registry.metrics()}\n${await processMetrics().metrics()}`;
  }

  /** Undefined when it took too long: then the other metrics go without. */
  async #count(): Promise<CountedSample | undefined> {
    const { database, statistics, log } = this.#options;
    const read = async (): Promise<CountedSample> => {
      const [{ endpoints, operations, database: size }, { count }] = await Promise.all([
        statistics.snapshot(),
        database.longReads
          .selectFrom('WebhookDelivery')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('state', '=', 'waiting')
          .executeTakeFirstOrThrow(),
      ]);
      const { total, registered, held, refused } = endpoints;
      return {
        endpoints: { total, registered, held, refused },
        operations,
        sizeBytes: size.sizeBytes,
        deliveries: count,
      };
    };
    try {
      return await within(read(), limits.metricsQueryMs);
    } catch (error) {
      log.warn({ err: error }, 'some metrics could not be looked up');
      return undefined;
    }
  }

  #current(): Sample {
    if (this.#sample === undefined) throw new Error('nothing was looked up yet');
    return this.#sample;
  }
}
