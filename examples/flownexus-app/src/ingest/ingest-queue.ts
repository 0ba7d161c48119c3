import type { Database } from '../database/database.ts';
import { limits } from '../limits.ts';
import type { Batch, StoredBatch } from './batch.ts';
import { writeBatch } from './write-batch.ts';

/** Nothing more can be taken: too much waits already, or the queue has stopped. */
export class IngestRefusedError extends Error {
  override readonly name = 'IngestRefusedError';
}

interface Pending {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface IngestQueueOptions {
  readonly database: Database;
  /** Hears what was committed. Must not throw. */
  readonly onStored?: (stored: readonly StoredBatch[]) => void;
  readonly maxBatches?: number;
  readonly maxRecords?: number;
}

/**
 * Group commit: whatever is submitted within one turn of the event loop shares one transaction, and with it one
 * flush to the disk. The promise of a batch resolves when the batch is on the disk, never earlier.
 */
export class IngestQueue {
  readonly #database: Database;
  readonly #onStored: (stored: readonly StoredBatch[]) => void;
  readonly #maxBatches: number;
  readonly #maxRecords: number;
  #pending: Pending[] = [];
  #pendingRecords = 0;
  #state: 'held' | 'open' | 'stopped' = 'held';
  #scheduled: NodeJS.Immediate | undefined;

  constructor({ database, onStored, maxBatches, maxRecords }: IngestQueueOptions) {
    this.#database = database;
    this.#onStored = onStored ?? (() => undefined);
    this.#maxBatches = maxBatches ?? limits.pendingBatches;
    this.#maxRecords = maxRecords ?? limits.pendingRecords;
  }

  /** Until it is opened the queue collects, and commits nothing. */
  open(): void {
    this.#state = 'open';
    this.#schedule();
  }

  /** Resolves when the batch is committed; rejects when it is not and never will be. */
  submit(batch: Batch): Promise<void> {
    if (this.#state === 'stopped') return Promise.reject(new IngestRefusedError('the app is stopping'));
    const records = this.#pendingRecords + batch.records.length;
    if (this.#pending.length >= this.#maxBatches || records > this.#maxRecords) {
      return Promise.reject(new IngestRefusedError('too much waits to be stored'));
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ batch, resolve, reject });
      this.#pendingRecords = records;
      this.#schedule();
    });
  }

  /** Commits what waits, then takes nothing more. */
  stop(): void {
    if (this.#state === 'open') while (this.#pending.length > 0) this.#commit();
    this.#state = 'stopped';
    for (const { reject } of this.#pending.splice(0)) reject(new IngestRefusedError('the app is stopping'));
    clearImmediate(this.#scheduled);
  }

  #schedule(): void {
    if (this.#state !== 'open' || this.#scheduled !== undefined || this.#pending.length === 0) return;
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined;
      this.#commit();
      this.#schedule();
    });
  }

  #commit(): void {
    const group = this.#pending.splice(0, limits.batchesPerCommit);
    for (const { batch } of group) this.#pendingRecords -= batch.records.length;
    let stored: readonly StoredBatch[];
    try {
      stored = this.#store(group);
    } catch (error) {
      if (group.length === 1 || !isFaultOfOne(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      stored = this.#storeOneByOne(group);
    }
    this.#onStored(stored);
  }

  #store(group: readonly Pending[]): StoredBatch[] {
    const stored = this.#database.transaction(() => group.map(({ batch }) => writeBatch(this.#database, batch)));
    for (const { resolve } of group) resolve();
    return stored;
  }

  /** One of the group can not be stored: the others must not suffer. */
  #storeOneByOne(group: readonly Pending[]): StoredBatch[] {
    const stored: StoredBatch[] = [];
    for (const member of group) {
      try {
        stored.push(...this.#store([member]));
      } catch (error) {
        member.reject(error);
      }
    }
    return stored;
  }
}

/** SQLite's primary result codes for what a value, not the database, is to blame for. */
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;

/** False for a full disk or a locked database, which trying each member again would meet again. */
function isFaultOfOne(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!('errcode' in error)) return true;
  // The low byte of an extended result code is the primary one.
  const code = Number(error.errcode) & 0xff;
  return code === SQLITE_CONSTRAINT || code === SQLITE_MISMATCH || code === SQLITE_TOOBIG;
}
