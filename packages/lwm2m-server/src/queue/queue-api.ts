import type { Operation } from '../downlink/operation.ts';
import type { QueuedOperation } from './operation-store.ts';

export interface QueueOptions {
  /** Gives up when it is not confirmed by then, in milliseconds from now. Default: none. */
  readonly timeToLiveMs?: number;
  /** Sent so often at most. Default 3. */
  readonly maxAttempts?: number;
  /**
   * Whether an Execute or a Create may be sent again when an attempt got no answer, or the server was restarted during one. Default false: it is
   * FAILED then, with the reason `outcome-unknown`. All other operations are safe to repeat.
   */
  readonly repeatable?: boolean;
  /** Takes the place of what is QUEUED for the endpoint with the same key. */
  readonly key?: string;
}

/**
 * The durable downlink queue: operations for endpoints that may be asleep, not yet registered, or gone for a while. Of one endpoint they are sent one
 * after another in their order, whenever it is awake. Each change goes to the store first and then to the event `operation`.
 */
export interface OperationQueue {
  /**
   * Queues an operation; resolves when it is safe. Rejects with `ERR_LWM2M_SERVER_LIMIT` when the endpoint or the server has as many as it may.
   *
   * @throws RangeError, Lwm2mError (as rejections) for what can never be sent: a path that does not parse, an option out of its range
   */
  add(endpointName: string, operation: Operation, options?: QueueOptions): Promise<QueuedOperation>;
  get(id: string): Promise<QueuedOperation | undefined>;
  /** Those of an endpoint, the latest first; default limit 100. */
  list(endpointName: string, limit?: number): Promise<readonly QueuedOperation[]>;
  /**
   * Takes an operation back: one that is QUEUED is FAILED (`cancelled`) at once. One that is being sent is let go: it is FAILED `cancelled` too, though the
   * device may still perform it. Resolves to false when it is finished already, or not known.
   */
  cancel(id: string): Promise<boolean>;
  /** Resolves when an operation is CONFIRMED or FAILED. Rejects when it is not known, and when `signal` aborts. */
  finished(id: string, options?: { readonly signal?: AbortSignal }): Promise<QueuedOperation>;
}
