import assert from 'node:assert/strict';
import type { FirmwareCampaign } from '../firmware/firmware-campaign.ts';
import type { FirmwareStore } from '../firmware/firmware-store.ts';
import type { FirmwareUpdate } from '../firmware/firmware-update.ts';
import { newUpdate } from '../firmware/new-update.ts';

/** A store under test, empty at first. */
export interface FirmwareStoreFixture {
  readonly store: FirmwareStore;
  /** Of a store that outlives its process: one that has what `store` was given, as after a restart. The first one is not used any more. */
  readonly reopen?: () => FirmwareStore | Promise<FirmwareStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface FirmwareStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `FirmwareStore` as test cases for any test runner. `setup` is called for each case. Where it gives `reopen`, the store that was reopened is
 * asked what it has.
 *
 * @example
 * for (const { name, run } of firmwareStoreContract(setup)) test(name, run);
 */
export function firmwareStoreContract(
  setup: () => FirmwareStoreFixture | Promise<FirmwareStoreFixture>,
): readonly FirmwareStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async () => {
      const { store, reopen } = await setup();
      await rule(store, async () => (await reopen?.()) ?? store);
    },
  }));
}

/** Gives the store that is asked. */
type Reopened = () => Promise<FirmwareStore>;

const NOW = Date.UTC(2026, 0, 1);

function update(id: string, changes: Partial<FirmwareUpdate> = {}): FirmwareUpdate {
  const given = { id, endpointName: 'dev', campaignId: undefined, size: 1_000, registration: undefined, now: NOW };
  return { ...newUpdate({ packageId: 'app' }, given), ...changes };
}

function campaign(id: string, changes: Partial<FirmwareCampaign> = {}): FirmwareCampaign {
  return {
    id,
    packageId: 'app',
    state: 'RUNNING',
    concurrency: 10,
    stopAtFailureShare: 0.1,
    total: 3,
    startAt: undefined,
    metadata: undefined,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
}

/** One with something in each field. */
const FULL: FirmwareUpdate = update('full', {
  endpointName: "ü\u{1f600}'; --",
  campaignId: 'campaign',
  packageSize: 5,
  version: '1.2',
  metadata: '{"by":"ü"}',
  state: 'DELIVERING',
  delivery: 'pull',
  refusedDeliveries: ['push'],
  device: {
    readable: 'resources',
    objectVersion: '1.1',
    state: 1,
    result: 0,
    protocols: [0, 1],
    deliveryMethod: 2,
    automaticUpgrade: false,
    packageVersion: '1.2',
    firmwareVersion: '1.1',
    conflicts: [2],
  },
  before: { firmwareVersion: '1.1', packageVersion: undefined },
  progress: { transferred: 1, total: 5 },
  attempts: 2,
  deferrals: 1,
  todo: [
    {
      kind: 'write',
      path: '/5/0/1',
      mode: 'replace',
      node: { kind: 'singleResource', id: 1, type: 'string', value: '' },
    },
    {
      kind: 'write',
      path: '/5/0/0',
      mode: 'replace',
      node: { kind: 'singleResource', id: 0, type: 'opaque', value: Uint8Array.of(0) },
      contentFormat: 42,
    },
    { kind: 'execute', path: '/5/0/2', arguments: [{ digit: 0, value: '</33629/1>' }] },
  ],
  operationId: 'operation',
  deadlineAt: NOW + 1,
  nextAt: NOW + 2,
  // Of a clock with fractions.
  updatedAt: NOW + 0.25,
  failure: { reason: 'connection-lost', message: 'lost', result: 4, responseCode: undefined },
});

const rules: Readonly<Record<string, (store: FirmwareStore, reopened: Reopened) => Promise<void>>> = {
  'an empty store has nothing': async (_, reopened) => {
    const store = await reopened();
    assert.deepEqual([...(await store.load())], []);
    assert.equal(await store.get('nobody'), undefined);
    assert.deepEqual(await store.list({ limit: 10 }), []);
    assert.deepEqual(await store.campaigns(), []);
    assert.deepEqual(await store.count('nobody'), {});
  },

  'an update is found as it was saved': async (first, reopened) => {
    await first.save(update('plain'));
    await first.save(FULL);
    const store = await reopened();
    assert.deepEqual(await store.get('plain'), update('plain'));
    assert.deepEqual(await store.get('full'), FULL);
    assert.deepEqual([...(await store.load())], [update('plain'), FULL]);
  },

  'a later value takes the place of the first, in its order': async (first, reopened) => {
    await first.save(update('a'));
    await first.save(update('b'));
    await first.save(update('a', { state: 'READING', attempts: 1 }));
    const store = await reopened();
    assert.deepEqual(
      (await store.list({ limit: 10 })).map(({ id, state }) => [id, state]),
      [
        ['b', 'QUEUED'],
        ['a', 'READING'],
      ],
    );
  },

  'what is final is not loaded, and is kept': async (first, reopened) => {
    await first.save(update('a', { state: 'SUCCEEDED' }));
    await first.save(update('b', { state: 'FAILED' }));
    await first.save(update('c', { state: 'CANCELLED' }));
    await first.save(update('d', { state: 'RETRYING' }));
    const store = await reopened();
    assert.deepEqual(idsOf(await store.load()), ['d']);
    assert.deepEqual(idsOf(await store.list({ limit: 10 })), ['d', 'c', 'b', 'a']);
  },

  'lists are of an endpoint, of a campaign or of both, and have a limit': async (first, reopened) => {
    await first.save(update('a', { campaignId: 'x' }));
    await first.save(update('b', { campaignId: 'x', endpointName: 'other' }));
    await first.save(update('c'));
    await first.save(update('d', { campaignId: 'y' }));
    const store = await reopened();
    assert.deepEqual(idsOf(await store.list({ endpointName: 'dev', limit: 10 })), ['d', 'c', 'a']);
    assert.deepEqual(idsOf(await store.list({ endpointName: 'dev', limit: 2 })), ['d', 'c']);
    assert.deepEqual(idsOf(await store.list({ campaignId: 'x', limit: 10 })), ['b', 'a']);
    assert.deepEqual(idsOf(await store.list({ campaignId: 'x', endpointName: 'other', limit: 10 })), ['b']);
  },

  'the updates of a campaign are counted by their states': async (first, reopened) => {
    await first.save(update('a', { campaignId: 'x' }));
    await first.save(update('b', { campaignId: 'x' }));
    await first.save(update('c', { campaignId: 'x', state: 'SUCCEEDED' }));
    await first.save(update('d', { campaignId: 'y' }));
    await first.save(update('b', { campaignId: 'x', state: 'FAILED' }));
    const store = await reopened();
    assert.deepEqual({ ...(await store.count('x')) }, { QUEUED: 1, SUCCEEDED: 1, FAILED: 1 });
  },

  'campaigns are found in their order, each as it was saved last': async (first, reopened) => {
    await first.saveCampaign(campaign('a'));
    const second = { stopAtFailureShare: 1, state: 'SCHEDULED', startAt: NOW + 5, metadata: '{"name":"ü"}' } as const;
    await first.saveCampaign(campaign('b', second));
    await first.saveCampaign(campaign('a', { state: 'PAUSED' }));
    const store = await reopened();
    assert.deepEqual(await store.campaigns(), [campaign('a', { state: 'PAUSED' }), campaign('b', second)]);
  },
};

function idsOf(updates: Iterable<FirmwareUpdate>): readonly string[] {
  return [...updates].map(({ id }) => id);
}
