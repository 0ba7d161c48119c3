import { expect, test } from 'vitest';
import { scriptedBed, updated } from './firmware-bed.ts';

const packageUri = ({ scheme }: { readonly scheme: string }): string => `${scheme}://192.0.2.1/f/abc`;

test('a device that fetches gets an address, and is executed when it has the package', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, downloadMs: 3_600_000 }, { packageUri });
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'pull', evidence: 'result' });
  expect(firmware.device.log).toEqual(['fetch coap://192.0.2.1/f/abc', 'execute in State 2']);
  // State 1, 2 and 3 as they were notified, and a Read each minute meanwhile.
  expect(firmware.states).toEqual([
    'QUEUED',
    'READING',
    'OBSERVING',
    'DELIVERING',
    'DOWNLOADING',
    'CHECKING',
    'EXECUTING',
    'UPDATING',
    'VERIFYING',
    'SUCCEEDED',
  ]);
});

test('the first scheme that the device supports and that there is an address for', async () => {
  const asked: string[] = [];
  const firmware = await scriptedBed(
    { deliveryMethod: 2, protocols: [0, 2, 1, 77] },
    {
      packageUri: ({ scheme }) => {
        asked.push(scheme);
        return scheme === 'coaps' ? undefined : `${scheme}://example.org/f/1`;
      },
    },
  );
  await updated(firmware);
  expect(asked).toEqual(['coaps', 'coap']);
  expect(firmware.device.log).toEqual(['fetch coap://example.org/f/1', 'execute in State 2']);
});

test('an address of another scheme than was asked for is not written', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0 }, { packageUri: () => 'https://example.org/f/1' });
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', failure: { reason: 'no-delivery' } });
  expect(firmware.device.log).toEqual([]);
  expect(firmware.states.filter((line) => line.startsWith('error'))).toHaveLength(1);
});

test.each([
  ['there is no address', { packageUri: () => undefined }, ['pull']],
  ['nothing gives addresses', {}, []],
])('a device that does both is pushed to where %s, and nothing has failed', async (_name, options, refused) => {
  const firmware = await scriptedBed({ deliveryMethod: 2 }, options);
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'push', refusedDeliveries: refused });
  expect(firmware.device.log).toEqual(['package of 3000 bytes', 'execute in State 2']);
  expect(firmware.states).toEqual([
    'QUEUED',
    'READING',
    'OBSERVING',
    'DELIVERING',
    'DOWNLOADING',
    'CHECKING',
    'EXECUTING',
    'UPDATING',
    'VERIFYING',
    'SUCCEEDED',
  ]);
});

test('without addresses an update is a push from the start, also where it is left to the defaults', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 2 }, { defaults: { delivery: 'auto' } });
  const changes: (string | undefined)[] = [];
  firmware.updater.on('changed', ({ delivery }) => changes.push(delivery));
  await updated(firmware);
  expect(new Set(changes)).toEqual(new Set([undefined, 'push']));
});

test('a device that only fetches is not pushed to', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0 });
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', failure: { reason: 'no-delivery' } });
  const other = await scriptedBed({ deliveryMethod: 0 }, { packageUri });
  expect(await updated(other, { delivery: 'push' })).toMatchObject({ failure: { reason: 'no-delivery' } });
});

test('a device all of whose protocols are unknown does not fetch', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, protocols: [6, 99] }, { packageUri });
  expect(await updated(firmware)).toMatchObject({ failure: { reason: 'no-delivery' } });
});

test.each([7, 9])('Result %i: the other way of delivery, without a further attempt', async (result) => {
  const firmware = await scriptedBed({ deliveryMethod: 2, downloads: [result] }, { packageUri });
  const update = await updated(firmware, { maxAttempts: 1 });
  expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'push', attempts: 1, refusedDeliveries: ['pull'] });
  expect(firmware.device.log).toEqual([
    'fetch coap://192.0.2.1/f/abc',
    'reset',
    'package of 3000 bytes',
    'execute in State 2',
  ]);
});

test('Result 9 of a device that only fetches: it has failed for that', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, downloads: [9] }, { packageUri });
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'FAILED', failure: { reason: 'unsupported-protocol', result: 9 } });
});
