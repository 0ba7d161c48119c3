import type { ServerStatistics } from '@flownexus/lwm2m-server';
import { sql } from 'kysely';
import type { Database } from '../database/open-database.ts';
import type { OperationStatus } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { StoredBatch } from '../values/batch.ts';
import type { RefusedValues } from '../values/refused-values.ts';
import { MinuteRate } from './minute-rate.ts';

export interface FleetStatisticsOptions {
  readonly database: Database;
  readonly refused: Pick<RefusedValues, 'count'>;
  /** What the LwM2M server counts. */
  readonly lwm2m: () => ServerStatistics;
}

type Snapshot = Awaited<ReturnType<FleetStatistics['read']>>;

/** Numbers about everything: what the database has, and what came in lately. */
export class FleetStatistics {
  readonly #database: Database;
  readonly #refused: Pick<RefusedValues, 'count'>;
  readonly #lwm2m: () => ServerStatistics;
  readonly #messages = new MinuteRate();
  readonly #values = new MinuteRate();
  readonly #events = new MinuteRate();
  readonly #totals = { messages: 0, values: 0, events: 0 };
  #latest: { readonly at: number; readonly snapshot: Promise<Snapshot> } | undefined;

  constructor({ database, refused, lwm2m }: FleetStatisticsOptions) {
    this.#database = database;
    this.#refused = refused;
    this.#lwm2m = lwm2m;
  }

  /** Counts what was stored. */
  count(stored: readonly StoredBatch[]): void {
    const values = stored.reduce((sum, each) => sum + each.values.length, 0);
    const events = stored.reduce((sum, each) => sum + each.events.length, 0);
    this.#messages.add(stored.length);
    this.#values.add(values);
    this.#events.add(events);
    this.#totals.messages += stored.length;
    this.#totals.values += values;
    this.#totals.events += events;
  }

  /** What was stored since the start, and values that were not. */
  get totals(): {
    readonly messages: number;
    readonly values: number;
    readonly events: number;
    readonly refusedValues: number;
  } {
    return { ...this.#totals, refusedValues: this.#refused.count };
  }

  /** The present numbers, at most `limits.statisticsKeptMs` old: counting goes through tables. */
  snapshot(): Promise<Snapshot> {
    const now = performance.now();
    if (this.#latest === undefined || now - this.#latest.at >= limits.statisticsKeptMs) {
      this.#latest = { at: now, snapshot: this.read() };
    }
    return this.#latest.snapshot;
  }

  /** Reads the present numbers. */
  async read() {
    const [endpoints, operations, sizeBytes] = await Promise.all([
      this.#readEndpoints(),
      this.#readOperations(),
      this.#readSize(),
    ]);
    const lwm2m = this.#lwm2m();
    const { registrations, asleep } = lwm2m;
    return {
      time: new Date().toISOString(),
      endpoints: { ...endpoints, awake: registrations - asleep, asleep },
      lastMinute: {
        messages: this.#messages.perMinute,
        values: this.#values.perMinute,
        events: this.#events.perMinute,
      },
      refusedValues: this.#refused.count,
      operations,
      database: { kind: this.#database.kind, sizeBytes },
      lwm2m,
    };
  }

  async #readEndpoints() {
    const rows = await this.#database.longReads
      .selectFrom('Endpoint')
      .select(['admission', 'registered', (builder) => builder.fn.countAll<number>().as('count')])
      .groupBy(['admission', 'registered'])
      .execute();
    const count = (which: (row: (typeof rows)[number]) => boolean): number =>
      rows.filter(which).reduce((sum, row) => sum + row.count, 0);
    return {
      total: count(() => true),
      registered: count(({ registered }) => registered === 1),
      held: count(({ admission }) => admission === 'held'),
      refused: count(({ admission }) => admission === 'refused'),
    };
  }

  async #readOperations() {
    const rows = await this.#database.longReads
      .selectFrom('EndpointOperation')
      .select(['status', (builder) => builder.fn.countAll<number>().as('count')])
      .groupBy('status')
      .execute();
    const count = (status: OperationStatus): number => rows.find((row) => row.status === status)?.count ?? 0;
    return { queued: count('QUEUED'), sending: count('SENDING'), confirmed: count('CONFIRMED'), failed: count('FAILED') }; // prettier-ignore
  }

  async #readSize(): Promise<number> {
    const { rows } = await (
      this.#database.kind === 'sqlite'
        ? sql<{ size: number }>`SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()`
        : sql<{ size: number }>`SELECT pg_database_size(current_database()) AS size`
    ).execute(this.#database.longReads);
    return rows[0]?.size ?? 0;
  }
}
