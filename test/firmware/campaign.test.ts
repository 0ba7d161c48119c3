import { seededRandom } from '@flownexus/datagram/testing';
import { Lwm2mClient, ObjectTree } from '@flownexus/lwm2m-client';
import { MemoryFirmwareStore, type FirmwareCampaign, type FirmwareUpdater } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { registry, SERVER, Testbed } from '../ets/testbed.ts';
import { createUpdater } from './firmware-bed.ts';
import { ScriptedFirmware, type FirmwareScript } from './scripted-firmware.ts';

/** A server with devices `dev 0`, `dev 1`, …, each with its own behaviour. */
async function fleet(scripts: readonly FirmwareScript[]): Promise<{
  readonly bed: Testbed;
  readonly updater: FirmwareUpdater;
  readonly endpoints: readonly string[];
  readonly store: MemoryFirmwareStore;
  /** The most updates that were under way at a time. */
  readonly most: () => number;
}> {
  const bed = new Testbed();
  await bed.server.start();
  const endpoints = scripts.map((_, index) => `dev ${index}`);
  for (const [index, script] of scripts.entries()) {
    const tree = new ObjectTree(registry);
    tree.set('/3/0/3', '1.0');
    new ScriptedFirmware(tree, bed.clock, script);
    const client = new Lwm2mClient({
      endpointName: `dev ${index}`,
      server: SERVER,
      objects: tree,
      transport: bed.network.transport({ host: '192.0.2.77', port: 50_000 + index }),
      clock: bed.clock,
      random: seededRandom(100 + index),
    });
    await bed.run(client.start());
  }
  const store = new MemoryFirmwareStore();
  const updater = createUpdater(bed, { store });
  let most = 0;
  updater.on('changed', () => {
    most = Math.max(most, endpoints.filter((name) => updater.active(name) !== undefined).length);
  });
  await updater.start();
  return { bed, updater, endpoints, store, most: () => most };
}

/** Lets time pass until a campaign is in a state. */
function until(bed: Testbed, updater: FirmwareUpdater, state: FirmwareCampaign['state']): Promise<FirmwareCampaign> {
  return bed.run(
    new Promise((resolve) => {
      updater.on('campaign', (campaign) => {
        if (campaign.state === state) resolve(campaign);
      });
    }),
  );
}

const GOOD: FirmwareScript = {};
const BAD: FirmwareScript = { downloads: [5] };

test('all endpoints are updated, so many at a time', async () => {
  const { bed, updater, endpoints, most } = await fleet(Array<FirmwareScript>(7).fill(GOOD));
  const { id } = await updater.campaign({ endpoints, packageId: 'app', concurrency: 3 });
  const finished = await until(bed, updater, 'FINISHED');
  expect(finished).toMatchObject({ id, total: 7 });
  expect(most()).toBe(3);
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 7 });
  expect(await updater.list({ campaignId: id })).toHaveLength(7);
});

test('a campaign stops when too many have failed, and goes on when it is told to', async () => {
  const { bed, updater, endpoints } = await fleet([GOOD, BAD, BAD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD]);
  const options = { endpoints, packageId: 'app', concurrency: 1, stopAtFailureShare: 0.2 };
  const { id } = await updater.campaign(options);
  await until(bed, updater, 'STOPPED');
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 1, FAILED: 2, QUEUED: 7 });
  await bed.pass(1_000);
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 1, FAILED: 2, QUEUED: 7 });
  expect(await updater.campaigns.resume(id)).toBe(true);
  await until(bed, updater, 'FINISHED');
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 8, FAILED: 2 });
});

test('a campaign pauses: what is under way goes on, and nothing else begins', async () => {
  const { bed, updater, endpoints } = await fleet(Array<FirmwareScript>(3).fill(GOOD));
  const { id } = await updater.campaign({ endpoints, packageId: 'app', concurrency: 1 });
  expect(await updater.campaigns.pause(id)).toBe(true);
  expect(await updater.campaigns.pause(id)).toBe(false);
  await bed.pass(1_000);
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 1, QUEUED: 2 });
  expect(await updater.campaigns.resume(id)).toBe(true);
  await until(bed, updater, 'FINISHED');
});

test('a campaign is cancelled with all its updates', async () => {
  const { bed, updater, endpoints } = await fleet(Array<FirmwareScript>(3).fill(GOOD));
  const { id } = await updater.campaign({ endpoints, packageId: 'app', concurrency: 1 });
  await bed.pass(1);
  expect(await bed.run(updater.campaigns.cancel(id))).toBe(true);
  expect(await updater.campaigns.counts(id)).toEqual({ CANCELLED: 3 });
  expect(await updater.campaigns.list()).toMatchObject([{ id, state: 'CANCELLED' }]);
  expect(await updater.campaigns.cancel(id)).toBe(false);
});

test('one update of a campaign is cancelled before its turn', async () => {
  const { bed, updater, endpoints } = await fleet(Array<FirmwareScript>(2).fill(GOOD));
  const { id } = await updater.campaign({ endpoints, packageId: 'app', concurrency: 1 });
  const [waiting] = await updater.list({ endpointName: 'dev 1' });
  expect(await updater.cancel(waiting?.id ?? '')).toBe(true);
  await until(bed, updater, 'FINISHED');
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 1, CANCELLED: 1 });
});

