import { expect, test } from 'vitest';
import { MemoryFirmwareStore } from '../../src/index.ts';
import { newUpdate } from '../../src/firmware/new-update.ts';
import { firmwareStoreContract } from '../../src/testing/index.ts';

test.each(firmwareStoreContract(() => ({ store: new MemoryFirmwareStore() })))('$name', ({ run }) => run());

test('the oldest of the finished leaves for a newer one', () => {
  const store = new MemoryFirmwareStore({ maxFinished: 2 });
  for (const id of ['a', 'b', 'c', 'd']) {
    const given = { id, endpointName: 'dev', campaignId: undefined, size: 1, registration: undefined, now: 0 };
    const update = newUpdate({ packageId: 'app' }, given);
    store.save(update);
    if (id !== 'a') store.save({ ...update, state: 'FAILED' });
  }
  expect(store.list({ limit: 10 }).map(({ id }) => id)).toEqual(['d', 'c', 'a']);
});

test('a bound that is none', () => {
  expect(() => new MemoryFirmwareStore({ maxFinished: -1 })).toThrow(RangeError);
});

test('the campaign that ended first leaves for a newer one, and none that goes on', () => {
  const store = new MemoryFirmwareStore({ maxFinished: 2 });
  const times = { createdAt: 0, updatedAt: 0 };
  const campaign = {
    packageId: 'app',
    concurrency: 1,
    stopAtFailureShare: 1,
    total: 1,
    startAt: undefined,
    metadata: undefined,
    ...times,
  } as const;
  for (const id of ['a', 'b', 'c', 'd']) {
    store.saveCampaign({ ...campaign, id, state: 'RUNNING' });
    if (id !== 'a') store.saveCampaign({ ...campaign, id, state: id === 'b' ? 'FINISHED' : 'CANCELLED' });
  }
  expect(store.campaigns().map(({ id }) => id)).toEqual(['a', 'c', 'd']);
});
