import { TimerQueue } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { Campaigns } from '../../src/firmware/campaigns.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { MemoryFirmwareStore, type FirmwareCampaign, type FirmwareUpdate } from '../../src/index.ts';

function campaignOf(concurrency: number): FirmwareCampaign {
  const times = { createdAt: 0, updatedAt: 0 };
  const nothing = { startAt: undefined, metadata: undefined };
  return {
    id: 'c',
    packageId: 'app',
    state: 'RUNNING',
    concurrency,
    stopAtFailureShare: 1,
    total: 3,
    ...nothing,
    ...times,
  };
}

/** A campaign of the updates `0`, `1` and `2`, and a store that fails while `down` has what it is asked. */
function running(concurrency: number = 3) {
  const clock = new VirtualClock();
  const down = new Set<'get' | 'saveCampaign' | 'save'>();
  class Store extends MemoryFirmwareStore {
    override get(id: string): FirmwareUpdate | undefined {
      if (down.has('get')) throw new Error('no database');
      return super.get(id);
    }
    override saveCampaign(campaign: FirmwareCampaign): void {
      if (down.has('saveCampaign')) throw new Error('no database');
      super.saveCampaign(campaign);
    }
    override save(update: FirmwareUpdate): void {
      if (down.has('save')) throw new Error('no database');
      super.save(update);
    }
  }
  const store = new Store();
  const begun: string[] = [];
  const states: string[] = [];
  const reports: string[] = [];
  const claimed = new Set<string>();
  const end = (update: FirmwareUpdate, state: FirmwareUpdate['state']): void => {
    store.save({ ...update, state });
    campaigns.changed({ ...update, state });
  };
  const campaigns: Campaigns = new Campaigns({
    store,
    clock,
    timers: new TimerQueue({ clock, onError: (error) => reports.push(String(error)) }),
    report: (error, context) => reports.push(`${context}: ${String(error)}`),
    claim: (endpointName) => {
      if (claimed.has(endpointName)) return false;
      claimed.add(endpointName);
      return true;
    },
    release: (endpointName) => claimed.delete(endpointName),
    start: ({ id }) => begun.push(id) > 0,
    cancel: (_endpointName, id) => Promise.resolve(begun.includes(id)),
    cancelQueued: (update) => Promise.resolve().then(() => end(update, 'CANCELLED')),
    onChange: ({ state }) => states.push(state),
  });
  const updates = ['0', '1', '2'].map((id) =>
    newUpdate(
      { packageId: 'app' },
      { id, endpointName: id, campaignId: 'c', size: 1, registration: undefined, now: 0 },
    ),
  );
  for (const update of updates) store.save(update);
  const begin = (changes: Partial<FirmwareCampaign> = {}) =>
    campaigns.begin({ ...campaignOf(concurrency), ...changes }, updates);
  return { campaigns, clock, store, down, updates, begun, states, reports, claimed, end, begin };
}

test('what a store can not give stays in the campaign, and begins when it can', async () => {
  const { begin, clock, down, begun, states, reports } = running();
  down.add('get');
  await begin();
  await clock.settle();
  expect(begun).toEqual([]);
  down.clear();
  clock.advance(5_000);
  await clock.settle();
  expect([...begun].sort()).toEqual(['0', '1', '2']);
  expect(states).toEqual(['RUNNING']);
  expect(reports).toHaveLength(3);
});

test('a campaign whose end a store does not take is finished when it does', async () => {
  const { begin, clock, down, updates, states, end } = running();
  await begin();
  await clock.settle();
  down.add('saveCampaign');
  for (const update of updates) end(update, 'SUCCEEDED');
  await clock.settle();
  for (let tries = 0; tries < 3; tries += 1) {
    clock.advance(5_000);
    await clock.settle();
  }
  expect(states).toEqual(['RUNNING']);
  down.clear();
  clock.advance(5_000);
  await clock.settle();
  expect(states).toEqual(['RUNNING', 'FINISHED']);
});

test('a cancellation that a store has broken off can be gone on with', async () => {
  const { campaigns, begin, clock, down, store, states } = running(1);
  await begin();
  await clock.settle();
  down.add('save');
  await expect(campaigns.cancel('c')).rejects.toThrow('no database');
  down.clear();
  expect(await campaigns.cancel('c')).toBe(true);
  expect(store.count('c')).toEqual({ CANCELLED: 2, QUEUED: 1 });
  expect(states).toEqual(['RUNNING', 'CANCELLED']);
  expect(await campaigns.cancel('c')).toBe(false);
});

test.each(['cancel', 'pause'] as const)('%s: what is just about to begin does not', async (method) => {
  const { campaigns, begin, clock, begun, claimed, store } = running();
  const starting = begin();
  await starting;
  const done = campaigns[method]('c');
  await clock.settle();
  expect(await done).toBe(true);
  expect(begun).toEqual([]);
  expect(claimed.size).toBe(0);
  expect(store.count('c')).toEqual(method === 'cancel' ? { CANCELLED: 3 } : { QUEUED: 3 });
});

test('an endpoint is kept for an update that is about to begin', async () => {
  const { begin, clock, claimed, begun } = running();
  await begin();
  expect([...claimed]).toEqual(['0', '1', '2']);
  await clock.settle();
  expect(begun).toEqual(['0', '1', '2']);
  expect(claimed.size).toBe(0);
});

test('who takes an update back twice at a time is counted once', async () => {
  const { campaigns, begin, clock, updates, end } = running(1);
  await begin();
  await clock.settle();
  const [, second] = updates;
  if (second === undefined) throw new Error('there is none');
  end(second, 'CANCELLED');
  end(second, 'CANCELLED');
  expect(campaigns.counts('c', () => 'READING')).toEqual({ READING: 1, QUEUED: 1, CANCELLED: 1 });
});

test('a campaign that is scheduled begins when its time has come', async () => {
  const { begin, campaigns, clock, begun, states } = running();
  const startAt = clock.wallTime() + 90_000;
  await begin({ state: 'SCHEDULED', startAt });
  clock.advance(89_999);
  await clock.settle();
  expect(begun).toEqual([]);
  expect(campaigns.counts('c', () => undefined)).toEqual({ QUEUED: 3 });
  clock.advance(1);
  await clock.settle();
  expect([...begun].sort()).toEqual(['0', '1', '2']);
  expect(states).toEqual(['SCHEDULED', 'RUNNING']);
});

test('a campaign that is paused before its time is scheduled again, and begins at once when that has passed', async () => {
  const { begin, campaigns, clock, begun, states } = running();
  await begin({ state: 'SCHEDULED', startAt: clock.wallTime() + 1_000 });
  expect(await campaigns.pause('c')).toBe(true);
  expect(await campaigns.resume('c')).toBe(true);
  expect(await campaigns.resume('c')).toBe(false);
  expect(await campaigns.pause('c')).toBe(true);
  clock.advance(1_000);
  await clock.settle();
  expect(begun).toEqual([]);
  expect(await campaigns.resume('c')).toBe(true);
  await clock.settle();
  expect(begun).toHaveLength(3);
  expect(states).toEqual(['SCHEDULED', 'PAUSED', 'SCHEDULED', 'PAUSED', 'RUNNING']);
});

test('a campaign that is cancelled before its time never begins', async () => {
  const { begin, campaigns, clock, begun, store } = running();
  await begin({ state: 'SCHEDULED', startAt: clock.wallTime() + 1_000 });
  expect(await campaigns.cancel('c')).toBe(true);
  clock.advance(2_000);
  await clock.settle();
  expect(begun).toEqual([]);
  expect(store.count('c')).toEqual({ CANCELLED: 3 });
});
