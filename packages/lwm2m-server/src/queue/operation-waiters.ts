import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { QueuedOperation } from './operation-store.ts';

interface Waiter {
  resolve(operation: QueuedOperation): void;
  reject(error: Lwm2mServerError): void;
}

/** Callers that wait until operations are finished. */
export class OperationWaiters {
  readonly #byId = new Map<string, Set<Waiter>>();
  #count = 0;

  /** Resolves to what `finish` is told of the operation. Rejects when `signal` aborts, at a bound, and after `failAll` and `fail`. */
  wait(id: string, signal: AbortSignal | undefined): Promise<QueuedOperation> {
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (this.#count >= limits.maxWaitingForOperations) {
      return Promise.reject(new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many callers wait for operations'));
    }
    return new Promise((resolve, reject) => {
      const waiters = this.#byId.get(id) ?? new Set<Waiter>();
      const leave = (): void => {
        signal?.removeEventListener('abort', onAbort);
        if (!waiters.delete(waiter)) return;
        this.#count -= 1;
        if (waiters.size === 0) this.#byId.delete(id);
      };
      const waiter: Waiter = {
        resolve: (operation) => {
          leave();
          resolve(operation);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(aborted(signal));
      signal?.addEventListener('abort', onAbort, { once: true });
      waiters.add(waiter);
      this.#byId.set(id, waiters);
      this.#count += 1;
    });
  }

  finish(operation: QueuedOperation): void {
    for (const waiter of this.#byId.get(operation.id) ?? []) waiter.resolve(operation);
  }

  fail(id: string, error: Lwm2mServerError): void {
    for (const waiter of this.#byId.get(id) ?? []) waiter.reject(error);
  }

  failAll(error: Lwm2mServerError): void {
    for (const waiters of this.#byId.values()) for (const waiter of waiters) waiter.reject(error);
  }
}

function aborted(signal: AbortSignal | undefined): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'the caller aborted', { cause: signal?.reason });
}
