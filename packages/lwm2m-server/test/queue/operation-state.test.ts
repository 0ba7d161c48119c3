import { describe, expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/queue/attempt-failure.ts';
import { isSafeToRepeat, stepOperation, type OperationEvent } from '../../src/queue/operation-state.ts';
import type { OperationState, QueuedOperation } from '../../src/queue/operation-store.ts';
import { inWords } from './downlink-stage.ts';

const NOW = 1_000;

function operation(state: OperationState, changes: Partial<QueuedOperation> = {}): QueuedOperation {
  return {
    id: 'id',
    endpointName: 'dev',
    sequence: 1,
    operation: { kind: 'read', path: '/3' },
    state,
    attempts: state === 'QUEUED' ? 0 : 1,
    maxAttempts: 3,
    repeatable: true,
    key: undefined,
    metadata: undefined,
    queuedAt: 0,
    updatedAt: 0,
    expiresAt: undefined,
    result: state === 'CONFIRMED' ? { responseCode: '2.04' } : undefined,
    failure: state === 'FAILED' ? { reason: 'cancelled', message: 'it was cancelled' } : undefined,
    ...changes,
  };
}

const failed = (kind: AttemptFailure['kind'], responseCode?: string): OperationEvent => ({
  kind: 'failed',
  failure: { kind, message: kind, ...(responseCode === undefined ? {} : { responseCode }) },
});
const answered = (responseCode: string): OperationEvent => ({ kind: 'answered', result: { responseCode } });

const EVENTS: Readonly<Record<string, OperationEvent>> = {
  sending: { kind: 'sending' },
  '2.04': answered('2.04'),
  'a result of 4.04': answered('4.04'),
  'a result of 5.03': answered('5.03'),
  refused: failed('refused', '4.05'),
  '5.00': failed('unable', '5.00'),
  reset: failed('unable'),
  payload: failed('payload'),
  unanswered: failed('unanswered'),
  unsent: failed('unsent'),
  aborted: failed('aborted'),
  invalid: failed('invalid'),
  restarted: { kind: 'restarted' },
  expired: { kind: 'expired' },
  cancelled: { kind: 'cancelled' },
  replaced: { kind: 'replaced' },
};

/** Event by event what becomes of an operation; what is not here stays as it is. */
function transitions(from: QueuedOperation): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, event] of Object.entries(EVENTS)) {
    const next = stepOperation(from, event, NOW);
    if (next === from) continue;
    expect(next.updatedAt).toBe(NOW);
    all[name] = inWords(next).slice('/3 '.length);
  }
  return all;
}

describe('one that is QUEUED', () => {
  test('is sent, cancelled or replaced', () => {
    expect(transitions(operation('QUEUED'))).toEqual({
      sending: 'SENDING 1',
      cancelled: 'FAILED 0 cancelled',
      replaced: 'FAILED 0 replaced',
    });
  });

  test('whose time is over is never sent', () => {
    expect(transitions(operation('QUEUED', { expiresAt: NOW }))).toEqual({
      sending: 'FAILED 0 expired',
      restarted: 'FAILED 0 expired',
      expired: 'FAILED 0 expired',
      cancelled: 'FAILED 0 cancelled',
      replaced: 'FAILED 0 replaced',
    });
  });

  test('whose time is not over does not expire', () => {
    expect(transitions(operation('QUEUED', { expiresAt: NOW + 1 }))).toEqual({
      sending: 'SENDING 1',
      cancelled: 'FAILED 0 cancelled',
      replaced: 'FAILED 0 replaced',
    });
  });
});

