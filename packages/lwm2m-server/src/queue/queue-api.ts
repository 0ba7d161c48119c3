import type { Operation } from '../downlink/operation.ts';
import type { QueuedOperation } from './operation-store.ts';

export interface QueueOptions {
  /**
   * Gives up when it is not confirmed by then, in milliseconds from now. An attempt that began in time is decided by its answer, also by one that comes too
   * late. Default: none.
   */
  readonly timeToLiveMs?: number;
  /** Sent so often at most, from 1 to 100. Default 3. */
  readonly maxAttempts?: number;
  /**
   * Whether an Execute, a Create or a `request` with POST or PATCH may be sent again when an attempt got no answer, or the server was restarted during one.
   * Default false: it is FAILED then, with the reason `outcome-unknown`. All other operations are safe to repeat.
   */
  readonly repeatable?: boolean;
  /**
   * Takes the place of what is QUEUED for the endpoint with the same key, at the end of the line. What is being sent is left to its answer, and only not
   * tried again.
   */
  readonly key?: string;
  /** Text that stays with the operation, such as who asked for it; nobody but the application reads it. At most 1024 characters. Default: none. */
  readonly metadata?: string;
}

/**
 * The durable downlink queue: operations for endpoints that may be asleep, not yet registered, or gone for a while. Each change goes to the store first and
 * then to the event `operation`.
 *
 * Those of one endpoint are sent one after another, in their order, whenever it is registered and awake; those of different endpoints side by side. One that
 * gets no answer is tried again when the endpoint is heard, one that is answered 5.xx or 4.29 after a pause or when the endpoint wakes next, and the others of
 * the endpoint wait for it. 4.xx fails it at once. After a restart all goes on where it stood, and what was being sent then counts as not answered.
 */
export interface OperationQueue {
  /**
   * Queues an operation; resolves when it is safe. Rejects with `ERR_LWM2M_SERVER_LIMIT` when the endpoint or the server has as many as it may, with
   * `ERR_LWM2M_SERVER_STATE` while the server does not run, and with what the store rejects with: then it is not queued.
   *
   * @throws RangeError, Lwm2mError (as rejections) for what can never be sent: a path that does not parse, an option out of its range
   */
  add(endpointName: string, operation: Operation, options?: QueueOptions): Promise<QueuedOperation>;
  get(id: string): Promise<QueuedOperation | undefined>;
  /** Those of an endpoint, the latest first; default limit 100. */
  list(endpointName: string, limit?: number): Promise<readonly QueuedOperation[]>;
  /**
   * Takes an operation back: one that is QUEUED is FAILED (`cancelled`) at once. One that is being sent is let go: it is FAILED `cancelled` too, though the
   * device may still perform it. Resolves to false when it is finished already, or not known. Rejects, with nothing changed, when the store does.
   */
  cancel(id: string): Promise<boolean>;
  /**
   * Resolves when an operation is CONFIRMED or FAILED. Rejects with `ERR_LWM2M_SERVER_UNKNOWN_OPERATION`, `ERR_LWM2M_SERVER_ABORTED` when `signal` aborts, and
   * `ERR_LWM2M_SERVER_STATE` when the server does not run.
   */
  finished(id: string, options?: { readonly signal?: AbortSignal }): Promise<QueuedOperation>;
}
