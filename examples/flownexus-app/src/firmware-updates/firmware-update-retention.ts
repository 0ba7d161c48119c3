import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';
import type { ErrorReport } from '../stores/readable.ts';
import { DAY_MS } from '../values/times.ts';

export interface FirmwareUpdateRetentionOptions {
  readonly database: Database;
  /** Told when updates could not be removed; it is tried again at the next time. */
  readonly report: ErrorReport;
  /** How long what is finished is kept; default `limits.firmwareUpdateDays`. */
  readonly days?: number;
  /** The latest so many finished updates of an endpoint are kept; default `limits.finishedFirmwareUpdatesPerEndpoint`. */
  readonly perEndpoint?: number;
}

/**
 * Removes finished updates that are old, or of which an endpoint has many, and campaigns that have been over for long, in small transactions. What is not
 * finished stays whatever its age.
 */
export class FirmwareUpdateRetention {
  readonly #database: Database;
  readonly #keptMs: number;
  readonly #perEndpoint: number;
  readonly #repeated: Repeated;

  constructor({
    database,
    report,
    days = limits.firmwareUpdateDays,
    perEndpoint = limits.finishedFirmwareUpdatesPerEndpoint,
  }: FirmwareUpdateRetentionOptions) {
    // prettier-ignore
    this.#database = database;
    this.#keptMs = days * DAY_MS;
    this.#perEndpoint = perEndpoint;
    this.#repeated = new Repeated({
      everyMs: limits.firmwareUpdateRetentionMs,
      run: () => this.run(Date.now()),
      onError: (error) => report(error, 'removing finished firmware updates'),
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

  /** Removes what is to go at a time, in milliseconds since 1970. */
  async run(now: number): Promise<void> {
    const before = now - this.#keptMs;
    const { longReads, db } = this.#database;
    const finished = longReads.selectFrom('FirmwareUpdate').select('id').where('finished', '=', 1);
    await this.#removeAll('FirmwareUpdate', () => finished.where('timestamp_updated', '<', before).limit(limits.firmwareUpdatesPerRemoval).execute()); // prettier-ignore
    for (const endpoint of await this.#fullEndpoints()) {
      const ofEndpoint = finished.where('endpoint', '=', endpoint).orderBy('position', 'desc').offset(this.#perEndpoint); // prettier-ignore
      await this.#removeAll('FirmwareUpdate', () => ofEndpoint.limit(limits.firmwareUpdatesPerRemoval).execute());
    }
    await this.#removeAll('FirmwareCampaign', () => db.selectFrom('FirmwareCampaign').select('id').where('over', '=', 1).where('timestamp_updated', '<', before).limit(limits.firmwareUpdatesPerRemoval).execute()); // prettier-ignore
  }

  async #fullEndpoints(): Promise<string[]> {
    const rows = await this.#database.longReads
      .selectFrom('FirmwareUpdate')
      .select('endpoint')
      .groupBy('endpoint')
      .having(({ fn }) => fn.countAll(), '>', this.#perEndpoint)
      .execute();
    return rows.map(({ endpoint }) => endpoint);
  }

  async #removeAll(
    table: 'FirmwareUpdate' | 'FirmwareCampaign',
    find: () => Promise<{ readonly id: string }[]>,
  ): Promise<void> {
    // prettier-ignore
    while (!this.#repeated.stopping.aborted) {
      const rows = await find();
      if (rows.length === 0) return;
      await this.#database.db.deleteFrom(table).where('id', 'in', rows.map(({ id }) => id)).execute(); // prettier-ignore
    }
  }
}