test('an endpoint that has an update waits until that is finished', async () => {
  const { bed, updater, endpoints } = await fleet([GOOD, GOOD]);
  const alone = await updater.update('dev 0', { packageId: 'app' });
  const { id } = await updater.campaign({ endpoints, packageId: 'app' });
  await bed.clock.settle();
  expect(await updater.campaigns.counts(id)).toMatchObject({ QUEUED: 1 });
  await until(bed, updater, 'FINISHED');
  expect(await updater.get(alone.id)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await updater.campaigns.counts(id)).toEqual({ SUCCEEDED: 2 });
});

test('a campaign goes on after a restart', async () => {
  const { bed, updater, endpoints, store } = await fleet([GOOD, BAD, GOOD, GOOD]);
  const { id } = await updater.campaign({ endpoints, packageId: 'app', concurrency: 1 });
  await bed.run(
    new Promise<void>((resolve) => {
      updater.on('changed', ({ endpointName, state }) => {
        if (endpointName === 'dev 2' && state === 'DELIVERING') resolve(updater.stop());
      });
    }),
  );
  const next = createUpdater(bed, { store });
  const finished = until(bed, next, 'FINISHED');
  await next.start();
  await finished;
  expect(await next.campaigns.counts(id)).toEqual({ SUCCEEDED: 3, FAILED: 1 });
});

test('a campaign whose time comes while the process is down begins with the next one', async () => {
  const { bed, updater, endpoints, store } = await fleet([GOOD, GOOD]);
  const startAt = bed.clock.wallTime() + 5_000_000;
  const { id } = await updater.campaign({ endpoints, packageId: 'app', startAt, metadata: 'of spring' });
  await bed.pass(60);
  expect(await updater.campaigns.counts(id)).toEqual({ QUEUED: 2 });
  await updater.stop();
  const second = createUpdater(bed, { store });
  await second.start();
  await bed.pass(60);
  expect(await second.campaigns.list()).toMatchObject([{ id, state: 'SCHEDULED', startAt, metadata: 'of spring' }]);
  await second.stop();
  await bed.pass(5_000);
  const third = createUpdater(bed, { store });
  const finished = until(bed, third, 'FINISHED');
  await third.start();
  await finished;
  expect(await third.campaigns.counts(id)).toEqual({ SUCCEEDED: 2 });
});

test('an update keeps what the application wanted to stay with it', async () => {
  const { updater } = await fleet([]);
  const { id } = await updater.update('dev', { packageId: 'app', metadata: 'for anna' });
  expect(await updater.get(id)).toMatchObject({ metadata: 'for anna' });
  const metadata = 'x'.repeat(65_537);
  await expect(updater.update('other', { packageId: 'app', metadata })).rejects.toThrow(RangeError);
  await expect(updater.campaign({ endpoints: ['other'], packageId: 'app', metadata })).rejects.toThrow(RangeError);
  const campaign = { endpoints: ['other'], packageId: 'app', metadata: 'of all', updateMetadata: 'of each' };
  expect(await updater.campaign(campaign)).toMatchObject({ metadata: 'of all' });
  expect(await updater.list({ endpointName: 'other' })).toMatchObject([{ metadata: 'of each' }]);
});

test('of a campaign that can not be saved nothing is left, not even after a restart', async () => {
  const { bed, endpoints } = await fleet([GOOD, GOOD]);
  class Full extends MemoryFirmwareStore {
    override saveCampaign(): void {
      throw new Error('disk full');
    }
  }
  const store = new Full();
  const updater = createUpdater(bed, { store });
  await updater.start();
  await expect(updater.campaign({ endpoints, packageId: 'app' })).rejects.toThrow('disk full');
  expect((await updater.list()).map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED']);
  // As if the process had died before that.
  const [update] = await updater.list();
  if (update === undefined) throw new Error('there is an update');
  store.save({ ...update, id: 'left', state: 'QUEUED' });
  await updater.stop();
  const next = createUpdater(bed, { store });
  await next.start();
  expect(await next.get('left')).toMatchObject({ state: 'CANCELLED' });
  await bed.pass(100);
  expect(next.active(update.endpointName)).toBeUndefined();
});

test('what can be no campaign', async () => {
  const { updater } = await fleet([]);
  const bad = [
    { endpoints: [] },
    { endpoints: ['a', 'a'] },
    { endpoints: ['a'], concurrency: 0 },
    { endpoints: ['a'], stopAtFailureShare: 0 },
    { endpoints: ['\u0000'] },
    { endpoints: ['a'], startAt: Number.NaN },
  ];
  for (const options of bad) {
    await expect(updater.campaign({ packageId: 'app', ...options })).rejects.toThrow(RangeError);
  }
  await expect(updater.campaign({ packageId: 'none', endpoints: ['a'] })).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_PACKAGE',
  });
});
