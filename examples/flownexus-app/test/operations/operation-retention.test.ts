import type { QueuedOperation } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { OperationRetention } from '../../src/operations/operation-retention.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const unexpected = (error: unknown): never => {
  throw error;
};

function operation(
  sequence: number,
  state: QueuedOperation['state'],
  updatedAt: number,
  endpointName = 'a',
): QueuedOperation {
  // prettier-ignore
  return { id: String(sequence), endpointName, sequence, operation: { kind: 'read', path: '/3' }, state, attempts: 0, maxAttempts: 3, repeatable: true, key: undefined, metadata: undefined, queuedAt: 0, updatedAt, expiresAt: undefined, result: undefined, failure: undefined }; // prettier-ignore
}

onEachDatabase('finished operations', (kind) => {
  const stored = async (operations: readonly QueuedOperation[]) => {
    const database = await testDatabase(kind);
    const store = operationStore(database, unexpected);
    await Promise.all(operations.map(async (each) => store.save(each)));
    const ids = async (): Promise<string[]> => (await database.reads.selectFrom('EndpointOperation').select('id').orderBy('sequence').execute()).map(({ id }) => id); // prettier-ignore
    return { database, store, ids };
  };

  test('go when they are old; what waits and the last one stay', async () => {
    const { database, store, ids } = await stored([
      operation(1, 'QUEUED', 0),
      operation(2, 'CONFIRMED', NOW - 31 * DAY),
      operation(3, 'FAILED', NOW - 31 * DAY),
      operation(4, 'FAILED', NOW - 29 * DAY),
      operation(5, 'CONFIRMED', NOW - 31 * DAY),
    ]);
    const retention = new OperationRetention({ database, report: unexpected });
    expect(await retention.run(NOW)).toBe(2);
    expect(await ids()).toEqual(['1', '4', '5']);
    expect(await store.lastSequence()).toBe(5);
    expect(await retention.run(NOW)).toBe(0);
  });

  test('are kept in a number of an endpoint, the latest ones', async () => {
    const many = Array.from({ length: 1_203 }, (_, index) => operation(index + 1, 'CONFIRMED', NOW));
    const { database, ids } = await stored([...many, operation(2_000, 'QUEUED', 0), operation(2_001, 'FAILED', NOW, 'b')]); // prettier-ignore
    expect(await new OperationRetention({ database, report: unexpected, perEndpoint: 3 }).run(NOW)).toBe(1_200);
    expect(await ids()).toEqual(['1201', '1202', '1203', '2000', '2001']);
  });
});
