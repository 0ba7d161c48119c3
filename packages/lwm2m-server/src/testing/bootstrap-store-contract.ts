import assert from 'node:assert/strict';
import type { BootstrapConfiguration } from '../bootstrap/bootstrap-configuration.ts';
import type { BootstrapStore } from '../bootstrap/bootstrap-store.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** A store that configurations can be put into. */
export interface EditableBootstrapStore extends BootstrapStore {
  /** Gives an endpoint its configuration, in place of the one that it had. Throws or rejects for one that can not be written. */
  set(endpointName: string, configuration: BootstrapConfiguration): MaybePromise<void>;
  /** Takes it away; false when there was none. */
  delete(endpointName: string): MaybePromise<boolean>;
  /** The names of the endpoints that have one, in the order of the alphabet. */
  list(): MaybePromise<readonly string[]>;
}

/** A store under test, empty at first. */
export interface BootstrapStoreFixture {
  readonly store: EditableBootstrapStore;
  /** Closes it and opens it again, as a restart does. Absent: it keeps nothing. */
  readonly reopen?: () => MaybePromise<EditableBootstrapStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface BootstrapStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of a store of bootstrap configurations as test cases for any test runner. `setup` is called for each case.
 *
 * @example
 * for (const { name, run } of bootstrapStoreContract(setup)) test(name, run);
 */
export function bootstrapStoreContract(
  setup: () => MaybePromise<BootstrapStoreFixture>,
): readonly BootstrapStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({ name, run: async () => rule(await setup()) }));
}

/** All that a configuration can have. */
const CONFIGURATION: BootstrapConfiguration = {
  deletes: ['/0', '/1/0'],
  instances: [
    {
      path: '/0',
      resources: [
        { kind: 'singleResource', id: 0, type: 'string', value: 'coaps://192.0.2.1' },
        { kind: 'singleResource', id: 1, type: 'boolean', value: false },
        { kind: 'singleResource', id: 5, type: 'opaque', value: Uint8Array.of(0, 1, 255) },
        { kind: 'singleResource', id: 17, type: 'objlnk', value: { objectId: 21, objectInstanceId: 0 } },
      ],
    },
    {
      path: '/2/0',
      resources: [
        {
          kind: 'multipleResource',
          id: 2,
          type: 'integer',
          instances: [{ kind: 'resourceInstance', id: 1, type: 'integer', value: 15 }],
        },
      ],
    },
  ],
  queries: [{ operation: 'read', path: '/1', when: 'first' }],
  contentFormat: 112,
};
const OTHER: BootstrapConfiguration = { instances: [] };

const rules: Readonly<Record<string, (fixture: BootstrapStoreFixture) => Promise<void>>> = {
  'nobody has a configuration at first': async ({ store }) => {
    assert.equal(await store.get('dev'), undefined);
    assert.deepEqual(await store.list(), []);
  },
  'an endpoint has what it was given, and nobody else': async ({ store }) => {
    await store.set('dev', CONFIGURATION);
    assert.deepEqual(await store.get('dev'), CONFIGURATION);
    assert.equal(await store.get('de'), undefined);
    assert.equal(await store.get('DEV'), undefined);
  },
  'a later configuration takes the place of the one before': async ({ store }) => {
    await store.set('dev', CONFIGURATION);
    await store.set('dev', OTHER);
    assert.deepEqual(await store.get('dev'), OTHER);
    assert.deepEqual(await store.list(), ['dev']);
  },
  'what is taken away is gone': async ({ store }) => {
    await store.set('dev', CONFIGURATION);
    assert.equal(await store.delete('dev'), true);
    assert.equal(await store.delete('dev'), false);
    assert.equal(await store.get('dev'), undefined);
  },
  'names are listed in their order': async ({ store }) => {
    for (const name of ['b', 'a', 'c']) await store.set(name, OTHER);
    assert.deepEqual(await store.list(), ['a', 'b', 'c']);
  },
  'a name may be any text': async ({ store }) => {
    for (const name of ['__proto__', "o'clock", 'ü %_']) {
      await store.set(name, OTHER);
      assert.deepEqual(await store.get(name), OTHER);
    }
  },
  'what can not be written is refused, and all is as before': async ({ store }) => {
    await store.set('dev', CONFIGURATION);
    const wrong: BootstrapConfiguration = { instances: [{ path: '/1/0/0', resources: [] }] };
    await assert.rejects(async () => store.set('dev', wrong), RangeError);
    assert.deepEqual(await store.get('dev'), CONFIGURATION);
  },
  'all is there after a restart': async ({ store, reopen }) => {
    if (reopen === undefined) return;
    await store.set('dev', CONFIGURATION);
    const again = await reopen();
    assert.deepEqual(await again.get('dev'), CONFIGURATION);
  },
};
