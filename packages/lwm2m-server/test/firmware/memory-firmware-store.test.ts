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
