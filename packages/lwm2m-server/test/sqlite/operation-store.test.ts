import { describe, expect, onTestFinished, test } from 'vitest';
import type { QueuedOperation } from '../../src/queue/operation-store.ts';
import { GroupCommit } from '../../src/sqlite/group-commit.ts';
import { openDatabase } from '../../src/sqlite/open-database.ts';
import { openSqliteStores } from '../../src/sqlite/index.ts';
import { SqliteOperationStore, type OperationRetention } from '../../src/sqlite/sqlite-operation-store.ts';
import { sqliteFile } from './sqlite-file.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);

let lastSequence = 0;

function operation(fields: Partial<QueuedOperation> = {}): QueuedOperation {
  lastSequence += 1;
  return {
    id: `op-${lastSequence}`,
    endpointName: 'dev',
    sequence: lastSequence,
    operation: { kind: 'read', path: '/3/0/9' },
    state: 'QUEUED',
    attempts: 0,
    maxAttempts: 3,
    repeatable: true,
    key: undefined,
    metadata: undefined,
    queuedAt: T0,
    updatedAt: T0,
    expiresAt: undefined,
    result: undefined,
    failure: undefined,
    ...fields,
  };
}

function setUp(retention?: OperationRetention) {
  const database = openDatabase(sqliteFile());
  onTestFinished(() => database.close());
  const errors: string[] = [];
  const report = (error: unknown, context: string): void => void errors.push(`${context}: ${String(error)}`);
  const store = new SqliteOperationStore(database, new GroupCommit(database), report, retention);
  return { database, store, errors };
}

const idsOf = (operations: Iterable<QueuedOperation>): string[] => [...operations].map(({ id }) => id);

test('a time between two milliseconds is kept as the one before', async () => {
  const { store } = setUp();
  const { id } = operation();
  await store.save({ ...operation({ id }), queuedAt: T0 + 0.5, updatedAt: T0 + 1.25 });
  expect(store.get(id)).toMatchObject({ queuedAt: T0, updatedAt: T0 + 1 });
});

describe('finished operations', () => {
  test('are kept as many of an endpoint as were asked for, those that wait besides', async () => {
    const { store } = setUp({ perEndpoint: 3 });
    const waiting = operation();
    const others = operation({ endpointName: 'other', state: 'CONFIRMED' });
    const finished = Array.from({ length: 6 }, () => operation({ state: 'FAILED' }));
    await Promise.all([waiting, others, ...finished].map((each) => store.save(each)));
    expect(idsOf(store.list('dev', 100))).toEqual(idsOf([...finished.slice(3).reverse(), waiting]));
    expect(idsOf(store.list('other', 100))).toEqual([others.id]);
    expect(idsOf(store.load())).toEqual([waiting.id]);
    // That one more is saved again takes nothing away.
    await store.save(finished[5]!);
    expect(store.list('dev', 100)).toHaveLength(4);
  });

  test('are kept as long as was asked for, by the clock of the operations', async () => {
    const { store } = setUp({ days: 2 });
    const old = operation({ state: 'FAILED', updatedAt: T0 });
    const waiting = operation({ updatedAt: T0 });
    const recent = operation({ state: 'CONFIRMED', updatedAt: T0 + DAY });
    for (const each of [old, waiting, recent]) await store.save(each);
    await store.save(operation({ endpointName: 'other', state: 'FAILED', updatedAt: T0 + 2 * DAY }));
    expect(idsOf(store.list('dev', 9))).toEqual(idsOf([recent, waiting, old]));
    await store.save(operation({ endpointName: 'other', state: 'FAILED', updatedAt: T0 + 2 * DAY + 1 }));
    expect(idsOf(store.list('dev', 9))).toEqual(idsOf([recent, waiting]));
  });

  test('go in portions, so that no backlog holds anybody up', async () => {
    const { store } = setUp({ perEndpoint: 1000, days: 1 });
    await Promise.all(Array.from({ length: 40 }, () => store.save(operation({ state: 'FAILED' }))));
    const later = { state: 'FAILED', updatedAt: T0 + 2 * DAY } as const;
    await store.save(operation({ endpointName: 'other', ...later }));
    expect(store.list('dev', 100)).toHaveLength(24);
    await store.save(operation({ endpointName: 'other', ...later }));
    await store.save(operation({ endpointName: 'other', ...later }));
    expect(store.list('dev', 100)).toHaveLength(0);
  });

  test('that go never take the greatest sequence along', async () => {
    const { store } = setUp({ perEndpoint: 1, days: 1 });
    const last = operation({ state: 'FAILED', sequence: 1_000_000 });
    await store.save(last);
    await store.save(operation({ state: 'FAILED', sequence: 5, updatedAt: T0 + 9 * DAY }));
    await store.save(operation({ state: 'FAILED', sequence: 6, updatedAt: T0 + 9 * DAY }));
    expect(store.lastSequence()).toBe(1_000_000);
  });

  test('are kept for 30 days, and 100 of an endpoint, unless the options say otherwise', async () => {
    const { store } = setUp();
    await Promise.all(Array.from({ length: 105 }, () => store.save(operation({ state: 'FAILED' }))));
    expect(store.list('dev', 1000)).toHaveLength(100);
    await store.save(operation({ endpointName: 'other', state: 'FAILED', updatedAt: T0 + 30 * DAY }));
    expect(store.list('dev', 1000)).toHaveLength(100);
    await store.save(operation({ endpointName: 'other', state: 'FAILED', updatedAt: T0 + 31 * DAY }));
    expect(store.list('dev', 1000)).toHaveLength(84);
  });

  test.each([{ days: 0 }, { days: NaN }, { perEndpoint: 0 }, { perEndpoint: Infinity }])(
    'can not be kept for %o',
    (retention) => {
      expect(() => openSqliteStores({ file: ':memory:', retention })).toThrow(RangeError);
    },
  );
});

test('a row that can not be read is reported and skipped, and the others are there', async () => {
  const { database, store, errors } = setUp();
  const [broken, other] = [operation(), operation()];
  await store.save(broken);
  await store.save(other);
  database.prepare("UPDATE Operation SET operation = '{' WHERE id = ?").run(broken.id);
  expect(idsOf(store.load())).toEqual([other.id]);
  expect(idsOf(store.list('dev', 9))).toEqual([other.id]);
  expect(store.get(broken.id)).toBeUndefined();
  expect(errors).toHaveLength(3);
  expect(errors[0]).toMatch(`the operation ${broken.id} in the store can not be read: `);
  await store.save(broken);
  expect(store.get(broken.id)).toEqual(broken);
});
