import assert from 'node:assert/strict';
import type { Operation, OperationResult } from '../downlink/operation.ts';
import type { OperationState, OperationStore, QueuedOperation } from '../queue/operation-store.ts';

/** A store under test, empty at first. */
export interface OperationStoreFixture {
  readonly store: OperationStore;
  /** Of a store that outlives its process: one that has what `store` was given, as after a restart. The first one is not used any more. */
  readonly reopen?: () => OperationStore | Promise<OperationStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface OperationStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `OperationStore` as test cases for any test runner. `setup` is called for each case. Where it gives `reopen`, what a restart needs is asked of the
 * store that was reopened.
 *
 * @example
 * for (const { name, run } of operationStoreContract(setup)) test(name, run);
 */
export function operationStoreContract(
  setup: () => OperationStoreFixture | Promise<OperationStoreFixture>,
): readonly OperationStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async () => {
      const { store, reopen } = await setup();
      await rule(store, async () => (await reopen?.()) ?? store);
    },
  }));
}

type Reopen = () => Promise<OperationStore>;

const rules: Readonly<Record<string, (store: OperationStore, reopen: Reopen) => Promise<void>>> = {
  'an empty store has nothing': async (store) => {
    assert.deepEqual([...(await store.load())], []);
    assert.equal(await store.lastSequence(), 0);
    assert.equal(await store.get('id'), undefined);
    assert.deepEqual([...(await store.list('dev', 10))], []);
  },

  'an operation is found as it was saved': async (store, reopen) => {
    for (const [index, each] of OPERATIONS.entries()) {
      await store.save(
        queued(index + 1, 'dev', { operation: each, key: index % 2 === 0 ? undefined : `key ${index}` }),
      );
    }
    const reopened = await reopen();
    for (const [index, each] of OPERATIONS.entries()) {
      const found = await reopened.get(`id-${index + 1}`);
      assert.deepEqual(plain(found?.operation), each);
      assert.equal(found?.key, index % 2 === 0 ? undefined : `key ${index}`);
    }
  },

  'each field is kept': async (store, reopen) => {
    const full = queued(7, 'dev', {
      state: 'SENDING',
      attempts: 2,
      maxAttempts: 5,
      repeatable: false,
      key: 'a key',
      metadata: '{"by":"anna"}\u0000\n',
      queuedAt: 1_767_225_600_001,
      updatedAt: 1_767_225_600_002,
      expiresAt: 1_767_225_600_003,
      failure: { reason: 'rejected', message: 'the device answered 5.03: "busy"\n', responseCode: '5.03' },
    });
    const empty = queued(8, 'dev');
    await store.save(full);
    await store.save(empty);
    const reopened = await reopen();
    assert.deepEqual(plain(await reopened.get('id-7')), full);
    assert.deepEqual(plain(await reopened.get('id-8')), empty);
  },

  'results are kept': async (store, reopen) => {
    for (const [index, result] of RESULTS.entries()) {
      await store.save(queued(index + 1, 'dev', { state: 'CONFIRMED', attempts: 1, result }));
    }
    const reopened = await reopen();
    for (const [index, result] of RESULTS.entries()) {
      assert.deepEqual(plain((await reopened.get(`id-${index + 1}`))?.result), result);
    }
  },

  'what is saved takes the place of what has its id': async (store, reopen) => {
    await store.save(queued(1, 'dev'));
    await store.save(queued(1, 'dev', { state: 'SENDING', attempts: 1, updatedAt: 5 }));
    assert.equal((await store.get('id-1'))?.state, 'SENDING');
    assert.equal((await store.list('dev', 10)).length, 1);
    const loaded = [...(await (await reopen()).load())];
    assert.deepEqual(
      loaded.map(({ state }) => state),
      ['SENDING'],
    );
  },

  'what is not finished is loaded, in the order of its sequence': async (store, reopen) => {
    const states: readonly OperationState[] = ['QUEUED', 'CONFIRMED', 'SENDING', 'FAILED', 'QUEUED'];
    // Saved in another order, as endpoints side by side do.
    for (const index of [4, 0, 2, 3, 1]) {
      await store.save(queued(index + 1, index % 2 === 0 ? 'a' : 'b', { state: states[index] ?? 'QUEUED' }));
    }
    // More digits do not come first.
    await store.save(queued(10, 'b'));
    const loaded = [...(await (await reopen()).load())];
    assert.deepEqual(
      loaded.map(({ sequence, state, endpointName }) => `${sequence} ${state} ${endpointName}`),
      ['1 QUEUED a', '3 SENDING a', '5 QUEUED a', '10 QUEUED b'],
    );
  },

  'the last sequence is that of all operations that ever were': async (store, reopen) => {
    await store.save(queued(12, 'dev'));
    await store.save(queued(3, 'dev'));
    assert.equal(await store.lastSequence(), 12);
    await store.save(
      queued(12, 'dev', { state: 'FAILED', failure: { reason: 'cancelled', message: 'it was cancelled' } }),
    );
    assert.equal(await (await reopen()).lastSequence(), 12);
  },

  'a sequence may be large': async (store, reopen) => {
    const sequence = 2 ** 40 + 1;
    await store.save(queued(sequence, 'dev'));
    const reopened = await reopen();
    assert.equal(await reopened.lastSequence(), sequence);
    assert.equal([...(await reopened.load())][0]?.sequence, sequence);
  },

  'those of an endpoint are listed, the latest first, finished or not, so many as are wanted': async (
    store,
    reopen,
  ) => {
    for (const sequence of [2, 1, 3, 11]) await store.save(queued(sequence, 'dev'));
    await store.save(queued(4, 'other'));
    await store.save(queued(2, 'dev', { state: 'CONFIRMED', result: { responseCode: '2.04' } }));
    const sequences = async (from: OperationStore, limit: number): Promise<readonly number[]> =>
      (await from.list('dev', limit)).map(({ sequence }) => sequence);
    assert.deepEqual(await sequences(store, 10), [11, 3, 2, 1]);
    const reopened = await reopen();
    assert.deepEqual(await sequences(reopened, 10), [11, 3, 2, 1]);
    assert.deepEqual(await sequences(reopened, 3), [11, 3, 2]);
    assert.deepEqual([...(await reopened.list('nobody', 10))], []);
  },

  'a finished operation can still be asked for': async (store, reopen) => {
    const finished = queued(1, 'dev', { state: 'FAILED', failure: { reason: 'expired', message: 'over' } });
    await store.save(queued(1, 'dev'));
    await store.save(finished);
    assert.deepEqual(plain(await store.get('id-1')), finished);
    assert.deepEqual(plain(await (await reopen()).get('id-1')), finished);
  },

  'ids, endpoint names and keys are any text': async (store, reopen) => {
    const texts = ["'; --", 'ü\u{1f600}', 'ID', 'id ', ' id', '%', 'name x', '__proto__', '0'];
    for (const [index, text] of texts.entries())
      await store.save({ ...queued(index + 1, text, { key: text }), id: text });
    const reopened = await reopen();
    for (const [index, text] of texts.entries()) {
      const found = await reopened.get(text);
      assert.deepEqual([found?.sequence, found?.endpointName, found?.key], [index + 1, text, text]);
      assert.equal((await reopened.list(text, 10)).length, 1);
    }
    assert.equal(await reopened.get('id'), undefined);
  },

  'an operation that was given out stays as it is': async (store) => {
    await store.save(queued(1, 'dev'));
    const before = await store.get('id-1');
    const listed = await store.list('dev', 10);
    await store.save(queued(1, 'dev', { state: 'SENDING', attempts: 1 }));
    assert.equal(before?.state, 'QUEUED');
    assert.deepEqual(
      listed.map(({ state }) => state),
      ['QUEUED'],
    );
  },
};

