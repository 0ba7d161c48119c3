import { VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { FirmwareUpdater, MemoryFirmwareStore, type FirmwareStore } from '../../src/index.ts';

/** Gives an update only when `give` is called. */
function slowStore() {
  const store = new MemoryFirmwareStore();
  const waiting: (() => void)[] = [];
  const slow: FirmwareStore = {
    load: () => store.load(),
    save: (update) => store.save(update),
    get: async (id) => {
      const update = store.get(id);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return update;
    },
    list: (filter) => store.list(filter),
    count: (campaignId) => store.count(campaignId),
    campaigns: () => store.campaigns(),
    saveCampaign: (campaign) => store.saveCampaign(campaign),
  };
  const give = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { slow, give };
}

async function started() {
  const clock = new VirtualClock();
  const { slow, give } = slowStore();
  const server = {
    on: () => undefined,
    off: () => undefined,
    registration: () => undefined,
    operations: { add: () => new Promise(() => undefined) },
  };
  const source = { size: 1, etag: Uint8Array.of(1), read: () => Uint8Array.of(1) };
  const updater = new FirmwareUpdater(server as never, { store: slow, clock, packages: { open: () => source } });
  const changes: string[] = [];
  updater.on('changed', ({ state }) => changes.push(state));
  await updater.start();
  const { id } = await updater.campaign({ endpoints: ['dev'], packageId: 'app' });
  const [update] = await updater.list();
  return { updater, clock, give, changes, campaignId: id, id: update?.id ?? '' };
}

test('an endpoint whose turn in a campaign has come has its update, also while the store is slow', async () => {
  const { updater, clock, give, id } = await started();
  await expect(updater.update('dev', { packageId: 'app' })).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_UPDATE_ACTIVE',
  });
  give();
  await clock.settle();
  expect(updater.active('dev')).toMatchObject({ id, state: 'READING' });
});

test('an update that is taken back as its turn comes does not begin', async () => {
  const { updater, clock, give, changes, id } = await started();
  await clock.settle();
  const cancelled = updater.cancel(id);
  give();
  await clock.settle();
  expect(await cancelled).toBe(true);
  expect(updater.active('dev')).toBeUndefined();
  expect(changes.at(-1)).toBe('CANCELLED');
});
