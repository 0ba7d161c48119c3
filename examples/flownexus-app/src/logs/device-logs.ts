import { LogIntake, type LoggedValues, type LogResource } from '@flownexus/lwm2m-server';
import type { ResourceRecord } from '@flownexus/lwm2m-core';
import type { Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { DeviceLogRow } from '../database/log-tables.ts';
import type { Database } from '../database/open-database.ts';
import type { Tables, ValueSource } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { limitedErrors } from '../limited-log.ts';
import { Repeated } from '../repeated.ts';
import type { Batch, NewEvent } from '../values/batch.ts';
import { IdBlock } from '../values/id-block.ts';
import { type LeftOut, LogBudget } from './log-budget.ts';
import { leftOutRow, type NewLogRow, toLogRow, writeLogRows } from './log-rows.ts';

export interface DeviceLogsOptions {
  readonly database: Database;
  /** Marked Resources. */
  readonly resources: readonly LogResource[];
  /** Hears of the rows of one transaction, after it was committed. Must not throw. */
  readonly onStored: (rows: readonly DeviceLogRow[]) => void;
  readonly log: Logger;
  /** Default: as much as `limits` say. */
  readonly budget?: LogBudget;
}

/** How an entry came, by how its batch did. What is written to a device, and what other servers report, are no entries. */
const SOURCES: Partial<Readonly<Record<ValueSource, LoggedValues['source']>>> = {
  observe: 'notification',
  composite: 'notification',
  send: 'send',
  read: 'read',
  operation: 'read',
};

/** Stores what devices log: what of their values is a log goes into table DeviceLog, and not into the values. */
export class DeviceLogs {
  readonly intake: LogIntake;
  readonly #log: Logger;
  readonly #budget: LogBudget;
  readonly #submit: (rows: readonly NewLogRow[]) => Promise<void>;
  readonly #ids = new IdBlock('DeviceLog', limits.idsPerBlock);
  readonly #leftOut: Repeated;
  #written: readonly DeviceLogRow[] = [];

  constructor({ database, resources, onStored, log, budget = new LogBudget() }: DeviceLogsOptions) {
    this.#log = log;
    this.#budget = budget;
    this.#submit = database.commits.lane<readonly NewLogRow[]>({
      maxWeight: limits.pendingLogs,
      weight: (rows) => rows.reduce((sum, { size }) => sum + 1 + Math.floor(size / 1024), 0),
      write: (trx, items) => this.#write(trx, items.flat()),
      forget: () => this.#forget(),
      committed: () => {
        onStored(this.#written);
        this.#written = [];
      },
    });
    this.intake = new LogIntake({
      resources,
      onEntries: (entries) => this.#store(entries.map(toLogRow)),
      wanted: (endpoint) => !this.#budget.isSpent(endpoint),
      onError: limitedErrors(log),
    });
    this.#leftOut = new Repeated({
      everyMs: limits.logLeftOutEveryMs,
      run: () => this.tellLeftOut(),
      onError: (error) => log.error({ err: error }, 'what was left out of logs could not be noted'),
    });
  }

  /** Begins to tell what was left out. */
  start(): void {
    this.#leftOut.start();
  }

  /** Devices are not heard any more by then. */
  async stop(): Promise<void> {
    await this.#leftOut.stop();
    await this.#note(this.#budget.takeRest());
  }

  /** Wraps the function that stores batches: what of them is a log is stored as such, and the rest by `store`. It resolves when both is safe. */
  separating(store: (batch: Batch) => Promise<void>): (batch: Batch) => Promise<void> {
    return async (batch) => {
      const source = SOURCES[batch.source];
      if (source === undefined || batch.direction === 'down') return store(batch);
      const { endpoint: endpointName, records, receivedAt } = batch;
      // Also where none of them is a log: one may tell the format of those to come.
      const logged = this.intake.take({ endpointName, records, receivedAt, source });
      const rest = withoutLogs(batch, (record) => this.intake.isLog(record));
      // Together, so that they share a commit.
      await Promise.all([logged, rest === undefined ? undefined : store(rest)]);
    };
  }

  /** Notes in the logs, and in that of the app, how much was left out of minutes that are over. */
  tellLeftOut(): Promise<void> {
    return this.#note(this.#budget.takeLeftOut());
  }

  async #note(leftOut: readonly LeftOut[]): Promise<void> {
    if (leftOut.length === 0) return;
    const now = Date.now();
    for (const { endpoint, entries, bytes } of leftOut.slice(0, limits.errorLinesPerSecond)) {
      this.#log.warn({ endpoint, entries, bytes }, 'log entries of a device were left out: it logs too much');
    }
    // One by one: an endpoint that was deleted has no row that they could belong to.
    const noted = await Promise.allSettled(leftOut.map((each) => this.#submit([leftOutRow(each, now)])));
    const failed = noted.filter(({ status }) => status === 'rejected').length;
    if (failed > 0) this.#log.warn({ endpoints: failed }, 'what was left out of logs could not be noted');
  }

  async #store(rows: readonly NewLogRow[]): Promise<void> {
    const stored = rows.filter(({ endpoint, path, size }) => this.#budget.take(endpoint, path, size));
    if (stored.length > 0) await this.#submit(stored);
  }

  async #write(trx: Transaction<Tables>, rows: readonly NewLogRow[]): Promise<void> {
    const first = await this.#ids.take(trx, rows.length);
    const numbered = rows.map((row, index) => ({ id: first + index, ...row }));
    await writeLogRows(trx, numbered);
    this.#written = numbered;
  }

  #forget(): void {
    this.#ids.forget();
    this.#written = [];
  }
}

/** The batch without the values that are logs; undefined where nothing is left of it. Its events group what is left of what they grouped. */
function withoutLogs(batch: Batch, isLog: (record: ResourceRecord) => boolean): Batch | undefined {
  if (!batch.records.some(isLog)) return batch;
  const records: ResourceRecord[] = [];
  const positions = new Map<number, number>();
  for (const [index, record] of batch.records.entries()) {
    if (isLog(record)) continue;
    positions.set(index, records.length);
    records.push(record);
  }
  if (records.length === 0 && batch.change === undefined) return undefined;
  const events = batch.events?.flatMap((event): NewEvent[] => {
    const grouped = event.records.flatMap((index) => positions.get(index) ?? []);
    return grouped.length === 0 ? [] : [{ ...event, records: grouped }];
  });
  return { ...batch, records, ...(events === undefined ? {} : { events }) };
}
