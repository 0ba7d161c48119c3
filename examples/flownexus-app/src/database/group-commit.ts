import type { Kysely, Transaction } from 'kysely';
import { CommitRefusedError } from './commit-refused-error.ts';
import { limits } from '../limits.ts';
import { isConflict, isFaultOfOne } from './faults.ts';
import type { Tables } from './tables.ts';

/** What one kind of work does with all of it that came together. */
export interface CommitLane<T> {
  /** What it is called in metrics; lanes of the same name are one there. Default `other`. */
  readonly name?: string;
  /** Writes the items in their order. It may be called again for a part of them, in another transaction. */
  write(trx: Transaction<Tables>, items: readonly T[]): Promise<void>;
  /** A transaction in which `write` took part was rolled back: what it remembers of it is not in the database. */
  forget?(): void;
  /** The transaction in which `write` was called last is on the disk, and so are its items. Must not throw. */
  committed?(): void;
  /** What an item counts towards `maxWeight`, such as its values; default 1. */
  weight?(item: T): number;
  /** What may wait at a time. */
  readonly maxWeight: number;
}

interface Waiting {
  readonly lane: Lane;
  readonly item: unknown;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Lane = CommitLane<unknown> & { waitingWeight: number; waitingItems: number };

/** What a {@link GroupCommit} has done since it was made, and what waits. */
export interface CommitStatistics {
  /** Items that wait, by the name of their lane. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Transactions that are on the disk, and the items in them. */
  readonly commits: number;
  readonly items: number;
  /** Transactions that were rolled back. */
  readonly failures: number;
  /** Items that were not taken, as too much waited. */
  readonly refused: number;
  /** How long the last commit took, and all of them together, in milliseconds. */
  readonly lastMs: number;
  readonly totalMs: number;
}

export interface GroupCommitOptions {
  /** Items of one transaction: bounds how long one commit holds up everything else. */
  readonly maxItems: number;
  /** How long more is waited for between one transaction and the next, in milliseconds; the first one after a pause begins at once. Default `limits.commitGatherMs`. */
  readonly gatherMs?: number;
}

/**
 * Group commit: what is submitted while one transaction is written shares the next, and with it one flush to the disk. The promise of an item
 * resolves when it is on the disk, never earlier.
 */
export class GroupCommit {
  readonly #db: Kysely<Tables>;
  readonly #maxItems: number;
  readonly #gatherMs: number;
  readonly #lanes: Lane[] = [];
  #waiting: Waiting[] = [];
  #state: 'held' | 'open' | 'stopped' = 'held';
  #running: Promise<void> | undefined;
  readonly #counts = { commits: 0, items: 0, failures: 0, refused: 0, lastMs: 0, totalMs: 0 };

  constructor(db: Kysely<Tables>, { maxItems, gatherMs = limits.commitGatherMs }: GroupCommitOptions) {
    this.#db = db;
    this.#maxItems = maxItems;
    this.#gatherMs = gatherMs;
  }

  /** Adds a kind of work; within a transaction lanes are written in the order in which they were added. Gives the function that submits an item. */
  lane<T>(lane: CommitLane<T>): (item: T) => Promise<void> {
    const added: Lane = { ...bound(lane), waitingWeight: 0, waitingItems: 0 };
    this.#lanes.push(added);
    return (item) => this.#submit(added, item);
  }

  get statistics(): CommitStatistics {
    const waiting: Record<string, number> = {};
    for (const { name = 'other', waitingItems } of this.#lanes) waiting[name] = (waiting[name] ?? 0) + waitingItems;
    return { ...this.#counts, waiting };
  }

  /** Until it is opened it collects, and commits nothing. */
  open(): void {
    if (this.#state === 'held') this.#state = 'open';
    this.#start();
  }

  /** Commits what waits, then takes nothing more. */
  async stop(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'stopped';
    if (wasOpen) {
      await this.#running;
      while (this.#waiting.length > 0) await this.#commit();
    }
    for (const { reject } of this.#waiting.splice(0)) reject(new CommitRefusedError('the app is stopping'));
  }

  #submit(lane: Lane, item: unknown): Promise<void> {
    if (this.#state === 'stopped') return Promise.reject(new CommitRefusedError('the app is stopping'));
    const weight = weightOf(lane, item);
    if (lane.waitingWeight + weight > lane.maxWeight) {
      this.#counts.refused += 1;
      return Promise.reject(new CommitRefusedError('too much waits to be stored'));
    }
    lane.waitingWeight += weight;
    lane.waitingItems += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lane, item, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#state !== 'open' || this.#running !== undefined || this.#waiting.length === 0) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    // What else this turn of the event loop brings belongs to the same transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      await this.#commit();
      // Under load few large transactions cost much less than many small ones.
      if (this.#waiting.length > 0 && this.#waiting.length < this.#maxItems && this.#state === 'open') {
        await new Promise((resolve) => setTimeout(resolve, this.#gatherMs));
      }
    }
    this.#running = undefined;
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const group = this.#waiting.splice(0, this.#maxItems);
    for (const { lane, item } of group) {
      lane.waitingWeight -= weightOf(lane, item);
      lane.waitingItems -= 1;
    }
    await this.#store(group);
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    const byLane = Map.groupBy(group, ({ lane }) => lane);
    const lanes = this.#lanes.filter((lane) => byLane.has(lane));
    const began = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#db.transaction().execute(async (trx) => {
          for (const lane of lanes) await lane.write(trx, (byLane.get(lane) ?? []).map(({ item }) => item)); // prettier-ignore
        });
        break;
      } catch (error) {
        this.#counts.failures += 1;
        for (const lane of this.#lanes) lane.forget?.();
        if (isConflict(error) && attempt < limits.commitAttempts) continue;
        if (group.length === 1 || !isFaultOfOne(error)) {
          for (const { reject } of group) reject(error);
          return;
        }
      }
      // One of the group can not be stored: the others must not suffer.
      for (const member of group) await this.#store([member]);
      return;
    }
    this.#count(group.length, performance.now() - began);
    for (const { resolve } of group) resolve();
    for (const lane of lanes) lane.committed?.();
  }

  #count(items: number, ms: number): void {
    this.#counts.commits += 1;
    this.#counts.items += items;
    this.#counts.lastMs = ms;
    this.#counts.totalMs += ms;
  }
}

function bound<T>(lane: CommitLane<T>): CommitLane<unknown> {
  return {
    ...(lane.name === undefined ? {} : { name: lane.name }),
    write: (trx, items) => lane.write(trx, items as readonly T[]),
    forget: () => lane.forget?.(),
    committed: () => lane.committed?.(),
    weight: (item) => lane.weight?.(item as T) ?? 1,
    maxWeight: lane.maxWeight,
  };
}

function weightOf(lane: Lane, item: unknown): number {
  return lane.weight?.(item) ?? 1;
}
