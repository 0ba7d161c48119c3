import type { Database } from '../database/open-database.ts';
import { limits } from '../limits.ts';
import { Repeated } from '../repeated.ts';

/** Downloads of one package by devices, of all times. */
export interface Downloads {
  /** Those that began with the first byte. */
  readonly started: number;
  /** Those that came to the last byte. */
  readonly completed: number;
  readonly bytes: number;
}

export interface DownloadCountsOptions {
  readonly database: Database;
  readonly report: (error: unknown, context: string) => void;
}

/** Counts downloads in memory, and stores the counts now and then: what was counted last is lost when the process is killed. */
export class DownloadCounts {
  readonly #database: Database;
  readonly #report: DownloadCountsOptions['report'];
  readonly #counts = new Map<string, Downloads>();
  readonly #changed = new Set<string>();
  readonly #job: Repeated;

  constructor({ database, report }: DownloadCountsOptions) {
    this.#database = database;
    this.#report = report;
    this.#job = new Repeated({
      everyMs: limits.downloadCountsMs,
      run: () => this.store(),
      onError: (error) => report(error, CONTEXT),
    });
  }

  of(id: string): Downloads {
    return this.#counts.get(id) ?? { started: 0, completed: 0, bytes: 0 };
  }

  /** Counts of a package go on from these. */
  resume(id: string, counts: Downloads): void {
    this.#counts.set(id, counts);
  }

  /** So many bytes from `offset` on went to a device. Nothing happens when the package is gone. */
  add(id: string, { started = 0, completed = 0, bytes = 0 }: Partial<Downloads>): void {
    const counts = this.#counts.get(id);
    if (counts === undefined) return;
    this.#counts.set(id, {
      started: counts.started + started,
      completed: counts.completed + completed,
      bytes: counts.bytes + bytes,
    });
    this.#changed.add(id);
  }

  forget(id: string): void {
    this.#counts.delete(id);
    this.#changed.delete(id);
  }

  start(): void {
    this.#job.start();
  }

  /** Stores what was counted since. */
  async stop(): Promise<void> {
    await this.#job.stop();
    await this.store().catch((error: unknown) => this.#report(error, CONTEXT));
  }

  /** Rejects when the database can not be used; the next time makes up for it. */
  async store(): Promise<void> {
    for (const id of this.#changed) {
      const { started, completed, bytes } = this.of(id);
      this.#changed.delete(id);
      try {
        await this.#database.db
          .updateTable('Firmware')
          .set({ downloads_started: started, downloads_completed: completed, downloaded_bytes: bytes })
          .where('id', '=', id)
          .execute();
      } catch (error) {
        this.#changed.add(id);
        throw error;
      }
    }
  }
}

const CONTEXT = 'the counts of firmware downloads could not be stored';
