import { describe, expect, test } from 'vitest';
import {
  formatOperation,
  formatOperationResult,
  parseOperation,
  parseOperationResult,
} from '../../src/downlink/operation-json.ts';
import { MemoryOperationStore } from '../../src/queue/memory-operation-store.ts';
import type { QueuedOperation } from '../../src/queue/operation-store.ts';
import { operationStoreContract } from '../../src/testing/index.ts';

describe('keeps the contract of an OperationStore', () => {
  const cases = operationStoreContract(() => ({ store: new MemoryOperationStore() }));
  test.each(cases)('$name', ({ run }) => run());
});

/** Keeps operations as text, as a database does. */
class TextOperationStore extends MemoryOperationStore {
  override get(id: string): QueuedOperation | undefined {
    const found = super.get(id);
    if (found === undefined) return undefined;
    return {
      ...found,
      operation: parseOperation(formatOperation(found.operation)),
      result: found.result === undefined ? undefined : parseOperationResult(formatOperationResult(found.result)),
    };
  }
}

describe('operations as text keep the contract', () => {
  const cases = operationStoreContract(() => ({ store: new TextOperationStore() }));
  test.each(cases)('$name', ({ run }) => run());
});

function operation(sequence: number, state: QueuedOperation['state'], endpointName = 'dev'): QueuedOperation {
  return {
    id: `id-${sequence}`,
    endpointName,
    sequence,
    operation: { kind: 'read', path: '/3' },
    state,
    attempts: 0,
    maxAttempts: 3,
    repeatable: true,
    key: undefined,
    metadata: undefined,
    queuedAt: 0,
    updatedAt: 0,
    expiresAt: undefined,
    result: undefined,
    failure: undefined,
  };
}

test('it keeps so many finished operations: the oldest leaves, what is not finished never', () => {
  const store = new MemoryOperationStore({ maxFinished: 3 });
  store.save(operation(1, 'QUEUED'));
  for (let sequence = 2; sequence <= 100; sequence += 1) {
    store.save(operation(sequence, 'QUEUED', `dev-${sequence % 5}`));
    store.save(operation(sequence, 'CONFIRMED', `dev-${sequence % 5}`));
    store.save(operation(sequence, 'CONFIRMED', `dev-${sequence % 5}`));
  }
  expect(store.size).toBe(4);
  expect([98, 99, 100].map((sequence) => store.get(`id-${sequence}`)?.state)).toEqual(Array(3).fill('CONFIRMED'));
  expect(store.get('id-1')?.state).toBe('QUEUED');
  expect(store.get('id-97')).toBeUndefined();
  expect(store.list('dev-2', 10)).toEqual([]);
  expect(store.lastSequence()).toBe(100);
});

test('it may keep none that is finished', () => {
  const store = new MemoryOperationStore({ maxFinished: 0 });
  store.save(operation(1, 'FAILED'));
  expect(store.get('id-1')).toBeUndefined();
  expect(store.size).toBe(0);
});

test.each([-1, 1.5, Number.NaN])('a maximum of %s is refused', (maxFinished) => {
  expect(() => new MemoryOperationStore({ maxFinished })).toThrow(RangeError);
});