const OPERATIONS: readonly Operation[] = [
  { kind: 'read', path: '/3/0/9' },
  { kind: 'read', path: '/d01/3303/0', accept: null },
  {
    kind: 'execute',
    path: '/3/0/4',
    arguments: [{ digit: 0, value: "'=," }, { digit: 1 }],
  },
  {
    kind: 'write',
    path: '/3442/0/150',
    mode: 'replace',
    node: { kind: 'singleResource', id: 150, type: 'opaque', value: Uint8Array.of(0, 255) },
    contentFormat: 42,
  },
  {
    kind: 'write',
    path: '/3442/0/120',
    mode: 'update',
    node: { kind: 'singleResource', id: 120, type: 'integer', value: 2n ** 60n },
  },
  { kind: 'request', method: 'POST', path: ['3', '0'], query: ['a=b'], payload: Uint8Array.of(1, 2, 3) },
  { kind: 'cancelObservation', paths: ['/3/0', '/4'], composite: true },
];

const RESULTS: readonly OperationResult[] = [
  { responseCode: '2.04' },
  { responseCode: '2.01', createdPath: '/3442/1' },
  { responseCode: '2.05', payload: Uint8Array.of(9, 0) },
  {
    responseCode: '2.05',
    contentFormat: 112,
    node: { kind: 'singleResource', id: 9, type: 'float', value: Number.NaN },
    records: [
      {
        path: { prefix: undefined, objectId: 3, objectInstanceId: 0, resourceId: 9, resourceInstanceId: undefined },
        type: 'float',
        value: Infinity,
        time: 1.5,
      },
    ],
  },
];

function queued(sequence: number, endpointName: string, changes: Partial<QueuedOperation> = {}): QueuedOperation {
  return {
    id: `id-${sequence}`,
    endpointName,
    sequence,
    operation: { kind: 'read', path: '/3' },
    state: 'QUEUED',
    attempts: 0,
    maxAttempts: 3,
    repeatable: true,
    key: undefined,
    metadata: undefined,
    queuedAt: 1,
    updatedAt: 1,
    expiresAt: undefined,
    result: undefined,
    failure: undefined,
    ...changes,
  };
}

/** With plain arrays of bytes: a database may give a Buffer. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, plain(each)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
