import { expect, test } from 'vitest';
import { DEVICE, ENDPOINT_NAME } from '../ets/testbed.ts';
import { finish, scriptedBed, updated } from './firmware-bed.ts';

const packageUri = (): string => 'coap://192.0.2.1/f';

test('a success that nobody asked for is none', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, downloads: [1, 1, 1] }, { packageUri });
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'FAILED', attempts: 3, failure: { reason: 'unexpected-result', result: 1 } });
  expect(firmware.device.log.filter((line) => line.startsWith('execute'))).toEqual([]);
});

test('a State that is not known', async () => {
  const firmware = await scriptedBed();
  firmware.device.enter(7, 0);
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', failure: { reason: 'unknown-state' } });
});

test('a result that was there before says nothing', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0 }, { packageUri });
  const { log } = firmware.device;
  firmware.device.enter(0, 5);
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 1 });
  expect(log[0]).toBe('reset');
});

test('a device that installs what nobody executed is followed', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0 }, { packageUri });
  const begun = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  await firmware.bed.pass(5);
  firmware.device.enter(3, 0);
  await firmware.bed.pass(5);
  firmware.device.enter(0, 1);
  expect(await finish(firmware, begun)).toMatchObject({ state: 'SUCCEEDED', evidence: 'result', executed: 'no' });
});

test('a device that goes back to State 0 before it is executed is delivered to once more', async () => {
  const firmware = await scriptedBed();
  const begun = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app' });
  firmware.updater.on('changed', ({ state, attempts }) => {
    if (state === 'CHECKING' && attempts === 1) firmware.device.enter(0, 0);
  });
  expect(await finish(firmware, begun)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  expect(firmware.states).toContain('RETRYING lost-package');
  expect(firmware.device.log).toEqual(['package of 3000 bytes', 'package of 3000 bytes', 'execute in State 2']);
});

test('a device that never installs what it was told to', async () => {
  const firmware = await scriptedBed({ installations: [11] });
  const begun = await firmware.updater.update(ENDPOINT_NAME, {
    packageId: 'app',
    updateMs: 10_000_000,
    maxAttempts: 1,
  });
  firmware.updater.on('changed', ({ state, device }) => {
    if (state === 'DEFERRED' && device?.result === 11) firmware.device.enter(3, 0);
  });
  expect(await finish(firmware, begun)).toMatchObject({ state: 'FAILED', failure: { reason: 'update-timeout' } });
});

test('a download that never ends', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0, downloadMs: 1e9 }, { packageUri });
  const update = await updated(firmware, { downloadMs: 3_600_000 });
  expect(update).toMatchObject({ state: 'FAILED', attempts: 3, failure: { reason: 'download-timeout' } });
  expect(firmware.device.log.filter((line) => line === 'reset')).toHaveLength(2);
});

test('an Execute that is not answered: the State says whether it was performed', async () => {
  const firmware = await scriptedBed({}, {}, { client: { lifetime: 300 } });
  const { bed, device } = firmware;
  bed.network.rule = ({ from }) =>
    from.host === DEVICE.host && device.log.includes('execute in State 2') && bed.clock.now() < 150_000
      ? 'drop'
      : 'deliver';
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', attempts: 1, executed: 'unknown' });
  expect(device.log).toEqual(['package of 3000 bytes', 'execute in State 2']);
});

test('an Execute that did not arrive is tried again with the same package', async () => {
  const firmware = await scriptedBed({}, {}, { client: { lifetime: 300 } });
  const { bed, device, states } = firmware;
  bed.network.rule = ({ to }) =>
    to.host === DEVICE.host && states.includes('EXECUTING') && bed.clock.now() < 150_000 ? 'drop' : 'deliver';
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  expect(device.log).toEqual(['package of 3000 bytes', 'execute in State 2']);
});
