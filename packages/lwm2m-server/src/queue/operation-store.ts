import type { Operation, OperationResult } from '../downlink/operation.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/**
 * The states of a queued operation.
 *
 * ```
 * QUEUED ──endpoint awake, its turn──► SENDING ──2.xx──► CONFIRMED
 *   ▲  │                                │    └──4.xx; the last attempt failed; outcome unknown──► FAILED
 *   │  └──expired, cancelled, replaced──┼──────────────────────────────────────────────────────►   ▲
 *   └────no answer or 5.xx──────────────┘
 * ```
 */
export type OperationState = 'QUEUED' | 'SENDING' | 'CONFIRMED' | 'FAILED';

/** Why an operation failed, as data. */
export type OperationFailureReason =
  /** The device answered 4.xx, 5.xx to the last attempt, or with a success that is none of the operation. */
  | 'rejected'
  /** No answer to the last attempt. */
  | 'timeout'
  /** Its time to live was over before it was confirmed. */
  | 'expired'
  | 'cancelled'
  /** A later operation with the same key took its place. */
  | 'replaced'
  /** An Execute or Create that may or may not have been performed, and that nobody allowed to repeat. */
  | 'outcome-unknown'
  /** The answer does not decode. */
  | 'payload'
  /** It can't be sent: no format has a form for its values, or it is no operation. */
  | 'invalid';

export interface OperationFailure {
  readonly reason: OperationFailureReason;
  /** In words. */
  readonly message: string;
  /** `4.05`, when the device answered; with its diagnostic in the message. */
  readonly responseCode?: string;
}

/** An operation in the durable queue: a plain value, replaced as a whole at each change. Times are in milliseconds since 1970. */
export interface QueuedOperation {
  readonly id: string;
  readonly endpointName: string;
  /** Greater than that of each operation that was queued before, over restarts too. */
  readonly sequence: number;
  readonly operation: Operation;
  readonly state: OperationState;
  /** How often it was sent. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Whether it may be sent again when nobody knows what became of an attempt. */
  readonly repeatable: boolean;
  /** Of operations with the same key on one endpoint only the latest is kept. */
  readonly key: string | undefined;
  /** What the application wanted to stay with it. */
  readonly metadata: string | undefined;
  readonly queuedAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  /** When CONFIRMED. */
  readonly result: OperationResult | undefined;
  /** When FAILED; of an operation that is tried again the reason of the last attempt. */
  readonly failure: OperationFailure | undefined;
}

/**
 * Keeps the durable downlink queue. What it can do at once it should: a promise costs a turn of the event loop. How long finished operations
 * are kept is the store's own affair.
 */
export interface OperationStore {
  /** All that are QUEUED or SENDING, in the order of their sequence. Called once, by `start`. */
  load(): MaybePromise<Iterable<QueuedOperation>>;
  /** The greatest sequence that was ever saved; 0 when there is none. */
  lastSequence(): MaybePromise<number>;
  /** Takes an operation in the place of what has its id. It is safe when this has returned, or resolved. */
  save(operation: QueuedOperation): MaybePromise<void>;
  /** Any operation that is kept, finished or not. */
  get(id: string): MaybePromise<QueuedOperation | undefined>;
  /** Those of an endpoint that are kept, finished or not, the latest first, at most `limit`. */
  list(endpointName: string, limit: number): MaybePromise<readonly QueuedOperation[]>;
}
