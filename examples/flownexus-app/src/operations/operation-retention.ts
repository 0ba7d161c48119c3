import type { SelectQueryBuilder } from 'kysely';
import { bulkChange } from '../database/bulk-change.ts';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import type { ErrorReport } from '../stores/readable.ts';
import { DAY_MS } from '../values/times.ts';

const remove = bulkChange({ table: 'EndpointOperation', by: { id: 'text' } });

type IdQuery = SelectQueryBuilder<Tables, 'EndpointOperation', { id: string }>;

export interface OperationRetentionOptions {
  readonly database: Database;
  /** Told when operations could not be removed; it is tried again at the next time. */
  readonly report: ErrorReport;
  /** How long finished operations are kept; default `limits.operationDays`. */
  readonly days?: number;
  /** The latest so many finished ones of an endpoint are kept; default `limits.finishedOperationsPerEndpoint`. */
  readonly perEndpoint?: number;
}

/** Removes finished operations that are old, or of which an endpoint has many, in small transactions. What waits stays whatever its age. */
export class OperationRetention {
  readonly #database: Database;
  readonly #keptMs: number;
  readonly #perEndpoint: number;
  readonly #repeated: Repeated;

  constructor({
    database,
    report,
    days = limits.operationDays,
    perEndpoint = limits.finishedOperationsPerEndpoint,
  }: OperationRetentionOptions) {
    // prettier-ignore
    this.#database = database;
    this.#repeated = new Repeated({
      everyMs: limits.operationRetentionMs,
      run: async () => {
        await this.run(Date.now());
      },
      onError: (error) => report(error, 'removing finished operations'),
    });
    this.#keptMs = days * DAY_MS;
    this.#perEndpoint = perEndpoint;
  }

  /** Runs again and again, for the first time after one interval. */
  start(): void {
    this.#repeated.start();
  }

  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void> {
    return this.#repeated.stop();
  }

  /** Removes what is to go at a time, in milliseconds since 1970; resolves to how many operations that were. */
  async run(now: number): Promise<number> {
    const last = await this.#lastSequence();
    const old = this.#finished(last).where('updated_at', '<', now - this.#keptMs);
    let removed = await this.#removeAll(old);
    for (const endpoint of await this.#fullEndpoints()) {
      const ofEndpoint = this.#finished(last).where('endpoint', '=', endpoint).orderBy('sequence', 'desc');
      removed += await this.#removeAll(ofEndpoint.offset(this.#perEndpoint));
    }
    return removed;
  }

  /** The last sequence stays: that of the next operation must be greater than all that ever were. */
  async #lastSequence(): Promise<number> {
    const row = await this.#database.longReads.selectFrom('EndpointOperation').select(({ fn }) => fn.max('sequence').as('last')).executeTakeFirst(); // prettier-ignore
    return row?.last ?? 0;
  }

  #finished(last: number): IdQuery {
    return this.#database.longReads.selectFrom('EndpointOperation').select('id').where('status', 'in', ['CONFIRMED', 'FAILED']).where('sequence', '<', last); // prettier-ignore
  }

  async #fullEndpoints(): Promise<string[]> {
    const rows = await this.#database.longReads
      .selectFrom('EndpointOperation')
      .select('endpoint')
      .groupBy('endpoint')
      .having(({ fn }) => fn.countAll(), '>', this.#perEndpoint)
      .execute();
    return rows.map(({ endpoint }) => endpoint);
  }

  async #removeAll(query: IdQuery): Promise<number> {
    let removed = 0;
    while (!this.#repeated.stopping.aborted) {
      const rows = await query.limit(limits.operationsPerRemoval).execute();
      await remove(this.#database.db, { id: rows.map(({ id }) => id) });
      removed += rows.length;
      if (rows.length < limits.operationsPerRemoval) break;
    }
    return removed;
  }
}
