import { expect, test } from 'vitest';
import { finish, firmwareBed, PACKAGE, packagesOf, scriptedBed, updated } from './firmware-bed.ts';

test.each([
  [2, 'not-enough-flash'],
  [3, 'out-of-ram'],
  [5, 'integrity'],
  [6, 'unsupported-package'],
  [10, 'cancelled-by-device'],
  [99, 'unknown-result'],
])('Result %i of a download ends the update: %s', async (result, reason) => {
  const firmware = await scriptedBed({ downloads: [result] });
  const update = await updated(firmware);
  expect(update).toMatchObject({ state: 'FAILED', attempts: 1, failure: { reason, result } });
  expect(firmware.device.log).toEqual(['package of 3000 bytes']);
});

test('Result 4: it is delivered once more, after a pause that doubles', async () => {
  const firmware = await scriptedBed({ downloads: [4, 4] });
  const startMs = firmware.bed.clock.now();
  const update = await updated(firmware, { retryMs: 1_000_000 });
  expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 3 });
  expect(firmware.bed.clock.now() - startMs).toBeGreaterThan(3_000_000);
  expect(firmware.device.log.filter((line) => line.startsWith('package'))).toHaveLength(3);
});

test('Result 4 again and again: it has failed for that', async () => {
  const firmware = await scriptedBed({ downloads: [4, 4, 4] });
  expect(await updated(firmware)).toMatchObject({
    state: 'FAILED',
    attempts: 3,
    failure: { reason: 'connection-lost', result: 4 },
  });
});

test('Result 8 in State 2: it is executed once more, with the package that is there', async () => {
  const firmware = await scriptedBed({ installations: [8] });
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  expect(firmware.device.log).toEqual(['package of 3000 bytes', 'execute in State 2', 'execute in State 2']);
  expect(firmware.states.slice(-7)).toEqual([
    'UPDATING',
    'RETRYING update-failed',
    'CHECKING update-failed',
    'EXECUTING update-failed',
    'UPDATING update-failed',
    'VERIFYING update-failed',
    'SUCCEEDED',
  ]);
});

test('Result 8 again and again', async () => {
  const firmware = await scriptedBed({ installations: [8, 8, 8] });
  expect(await updated(firmware)).toMatchObject({
    state: 'FAILED',
    attempts: 3,
    failure: { reason: 'update-failed', result: 8 },
  });
});

test('Result 11: it waits until the user of the device lets it install', async () => {
  const firmware = await scriptedBed({ installations: [11, 11, 1] });
  const update = await updated(firmware, { maximumDeferPeriod: 86_400 });
  expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 1, deferrals: 1 });
  expect(firmware.device.log.filter((line) => line.startsWith('execute'))).toHaveLength(1);
  expect(firmware.states).toContain('DEFERRED');
});

test('a device that puts it off for good', async () => {
  const firmware = await scriptedBed({ installations: Array<number>(10_000).fill(11) });
  const update = await updated(firmware, { maxDeferrals: 2, updateMs: 1_000_000 });
  expect(update).toMatchObject({ state: 'FAILED', failure: { reason: 'deferred', result: 11 } });
});

test('a device that is not in State 0 is reset, by Cancel where it has one', async () => {
  const firmware = await scriptedBed({ isNew: true });
  firmware.device.enter(2, 0);
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED' });
  expect(firmware.device.log).toEqual(['cancel in State 2', 'package of 3000 bytes', 'execute in State 2']);
  const old = await scriptedBed();
  old.device.enter(1, 0);
  expect(await updated(old)).toMatchObject({ state: 'SUCCEEDED' });
  expect(old.device.log).toEqual(['reset', 'package of 3000 bytes', 'execute in State 2']);
});

test('Severity and Maximum Defer Period are written before the delivery', async () => {
  const firmware = await scriptedBed({ isNew: true });
  await updated(firmware, { severity: 2, maximumDeferPeriod: 3_600 });
  expect(firmware.device.log).toEqual(['write 11 2', 'write 13 3600', 'package of 3000 bytes', 'execute in State 2']);
});

test('a device without Severity does without', async () => {
  const firmware = await scriptedBed();
  expect(await updated(firmware, { severity: 2 })).toMatchObject({ state: 'SUCCEEDED' });
});

test('a device that installs by itself is not executed', async () => {
  const firmware = await scriptedBed({ automatic: true });
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', evidence: 'result' });
  expect(firmware.device.log).toEqual(['package of 3000 bytes']);
});

test('a device that does not keep its result: the version that has changed is the proof', async () => {
  const firmware = await scriptedBed({ keepsResult: false, newVersion: '2.0' });
  expect(await updated(firmware)).toMatchObject({ state: 'SUCCEEDED', evidence: 'version' });
});

test('neither result nor version: it was not installed', async () => {
  const firmware = await scriptedBed({ keepsResult: false });
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', attempts: 3, failure: { reason: 'not-installed' } });
});

test('success, and another version than that of the package', async () => {
  const firmware = await scriptedBed({ newVersion: '1.9' });
  expect(await updated(firmware, { version: '2.0' })).toMatchObject({
    state: 'FAILED',
    failure: { reason: 'wrong-version', message: expect.stringContaining('1.9 in the place of 2.0') as string },
  });
});

test('a device that has the version already is not updated', async () => {
  const firmware = await scriptedBed();
  expect(await updated(firmware, { version: '1.0' })).toMatchObject({ state: 'SUCCEEDED', evidence: 'version' });
  expect(firmware.device.log).toEqual([]);
});

test('a package that is gone when it is to be pushed', async () => {
  let opened = 0;
  const all = packagesOf({ app: PACKAGE });
  const packages = { open: (id: string) => (opened++ === 0 ? all.open(id) : undefined) };
  const firmware = await scriptedBed({}, { packages });
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', failure: { reason: 'no-package' } });
});

test('a device without Object 5', async () => {
  const firmware = await firmwareBed({}, { prepare: () => undefined });
  expect(await updated(firmware)).toMatchObject({
    state: 'FAILED',
    failure: { reason: 'no-firmware-object', responseCode: '4.04' },
  });
});

test('a device that reboots to install: it is asked when it registers', async () => {
  const firmware = await scriptedBed({ newVersion: '2.0', keepsResult: false, reboot: () => undefined });
  const update = await updated(firmware, { version: '2.0' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', evidence: 'version' });
});

test('a device that loses the package by a reboot', async () => {
  const firmware = await scriptedBed({ deliveryMethod: 0 }, { packageUri: ({ scheme }) => `${scheme}://h/f` });
  const update = await firmware.updater.update('urn:dev:ets', { packageId: 'app' });
  await firmware.bed.pass(5);
  firmware.device.enter(0, 0);
  await firmware.bed.run(firmware.bed.client.reboot());
  expect(await finish(firmware, update)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  expect(firmware.states).toContain('RETRYING lost-package');
});
