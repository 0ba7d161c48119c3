import assert from 'node:assert/strict';
import type { AssociationStore } from '../api.ts';

/** A store under test, empty at first. */
export interface AssociationStoreFixture {
  readonly store: AssociationStore;
  /** Of a store that outlives its process: one that has what `store` was given, as after a restart. The first one is not used any more. */
  readonly reopen?: () => AssociationStore | Promise<AssociationStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface AssociationStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `AssociationStore` as test cases for any test runner. `setup` is called for each case.
 *
 * @example
 * for (const { name, run } of associationStoreContract(setup)) test(name, run);
 */
export function associationStoreContract(
  setup: () => AssociationStoreFixture | Promise<AssociationStoreFixture>,
): readonly AssociationStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({ name, run: async () => rule(await setup()) }));
}

const A = Uint8Array.of(1, 2, 3);
const B = Uint8Array.of(4);

const rules: Readonly<Record<string, (fixture: AssociationStoreFixture) => Promise<void>>> = {
  'an empty store has nothing': async ({ store }) => {
    assert.deepEqual(await content(store), {});
  },

  'what was saved is loaded, under keys of any text': async ({ store }) => {
    const keys = ["'; --", 'ü\u{1f600}', 'dtls:A', 'dtls:a', 'a\0b', ' dtls:a', '%'];
    for (const [index, key] of keys.entries()) await store.save({ key, snapshot: Uint8Array.of(index) });
    const expected = Object.fromEntries(keys.map((key, index) => [key, [index]]));
    assert.deepEqual(await content(store), expected);
  },

  'a snapshot has any bytes, and is a copy': async ({ store }) => {
    const snapshot = Uint8Array.from({ length: 65_535 }, (_, index) => index & 0xff);
    const saved = Uint8Array.from(snapshot);
    await store.save({ key: 'a', snapshot: saved });
    saved.fill(0);
    assert.deepEqual(await content(store), { a: [...snapshot] });
    for (const loaded of await store.load()) loaded.snapshot.fill(0);
    assert.deepEqual(await content(store), { a: [...snapshot] });
  },

  'saving again takes the place of what has the same key': async ({ store }) => {
    await store.save({ key: 'a', snapshot: A });
    await store.save({ key: 'b', snapshot: A });
    await store.save({ key: 'a', snapshot: B });
    assert.deepEqual(await content(store), { a: [...B], b: [...A] });
  },

  'what was removed is gone, and removing what is not there is harmless': async ({ store }) => {
    await store.save({ key: 'a', snapshot: A });
    await store.save({ key: 'b', snapshot: B });
    await store.remove('a');
    await store.remove('a');
    await store.remove('never');
    assert.deepEqual(await content(store), { b: [...B] });
  },

  'of calls that nobody waits between the last counts': async ({ store }) => {
    const calls = [
      store.save({ key: 'a', snapshot: A }),
      store.save({ key: 'a', snapshot: B }),
      store.save({ key: 'b', snapshot: A }),
      store.remove('b'),
      store.remove('c'),
      store.save({ key: 'c', snapshot: A }),
    ];
    for (const call of calls) await call;
    assert.deepEqual(await content(store), { a: [...B], c: [...A] });
  },

  'there may be many': async ({ store }) => {
    const keys = Array.from({ length: 1200 }, (_, index) => `dtls:${String(index)}`);
    const calls = keys.map((key) => store.save({ key, snapshot: A }));
    for (const call of calls) await call;
    assert.deepEqual(Object.keys(await content(store)).sort(), keys.sort());
  },

  'what has settled outlives the process': async ({ store, reopen }) => {
    if (reopen === undefined) return;
    await store.save({ key: 'a', snapshot: A });
    await store.save({ key: 'b', snapshot: A });
    await store.save({ key: 'b', snapshot: B });
    await store.save({ key: 'c', snapshot: A });
    await store.remove('c');
    assert.deepEqual(await content(await reopen()), { a: [...A], b: [...B] });
  },
};

/** By key. A key that comes twice is an error. */
async function content(store: AssociationStore): Promise<Record<string, number[]>> {
  const entries = [...(await store.load())].map(({ key, snapshot }): [string, number[]] => [key, [...snapshot]]);
  assert.equal(new Set(entries.map(([key]) => key)).size, entries.length, 'a key comes once');
  return Object.fromEntries(entries);
}
