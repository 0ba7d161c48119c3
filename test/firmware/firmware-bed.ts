import type { Clock } from '@flownexus/datagram';
import { FirmwareObject, type ObjectTree } from '@flownexus/lwm2m-client';
import { FirmwareUpdater, type FirmwareUpdate, type FirmwareUpdaterOptions } from '@flownexus/lwm2m-server';
import { seededRandom } from '@flownexus/datagram/testing';
import { ENDPOINT_NAME, Testbed, type TestbedOptions } from '../ets/testbed.ts';
import { ScriptedFirmware, type FirmwareScript } from './scripted-firmware.ts';

/** What is installed, of a few blocks. */
export const PACKAGE: Uint8Array = Uint8Array.from({ length: 3_000 }, (_, index) => (index * 7) & 0xff);

/** Packages in memory, by their ids. */
export function packagesOf(packages: Readonly<Record<string, Uint8Array>>): FirmwareUpdaterOptions['packages'] {
  return {
    open: (packageId) => {
      const bytes = packages[packageId];
      if (bytes === undefined) return undefined;
      const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
      return { size: bytes.length, etag: Uint8Array.of(bytes.length & 0xff), read };
    },
  };
}

/** An updater, the server it works on, and a device with Object 5. */
export interface FirmwareBed {
  readonly bed: Testbed;
  readonly updater: FirmwareUpdater;
  /** Each state that an update came to, with the reason of the failure where there is one. */
  readonly states: string[];
}

/** A device that takes what is pushed, and installs it. */
function takeFirmware(tree: ObjectTree, clock: Clock): void {
  new FirmwareObject(tree, { clock });
}

export async function firmwareBed(
  options: Partial<FirmwareUpdaterOptions> = {},
  testbed: TestbedOptions = {},
): Promise<FirmwareBed> {
  const bed = await Testbed.registered({ prepare: takeFirmware, ...testbed });
  const states: string[] = [];
  const updater = createUpdater(bed, options, states);
  await updater.start();
  return { bed, updater, states };
}

/** As {@link firmwareBed}, with a device that behaves as it is told. */
export async function scriptedBed(
  script: FirmwareScript = {},
  options: Partial<FirmwareUpdaterOptions> = {},
  testbed: TestbedOptions = {},
): Promise<FirmwareBed & { readonly device: ScriptedFirmware }> {
  let device: ScriptedFirmware | undefined;
  const later: { reboot?: () => void } = {};
  const prepare = (tree: ObjectTree, clock: Clock): void => {
    device = new ScriptedFirmware(tree, clock, { ...script, ...(script.reboot && { reboot: () => later.reboot?.() }) });
  };
  const firmware = await firmwareBed(options, { ...testbed, prepare });
  later.reboot = () => void firmware.bed.client.reboot();
  if (device === undefined) throw new Error('the device was not made');
  return { ...firmware, device };
}

/** An updater that is not started yet. */
export function createUpdater(
  bed: Pick<Testbed, 'server' | 'clock'>,
  options: Partial<FirmwareUpdaterOptions>,
  states: string[] = [],
): FirmwareUpdater {
  const updater = new FirmwareUpdater(bed.server, {
    packages: packagesOf({ app: PACKAGE }),
    clock: bed.clock,
    random: seededRandom(5),
    onError: (error, context) => states.push(`error: ${context}: ${String(error)}`),
    ...options,
  });
  updater.on('changed', (update, previous) => {
    if (update.state === previous?.state) return;
    states.push(update.failure === undefined ? update.state : `${update.state} ${update.failure.reason}`);
  });
  return updater;
}

/** An update when it is over. */
export function ended(updater: FirmwareUpdater, { id }: FirmwareUpdate): Promise<FirmwareUpdate> {
  return new Promise((resolve) => {
    updater.on('changed', (update) => {
      if (update.id === id && ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(update.state)) resolve(update);
    });
  });
}

/** Lets time pass until the update is over. */
export async function finish({ bed, updater }: FirmwareBed, update: FirmwareUpdate): Promise<FirmwareUpdate> {
  return bed.run(ended(updater, update));
}

/** Updates the device, and lets time pass until that is over. */
export async function updated(
  firmware: FirmwareBed,
  options: Partial<Parameters<FirmwareUpdater['update']>[1]> = {},
): Promise<FirmwareUpdate> {
  const update = await firmware.updater.update(ENDPOINT_NAME, { packageId: 'app', ...options });
  return finish(firmware, update);
}
