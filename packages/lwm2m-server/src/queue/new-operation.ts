import type { Operation } from '../downlink/operation.ts';
import { limits } from '../limits.ts';
import { endpointNameProblem } from '../registration/registration-parameters.ts';
import { isSafeToRepeat } from './operation-state.ts';
import type { QueuedOperation } from './operation-store.ts';
import type { QueueOptions } from './queue-api.ts';

const DEFAULT_MAX_ATTEMPTS = 3;

/**
 * The operation that a caller wants queued, as it begins. It is a copy: what the caller does with its own afterwards changes nothing.
 *
 * @param now in milliseconds since 1970
 * @throws RangeError for an endpoint name that nobody can have, and for an option out of its range
 */
export function newOperation(
  endpointName: string,
  operation: Operation,
  options: QueueOptions,
  now: number,
): Omit<QueuedOperation, 'id' | 'sequence'> {
  const problem = endpointNameProblem(endpointName);
  if (problem !== undefined) throw new RangeError(problem);
  const { timeToLiveMs, maxAttempts = DEFAULT_MAX_ATTEMPTS, repeatable = false, key, metadata } = options;
  if (timeToLiveMs !== undefined && !(timeToLiveMs > 0 && timeToLiveMs < Infinity)) {
    throw new RangeError(`timeToLiveMs is a number of milliseconds above 0, not ${timeToLiveMs}`);
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > limits.maxAttempts) {
    throw new RangeError(`maxAttempts is a whole number from 1 to ${limits.maxAttempts}, not ${maxAttempts}`);
  }
  if (key !== undefined && key.length > limits.maxOperationKeyLength) {
    throw new RangeError(`a key has at most ${limits.maxOperationKeyLength} characters`);
  }
  if (metadata !== undefined && metadata.length > limits.maxOperationMetadataLength) {
    throw new RangeError(`metadata has at most ${limits.maxOperationMetadataLength} characters`);
  }
  return {
    endpointName,
    operation: structuredClone(operation),
    state: 'QUEUED',
    attempts: 0,
    maxAttempts,
    repeatable: repeatable || isSafeToRepeat(operation),
    key,
    metadata,
    queuedAt: now,
    updatedAt: now,
    expiresAt: timeToLiveMs === undefined ? undefined : Math.ceil(now + timeToLiveMs),
    result: undefined,
    failure: undefined,
  };
}
