import { Worker } from 'node:worker_threads';
import type { CheckpointWorkerData } from './sqlite-messages.ts';

export interface SqliteCheckpointsOptions extends CheckpointWorkerData {
  /** When it begins, in milliseconds: who opens a database for a moment needs no thread for it. */
  readonly afterMs: number;
  /** A checkpoint could not be made, such as for want of space. It is tried again. */
  readonly onFailed: (error: Error) => void;
}

/**
 * Copies what is in the write-ahead log into the file in a thread of its own. The connection that writes would do it within a commit, and all commits of that time wait
 * for it: it only does the little that has come meanwhile, and begins the log anew.
 */
export class SqliteCheckpoints {
  readonly #timer: NodeJS.Timeout;
  #worker: Worker | undefined;
  #ended: Promise<void> | undefined;

  constructor({ afterMs, onFailed, ...data }: SqliteCheckpointsOptions) {
    this.#timer = setTimeout(() => this.#start(data, onFailed), afterMs).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#worker?.ref();
    this.#worker?.postMessage('close');
    await this.#ended;
  }

  #start(data: CheckpointWorkerData, onFailed: (error: Error) => void): void {
    // Compiled, the module beside this one has the other ending.
    const entry = import.meta.url.endsWith('.ts') ? './sqlite-checkpoint-worker.ts' : './sqlite-checkpoint-worker.js';
    const worker = new Worker(new URL(entry, import.meta.url), { workerData: data });
    worker.unref();
    worker.on('message', onFailed);
    worker.on('error', (error) => onFailed(error instanceof Error ? error : new Error(String(error))));
    this.#worker = worker;
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => resolve());
    });
  }
}
