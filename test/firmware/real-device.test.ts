import { FirmwareResult } from '@flownexus/lwm2m-client';
import {
  bytesSource,
  coapPackageUris,
  type FirmwareUpdater,
  type FirmwareUpdaterOptions,
} from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { FirmwareBed, IMAGE } from '../ets/firmware-bed.ts';
import { SERVER, type TestbedOptions } from '../ets/testbed.ts';
import { createUpdater, updated } from './firmware-bed.ts';

async function prepared(
  device: ConstructorParameters<typeof FirmwareBed>[0] = {},
  testbed: TestbedOptions = {},
  options: Partial<FirmwareUpdaterOptions> = {},
): Promise<{ readonly bed: FirmwareBed; readonly updater: FirmwareUpdater; readonly states: string[] }> {
  const bed = await FirmwareBed.prepared(device, testbed);
  const states: string[] = [];
  bed.files.add(bytesSource(IMAGE), { packageId: 'app' });
  const packageUri = coapPackageUris(bed.files, { coap: `coap://${SERVER.host}` });
  const updater = createUpdater(bed, { packages: bed.files, packageUri, ...options }, states);
  await updater.start();
  return { bed, updater, states };
}

test('a device fetches the package from the files of the server, installs it and registers with its version', async () => {
  const firmware = await prepared();
  const update = await updated(firmware, { version: '2.0' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'pull', evidence: 'version', attempts: 1 });
  expect(firmware.bed.firmware.image).toBeUndefined();
  expect(await firmware.bed.values('/3/0/3')).toEqual({ '/3/0/3': '2.0' });
  expect(firmware.states).not.toContain('RETRYING');
});

test('the same by a push, of a device that forgets the result', async () => {
  const firmware = await prepared({ keepsResult: false });
  const update = await updated(firmware, { delivery: 'push' });
  expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'push', evidence: 'version', attempts: 1 });
  expect(update.progress).toMatchObject({ total: IMAGE.length });
});

test('a device in queue mode is asked and written to when it is awake', async () => {
  const testbed: TestbedOptions = { client: { queueMode: true, binding: 'UQ', lifetime: 3_600 } };
  const firmware = await prepared({}, testbed);
  await firmware.bed.pass(600);
  const { id } = await firmware.updater.update('urn:dev:ets', { packageId: 'app', version: '2.0', delivery: 'push' });
  await firmware.bed.pass(60);
  expect(firmware.states).toEqual(['QUEUED', 'READING']);
  await firmware.bed.pass(86_400);
  expect(await firmware.updater.get(id)).toMatchObject({ state: 'SUCCEEDED', attempts: 1 });
});

test('a download that is cut off: Result 4, and once more', async () => {
  const firmware = await prepared();
  firmware.bed.network.latencyMs = 100;
  const { id } = await firmware.updater.update('urn:dev:ets', { packageId: 'app' });
  await firmware.bed.pass(1.5);
  firmware.bed.loseFiles(true);
  await firmware.bed.pass(100);
  firmware.bed.loseFiles(false);
  expect(firmware.states).toContain('RETRYING connection-lost');
  await firmware.bed.pass(300);
  expect(await firmware.updater.get(id)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
});

test.each([
  [FirmwareResult.NOT_ENOUGH_FLASH, 'FAILED', 'not-enough-flash'],
  [FirmwareResult.OUT_OF_RAM, 'FAILED', 'out-of-ram'],
  [FirmwareResult.CONNECTION_LOST, 'SUCCEEDED', undefined],
  [FirmwareResult.INTEGRITY_FAILED, 'FAILED', 'integrity'],
  [FirmwareResult.UNSUPPORTED_TYPE, 'FAILED', 'unsupported-package'],
  [FirmwareResult.INVALID_URI, 'SUCCEEDED', undefined],
  [FirmwareResult.UPDATE_FAILED, 'SUCCEEDED', undefined],
  [FirmwareResult.UNSUPPORTED_PROTOCOL, 'SUCCEEDED', undefined],
  [FirmwareResult.DEFERRED, 'SUCCEEDED', undefined],
])('Result %i once: %s', async (result, state, reason) => {
  const firmware = await prepared();
  firmware.bed.firmware.failNext(result);
  const update = await updated(firmware);
  expect([update.state, update.failure?.reason]).toEqual([state, reason]);
});

test('a push that the network breaks off at any block is begun anew', async () => {
  for (const lost of [1, 2, 4]) {
    // After a silence the server waits until it hears the device.
    const firmware = await prepared({}, { client: { lifetime: 300 } });
    let blocks = 0;
    const { id } = await firmware.updater.update('urn:dev:ets', { packageId: 'app', delivery: 'push' });
    firmware.bed.network.rule = ({ from, bytes }) => {
      if (from.host !== SERVER.host || bytes.length < 500) return 'deliver';
      blocks += 1;
      // As long as it is sent again, too.
      return blocks > lost && firmware.bed.clock.now() < 200_000 ? 'drop' : 'deliver';
    };
    await firmware.bed.pass(900);
    expect(await firmware.updater.get(id)).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
    // The device still waits for the next block, and is taken back to Idle first.
    expect(firmware.states).toEqual(expect.arrayContaining(['RETRYING connection-lost', 'RESETTING connection-lost']));
  }
});

test('a device that never comes back', async () => {
  const firmware = await prepared();
  firmware.bed.silence(true);
  const { id } = await firmware.updater.update('urn:dev:ets', { packageId: 'app', contactMs: 86_400_000 });
  await firmware.bed.pass(86_500);
  expect(await firmware.updater.get(id)).toMatchObject({ state: 'FAILED', failure: { reason: 'no-contact' } });
  // Nothing is left for it in the queue.
  const left = await firmware.bed.server.operations.list('urn:dev:ets');
  expect(left.filter(({ state }) => state === 'QUEUED' || state === 'SENDING')).toEqual([]);
});

test('a device that is not registered yet is updated when it comes', async () => {
  const bed = new FirmwareBed();
  await bed.server.start();
  const states: string[] = [];
  const updater = createUpdater(bed, {}, states);
  await updater.start();
  const { id } = await updater.update('urn:dev:ets', { packageId: 'app' });
  await bed.pass(3_600);
  expect(states).toEqual(['QUEUED', 'READING']);
  await bed.run(bed.client.start());
  await bed.pass(60);
  expect(await updater.get(id)).toMatchObject({ state: 'FAILED', failure: { reason: 'unsupported-package' } });
});
