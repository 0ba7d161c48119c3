import type { EventEmitter } from 'node:events';
import { Lwm2mServerError, type OperationQueue } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import { callingQueue } from './queue-errors.ts';

/** `wait` of a query. */
export const operationWait = z
  .string()
  .regex(/^\d{1,3}$/, 'expected seconds')
  .transform(Number)
  .refine(
    (seconds) => seconds <= limits.operationWaitSeconds,
    `expected at most ${String(limits.operationWaitSeconds)} seconds`,
  ) // prettier-ignore
  .default(0)
  .meta({
    description: `Seconds to wait until it is finished, at most ${String(limits.operationWaitSeconds)}`,
    override: { type: 'integer', minimum: 0, maximum: limits.operationWaitSeconds, default: 0 },
  });
export interface OperationWaitsOptions {
  /** Aborted when the app begins to stop: nobody waits any longer. */
  readonly stopping?: AbortSignal | undefined;
  /** Requests that may wait at a time; default `limits.operationWaits`. */
  readonly maximum?: number;
}

/** Requests that wait until an operation is finished. */
export class OperationWaits {
  readonly #queue: Pick<OperationQueue, 'finished'>;
  readonly #stopping: AbortSignal | undefined;
  readonly #maximum: number;
  #waiting = 0;

  constructor(
    queue: Pick<OperationQueue, 'finished'>,
    { stopping, maximum = limits.operationWaits }: OperationWaitsOptions = {},
  ) {
    this.#queue = queue;
    this.#stopping = stopping;
    this.#maximum = maximum;
  }

  /**
   * Resolves when the operation is finished, the time is over, the app begins to stop, or the caller of the response has left. Rejects with a 429 when too many wait, and with a 503
   * when the server stops.
   */
  async wait(id: string, seconds: number, response: EventEmitter): Promise<void> {
    if (seconds === 0) return;
    this.check(seconds);
    const left = new AbortController();
    const leave = (): void => left.abort();
    response.once('close', leave);
    this.#waiting += 1;
    try {
      const signal = AbortSignal.any([
        left.signal,
        AbortSignal.timeout(seconds * 1000),
        ...(this.#stopping === undefined ? [] : [this.#stopping]),
      ]);
      await callingQueue(() => this.#finished(id, signal));
    } finally {
      this.#waiting -= 1;
      response.off('close', leave);
    }
  }

  /** Throws a 429 when no further request can wait: before something is queued that nobody could wait for. */
  check(seconds: number): void {
    if (seconds === 0 || this.#waiting < this.#maximum) return;
    throw new ApiError(429, 'too-many-requests', 'too many requests wait for operations; ask without wait');
  }

  async #finished(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#queue.finished(id, { signal });
    } catch (error) {
      if (!(error instanceof Lwm2mServerError) || error.code !== 'ERR_LWM2M_SERVER_ABORTED') throw error;
    }
  }
}
