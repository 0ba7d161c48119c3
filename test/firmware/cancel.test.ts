import { expect, test } from 'vitest';
import { ENDPOINT_NAME } from '../ets/testbed.ts';
import { finish, firmwareBed, scriptedBed, updated } from './firmware-bed.ts';

const packageUri = (): string => 'coap://192.0.2.1/f';

test('an update that is cancelled during the download is cancelled at the device', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, isNew: true }, { packageUri });
  const { id } = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await firmware.bed.pass(5);
  expect(await firmware.updater.cancel(id)).toBe(true);
  expect(await firmware.updater.get(id)).toMatchObject({ state: 'CANCELLED' });
  await firmware.bed.pass(60);
  expect(firmware.device.log).toEqual(['fetch coap://192.0.2.1/f', 'cancel in State 1', 'reset']);
  expect(await firmware.updater.cancel(id)).toBe(false);
});

test('a push is broken off', async () => {
  const firmware = await scriptedBed();
  firmware.bed.network.latencyMs = 500;
  const { id } = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await firmware.bed.pass(6);
  expect(await firmware.updater.get(id)).toMatchObject({ state: 'DELIVERING', progress: { total: 3_000 } });
  firmware.bed.exchanges();
  expect(await firmware.updater.cancel(id)).toBe(true);
  await firmware.bed.pass(60);
  expect(firmware.bed.exchanges().filter((line) => line.startsWith('PUT /5/0/0')).length).toBeLessThan(2);
  expect(firmware.device.log).toEqual(['reset']);
});

test('what waits in the durable queue is taken back', async () => {
  const firmware = await firmwareBed();
  firmware.bed.silence(true);
  const { id } = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await firmware.bed.pass(200);
  await firmware.updater.cancel(id);
  await firmware.bed.clock.settle();
  const operations = await firmware.bed.server.operations.list(ENDPOINT_NAME);
  expect(operations.map(({ state, failure }) => [state, failure?.reason])).toEqual([['FAILED', 'cancelled']]);
});

test('after a cancellation the endpoint can be updated anew', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, isNew: true }, { packageUri });
  const { id } = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await firmware.bed.pass(5);
  await firmware.updater.cancel(id);
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', attempts: 1 });
});

test('an endpoint has one update at a time', async () => {
  const firmware = await scriptedBed();
  const [first, second] = await Promise.allSettled([
    firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' }),
    firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' }),
  ]);
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LWM2M_SERVER_UPDATE_ACTIVE' } });
  if (first.status === 'rejected') throw new Error('it should have begun');
  expect(await finish(firmware, first.value)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await firmware.updater.list({ endpointName: ENDPOINT_NAME })).toHaveLength(2);
});

test('misuse', async () => {
  const firmware = await scriptedBed();
  const { updater } = firmware;
  await expect(updater.update(ENDPOINT_NAME, { packageId: 'none' })).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_PACKAGE',
  });
  const bad = [
    { delivery: 'sms' as 'push' },
    { target: '/3/0' },
    { target: '/5' },
    { blockSize: 8 },
    { maxAttempts: 0 },
    { retryMs: -1 },
  ];
  for (const options of bad) {
    await expect(updater.update(ENDPOINT_NAME, { packageId: 'app', ...options })).rejects.toThrow(RangeError);
  }
  await expect(updater.list({ limit: 0 })).rejects.toThrow(RangeError);
  expect(await updater.cancel('nobody')).toBe(false);
  expect(await updater.get('nobody')).toBeUndefined();
  await expect(updater.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
  await updater.stop();
  await expect(updater.update(ENDPOINT_NAME, { packageId: 'app' })).rejects.toMatchObject({
    code: 'ERR_LWM2M_SERVER_STATE',
  });
});
