import type { Operation, OperationResult } from '../downlink/operation.ts';
import { failureOfResult, type AttemptFailure } from './attempt-failure.ts';
import type { OperationFailure, OperationFailureReason, QueuedOperation } from './operation-store.ts';

/** What happens to an operation of the durable queue. */
export type OperationEvent =
  /** Its turn has come, and the endpoint is awake. */
  | { readonly kind: 'sending' }
  | { readonly kind: 'answered'; readonly result: OperationResult }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure }
  /** The process that was sending it has died. */
  | { readonly kind: 'restarted' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'replaced' };

/**
 * The next value of an operation: the figure of `OperationState`, without any effect. The operation itself where the event means nothing to it: what is
 * finished stays as it is, only what is QUEUED is sent, expires or is replaced, and only what is SENDING has an answer.
 *
 * The time to live ends what is QUEUED. Of an attempt that began in time the answer decides: a 2.xx confirms it, also when it comes too late; only what
 * would be tried again has expired.
 *
 * @param now in milliseconds since 1970
 */
export function stepOperation(operation: QueuedOperation, event: OperationEvent, now: number): QueuedOperation {
  if (operation.state === 'QUEUED') return stepQueued(operation, event, now);
  if (operation.state === 'SENDING') return stepSending(operation, event, now);
  return operation;
}

export function isFinished({ state }: QueuedOperation): boolean {
  return state === 'CONFIRMED' || state === 'FAILED';
}

/** Whether it does no harm to perform an operation twice. */
export function isSafeToRepeat(operation: Operation): boolean {
  if (operation.kind === 'execute' || operation.kind === 'create') return false;
  // RFC 7252 §5.8, RFC 8132 §2: the other methods are idempotent.
  return operation.kind !== 'request' || (operation.method !== 'POST' && operation.method !== 'PATCH');
}

function stepQueued(operation: QueuedOperation, event: OperationEvent, now: number): QueuedOperation {
  switch (event.kind) {
    case 'sending':
      if (isExpired(operation, now)) return expire(operation, now);
      return { ...operation, state: 'SENDING', attempts: operation.attempts + 1, updatedAt: now };
    case 'expired':
    case 'restarted':
      return isExpired(operation, now) ? expire(operation, now) : operation;
    case 'cancelled':
      return fail(operation, now, 'cancelled', 'it was cancelled');
    case 'replaced':
      return fail(operation, now, 'replaced', 'a later operation with the same key took its place');
    case 'answered':
    case 'failed':
      return operation;
  }
}

function stepSending(operation: QueuedOperation, event: OperationEvent, now: number): QueuedOperation {
  switch (event.kind) {
    case 'answered':
      return stepAnswered(operation, event.result, now);
    case 'failed':
      return stepFailed(operation, event.failure, now);
    case 'restarted':
      return stepFailed(operation, { kind: 'unanswered', message: 'the server stopped before an answer came' }, now);
    case 'cancelled':
      return fail(operation, now, 'cancelled', 'it was cancelled while it was being sent');
    case 'sending':
    case 'expired':
    case 'replaced':
      return operation;
  }
}

function stepAnswered(operation: QueuedOperation, result: OperationResult, now: number): QueuedOperation {
  // A `request` takes any answer for a result; the queue confirms none but 2.xx.
  const failure = failureOfResult(result);
  if (failure !== undefined) return stepFailed(operation, failure, now);
  return { ...operation, state: 'CONFIRMED', updatedAt: now, result, failure: undefined };
}

function stepFailed(operation: QueuedOperation, failure: AttemptFailure, now: number): QueuedOperation {
  const { message, responseCode } = failure;
  switch (failure.kind) {
    case 'refused':
      return fail(operation, now, 'rejected', message, responseCode);
    case 'payload':
    case 'invalid':
      return fail(operation, now, failure.kind, message);
    case 'unsent':
      return again({ ...operation, attempts: operation.attempts - 1 }, now, operation.failure);
    case 'unable':
      return retry(operation, now, responseCode === undefined ? 'timeout' : 'rejected', message, responseCode);
    case 'unread':
    case 'unanswered':
    case 'aborted':
      if (!operation.repeatable) {
        return fail(operation, now, 'outcome-unknown', `it may have been performed, and is not repeated: ${message}`);
      }
      return retry(operation, now, 'timeout', message);
  }
}

function retry(
  operation: QueuedOperation,
  now: number,
  reason: OperationFailureReason,
  message: string,
  responseCode?: string,
): QueuedOperation {
  if (operation.attempts >= operation.maxAttempts) return fail(operation, now, reason, message, responseCode);
  return again(operation, now, failureOf(reason, message, responseCode));
}

function again(operation: QueuedOperation, now: number, failure: OperationFailure | undefined): QueuedOperation {
  const queued: QueuedOperation = { ...operation, state: 'QUEUED', updatedAt: now, failure };
  return isExpired(queued, now) ? expire(queued, now) : queued;
}

function isExpired({ expiresAt }: QueuedOperation, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function expire(operation: QueuedOperation, now: number): QueuedOperation {
  const last = operation.failure;
  const message = 'its time to live is over' + (last === undefined ? '' : `; the last attempt: ${last.message}`);
  return fail(operation, now, 'expired', message, last?.responseCode);
}

function fail(
  operation: QueuedOperation,
  now: number,
  reason: OperationFailureReason,
  message: string,
  responseCode?: string,
): QueuedOperation {
  return { ...operation, state: 'FAILED', updatedAt: now, failure: failureOf(reason, message, responseCode) };
}

function failureOf(reason: OperationFailureReason, message: string, responseCode?: string): OperationFailure {
  return { reason, message, ...(responseCode === undefined ? {} : { responseCode }) };
}