describe('one that is SENDING', () => {
  test('is decided by the answer, or tried again', () => {
    expect(transitions(operation('SENDING'))).toEqual({
      '2.04': 'CONFIRMED 1',
      'a result of 4.04': 'FAILED 1 rejected 4.04',
      'a result of 5.03': 'QUEUED 1 rejected 5.03',
      refused: 'FAILED 1 rejected 4.05',
      '5.00': 'QUEUED 1 rejected 5.00',
      reset: 'QUEUED 1 timeout',
      payload: 'FAILED 1 payload',
      unanswered: 'QUEUED 1 timeout',
      unsent: 'QUEUED 0',
      aborted: 'QUEUED 1 timeout',
      invalid: 'FAILED 1 invalid',
      restarted: 'QUEUED 1 timeout',
      cancelled: 'FAILED 1 cancelled',
    });
  });

  test('for the last time is not tried again', () => {
    expect(transitions(operation('SENDING', { attempts: 3 }))).toEqual({
      '2.04': 'CONFIRMED 3',
      'a result of 4.04': 'FAILED 3 rejected 4.04',
      'a result of 5.03': 'FAILED 3 rejected 5.03',
      refused: 'FAILED 3 rejected 4.05',
      '5.00': 'FAILED 3 rejected 5.00',
      reset: 'FAILED 3 timeout',
      payload: 'FAILED 3 payload',
      unanswered: 'FAILED 3 timeout',
      unsent: 'QUEUED 2',
      aborted: 'FAILED 3 timeout',
      invalid: 'FAILED 3 invalid',
      restarted: 'FAILED 3 timeout',
      cancelled: 'FAILED 3 cancelled',
    });
  });

  test('and must not be repeated ends when nobody knows what became of it', () => {
    expect(transitions(operation('SENDING', { repeatable: false }))).toEqual({
      '2.04': 'CONFIRMED 1',
      'a result of 4.04': 'FAILED 1 rejected 4.04',
      'a result of 5.03': 'QUEUED 1 rejected 5.03',
      refused: 'FAILED 1 rejected 4.05',
      '5.00': 'QUEUED 1 rejected 5.00',
      reset: 'QUEUED 1 timeout',
      payload: 'FAILED 1 payload',
      unanswered: 'FAILED 1 outcome-unknown',
      unsent: 'QUEUED 0',
      aborted: 'FAILED 1 outcome-unknown',
      invalid: 'FAILED 1 invalid',
      restarted: 'FAILED 1 outcome-unknown',
      cancelled: 'FAILED 1 cancelled',
    });
  });

  test('when its time is over is confirmed by its answer, and not tried again', () => {
    expect(transitions(operation('SENDING', { expiresAt: NOW }))).toEqual({
      '2.04': 'CONFIRMED 1',
      'a result of 4.04': 'FAILED 1 rejected 4.04',
      'a result of 5.03': 'FAILED 1 expired 5.03',
      refused: 'FAILED 1 rejected 4.05',
      '5.00': 'FAILED 1 expired 5.00',
      reset: 'FAILED 1 expired',
      payload: 'FAILED 1 payload',
      unanswered: 'FAILED 1 expired',
      unsent: 'FAILED 0 expired',
      aborted: 'FAILED 1 expired',
      invalid: 'FAILED 1 invalid',
      restarted: 'FAILED 1 expired',
      cancelled: 'FAILED 1 cancelled',
    });
  });
});

test.each(['CONFIRMED', 'FAILED'] as const)('one that is %s stays as it is', (state) => {
  expect(transitions(operation(state, { expiresAt: NOW }))).toEqual({});
});

test('one that is confirmed has the result, and no failure of an earlier attempt', () => {
  const failure = { reason: 'timeout', message: 'no answer' } as const;
  const { result, failure: left } = stepOperation(operation('SENDING', { failure }), answered('2.05'), NOW);
  expect([result, left]).toEqual([{ responseCode: '2.05' }, undefined]);
});

test('one of which nothing has left keeps the failure of the attempt before', () => {
  const failure = { reason: 'timeout', message: 'no answer' } as const;
  expect(stepOperation(operation('SENDING', { failure }), failed('unsent'), NOW).failure).toBe(failure);
});

test('one that expires says why the last attempt failed', () => {
  const failure = { reason: 'rejected', message: 'the device answered 5.03', responseCode: '5.03' } as const;
  expect(stepOperation(operation('QUEUED', { failure, expiresAt: NOW }), { kind: 'expired' }, NOW).failure).toEqual({
    reason: 'expired',
    message: 'its time to live is over; the last attempt: the device answered 5.03',
    responseCode: '5.03',
  });
});

test('Execute, Create and requests that are not idempotent are not safe to repeat', () => {
  const request = { kind: 'request', path: [] } as const;
  expect(
    [
      { kind: 'execute', path: '/3/0/4' } as const,
      { kind: 'create', path: '/3', instance: { kind: 'objectInstance', id: 0, resources: new Map() } } as const,
      { ...request, method: 'POST' } as const,
      { ...request, method: 'PATCH' } as const,
      { ...request, method: 'iPATCH' } as const,
      { ...request, method: 'PUT' } as const,
      { kind: 'delete', path: '/3/0' } as const,
      { kind: 'observe', path: '/3/0' } as const,
    ].map((each) => isSafeToRepeat(each as QueuedOperation['operation'])),
  ).toEqual([false, false, false, false, true, true, true, true]);
});
