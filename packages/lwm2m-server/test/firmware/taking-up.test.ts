import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { newUpdate } from '../../src/firmware/new-update.ts';
import {
  type FirmwareCampaign,
  type FirmwareStore,
  FirmwareUpdater,
  MemoryFirmwareStore,
  type FirmwareUpdate,
} from '../../src/index.ts';

const times = { createdAt: 0, updatedAt: 0 };
const nothing = { startAt: undefined, metadata: undefined };
const campaign = { id: 'c', packageId: 'app', concurrency: 1, stopAtFailureShare: 1, total: 1, ...nothing, ...times } as const; // prettier-ignore

function queued(id: string, campaignId: string): FirmwareUpdate {
  const given = { id, endpointName: id, campaignId, size: 1, registration: undefined, now: 0 };
  return newUpdate({ packageId: 'app' }, given);
}

/** An updater over a store, and a server that nothing comes of. */
function updaterOver(store: FirmwareStore) {
  const clock = new VirtualClock();
  const listeners = new Set<string>();
  const reports: string[] = [];
  const server = {
    on: (name: string) => listeners.add(name),
    off: (name: string) => listeners.delete(name),
    operations: { add: () => new Promise(() => undefined) },
  };
  const updater = new FirmwareUpdater(server as never, {
    store,
    clock,
    packages: { open: () => undefined },
    onError: (error, context) => reports.push(`${context}: ${String(error)}`),
  });
  return { updater, clock, listeners, reports };
}

test('campaigns go on although an update that no campaign has could not be taken back', async () => {
  class Store extends MemoryFirmwareStore {
    override save(update: FirmwareUpdate): void {
      if (update.id === 'orphan' && update.state === 'CANCELLED') throw new Error('no database');
      super.save(update);
    }
  }
  const store = new Store();
  store.saveCampaign({ ...campaign, state: 'RUNNING' });
  for (const update of [queued('orphan', 'none'), queued('dev', 'c')]) store.save(update);
  const { updater, clock, reports } = updaterOver(store);
  await updater.start();
  await clock.settle();
  expect(updater.active('dev')).toMatchObject({ state: 'READING' });
  expect(reports).toEqual(['the firmware update orphan stays QUEUED until the next start: Error: no database']);
});

test('an updater that could not be started does nothing', async () => {
  class Store extends MemoryFirmwareStore {
    override *load(): Generator<FirmwareUpdate> {
      yield { ...queued('dev', 'c'), campaignId: undefined };
      throw new Error('no database');
    }
  }
  const { updater, listeners } = updaterOver(new Store());
  await expect(updater.start()).rejects.toThrow('no database');
  expect([...listeners]).toEqual([]);
  await expect(updater.update('dev', { packageId: 'app' })).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
});

test('what was under way in a campaign that was being cancelled is taken back', async () => {
  const store = new MemoryFirmwareStore();
  store.saveCampaign({ ...campaign, state: 'CANCELLED' });
  store.save({ ...queued('dev', 'c'), state: 'RETRYING' });
  store.save({ ...queued('alone', 'c'), campaignId: undefined, state: 'RETRYING' });
  const { updater, clock } = updaterOver(store);
  await updater.start();
  await clock.settle();
  expect(store.get('dev')).toMatchObject({ state: 'CANCELLED' });
  expect(updater.active('dev')).toBeUndefined();
  expect(updater.active('alone')).toMatchObject({ state: 'RETRYING' });
});

/** A store of the 200 updates of a campaign that takes a turn of the loop for each that changes, and tells how many it had at a time. */
function slowStore(state: FirmwareCampaign['state']) {
  const kept = new MemoryFirmwareStore();
  kept.saveCampaign({ ...campaign, total: 200, state });
  for (let index = 0; index < 200; index += 1) kept.save(queued(`dev${index}`, 'c'));
  let now = 0;
  let most = 0;
  const store: FirmwareStore = {
    load: () => kept.load(),
    get: (id) => kept.get(id),
    list: (filter) => kept.list(filter),
    count: (campaignId) => kept.count(campaignId),
    campaigns: () => kept.campaigns(),
    saveCampaign: (each) => kept.saveCampaign(each),
    save: async (update) => {
      most = Math.max(most, (now += 1));
      await setImmediate();
      now -= 1;
      kept.save(update);
    },
  };
  return { store, kept, most: () => most };
}

test('the updates of a campaign that was being cancelled are taken back many at a time', async () => {
  const { store, kept, most } = slowStore('CANCELLED');
  const { updater } = updaterOver(store);
  await updater.start();
  expect(kept.count('c')).toEqual({ CANCELLED: 200 });
  expect(most()).toBeGreaterThan(10);
});

test('and so are those of one that is cancelled', async () => {
  const { store, kept, most } = slowStore('PAUSED');
  const { updater } = updaterOver(store);
  await updater.start();
  expect(await updater.campaigns.cancel('c')).toBe(true);
  expect(kept.count('c')).toEqual({ CANCELLED: 200 });
  expect(most()).toBeGreaterThan(10);
});
