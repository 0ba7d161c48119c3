import assert from 'node:assert/strict';
import type { ObservationStore, StoredObservation } from '../observation/observation-store.ts';

/** A store under test, empty at first. */
export interface ObservationStoreFixture {
  readonly store: ObservationStore;
  /** Of a store that outlives its process: one that has what `store` was given, as after a restart. The first one is not used any more. */
  readonly reopen?: () => ObservationStore | Promise<ObservationStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface ObservationStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `ObservationStore` as test cases for any test runner. `setup` is called for each case. Where it gives `reopen`, the store that was reopened is
 * asked what it has.
 *
 * @example
 * for (const { name, run } of observationStoreContract(setup)) test(name, run);
 */
export function observationStoreContract(
  setup: () => ObservationStoreFixture | Promise<ObservationStoreFixture>,
): readonly ObservationStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async () => {
      const { store, reopen } = await setup();
      await rule(store, async () => listed((await reopen?.()) ?? store));
    },
  }));
}

function stored(changes: Partial<StoredObservation> = {}): StoredObservation {
  return {
    endpointName: 'dev',
    paths: ['/3/0/9'],
    composite: false,
    attributes: undefined,
    contentFormat: undefined,
    accept: 112,
    kept: false,
    established: { registrationId: 'id', token: Uint8Array.of(1, 2, 3, 4) },
    ...changes,
  };
}

/** Gives what a store has, after a restart where that is possible. */
type Listed = () => Promise<readonly StoredObservation[]>;

const rules: Readonly<Record<string, (store: ObservationStore, listed: Listed) => Promise<void>>> = {
  'an empty store has nothing': async (_, all) => {
    assert.deepEqual(await all(), []);
  },

  'an observation is found as it was saved': async (store, all) => {
    const observations = [
      stored(),
      stored({ paths: ['/3/0/7/0'], accept: undefined, kept: true, established: undefined }),
      stored({
        paths: ['/d01/3303/0/5700', '/1/0/1'],
        composite: true,
        contentFormat: 322,
        attributes: { pmin: 0, pmax: 60, gt: -2.5, st: 1e-7, con: 1 },
        established: { registrationId: "'; --", token: Uint8Array.of(0, 255, 0, 128, 7, 6, 5, 4) },
      }),
      stored({ endpointName: "ü\u{1f600}'; --", established: { registrationId: 'id', token: new Uint8Array() } }),
    ];
    for (const observation of observations) await store.save(observation);
    assert.deepEqual(await all(), sorted(observations));
  },

  'one of the same paths takes the place of the old': async (store, all) => {
    await store.save(stored());
    const next = stored({ accept: 11542, kept: true, established: { registrationId: 'new', token: Uint8Array.of(9) } });
    await store.save(next);
    assert.deepEqual(await all(), [next]);
  },

  'a composite of one path is another than the path': async (store, all) => {
    const composite = stored({ composite: true, contentFormat: 112 });
    await store.save(stored());
    await store.save(composite);
    await store.remove('dev', ['/3/0/9'], false);
    assert.deepEqual(await all(), [composite]);
  },

  'what is removed is gone, and nothing else': async (store, all) => {
    const composite = stored({ composite: true, paths: ['/3/0/9', '/1/0/1'], contentFormat: 112 });
    const other = stored({ endpointName: 'other' });
    for (const observation of [stored(), composite, other]) await store.save(observation);
    await store.remove('dev', ['/3/0/9'], false);
    await store.remove('dev', ['/5/0/3'], false);
    await store.remove('nobody', ['/3/0/9'], false);
    assert.deepEqual(await all(), sorted([composite, other]));
  },

  'the last one of an endpoint can be removed': async (store, all) => {
    const composite = stored({ composite: true, paths: ['/3/0/9', '/1/0/1'], contentFormat: 112 });
    const other = stored({ endpointName: 'other' });
    for (const observation of [composite, other]) await store.save(observation);
    await store.remove('dev', ['/3/0/9', '/1/0/1'], true);
    await store.remove('other', ['/3/0/9'], false);
    assert.deepEqual(await all(), []);
  },

  'with a registration goes what was not asked to be kept; the rest is not established': async (store, all) => {
    const kept = stored({ paths: ['/1/0/1'], kept: true });
    const waiting = stored({ paths: ['/4/0'], kept: true, established: undefined });
    const other = stored({ endpointName: 'other' });
    for (const observation of [stored(), kept, waiting, other]) await store.save(observation);
    await store.endRegistration('dev');
    await store.endRegistration('nobody');
    assert.deepEqual(await all(), sorted([{ ...kept, established: undefined }, waiting, other]));
  },

  'after a registration has ended the next one is stored as the first was': async (store, all) => {
    await store.save(stored());
    await store.endRegistration('dev');
    const next = stored({ established: { registrationId: 'new', token: Uint8Array.of(9) } });
    await store.save(next);
    assert.deepEqual(await all(), [next]);
  },
};

/** What a store has, in one order. Tokens as plain arrays: a database may give a Buffer. */
async function listed(store: ObservationStore): Promise<readonly StoredObservation[]> {
  const all = [...(await store.load())].map((observation) => {
    const { established } = observation;
    if (established === undefined) return { ...observation, established };
    return { ...observation, established: { ...established, token: new Uint8Array(established.token) } };
  });
  return sorted(all);
}

function sorted(observations: readonly StoredObservation[]): readonly StoredObservation[] {
  const keyOf = ({ endpointName, paths, composite }: StoredObservation): string =>
    JSON.stringify([endpointName, composite, paths]);
  return observations.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
