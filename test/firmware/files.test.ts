import { FirmwareResult, type FirmwareObjectOptions } from '@flownexus/lwm2m-client';
import { coapPackageUris, FirmwareUpdater, type FirmwareUpdate, type UpdateOptions } from '@flownexus/lwm2m-server';
import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { FirmwareBed, IMAGE, sha256 } from '../ets/firmware-bed.ts';
import { ENDPOINT_NAME, SERVER } from '../ets/testbed.ts';

/** The updater, with the packages that are among the files of the server, and our device. */
class UpdatedBed extends FirmwareBed {
  readonly updater: FirmwareUpdater;
  readonly errors: string[] = [];

  constructor(device: FirmwareObjectOptions = {}) {
    super(device);
    this.updater = new FirmwareUpdater(this.server, {
      packages: this.files,
      packageUri: coapPackageUris(this.files, { coap: `coap://${SERVER.host}` }),
      clock: this.clock,
      random: seededRandom(5),
      onError: (error, context) => this.errors.push(`${context}: ${String(error)}`),
    });
  }

  static async updating(device: FirmwareObjectOptions = {}, image: Uint8Array = IMAGE): Promise<UpdatedBed> {
    const bed = new UpdatedBed(device);
    bed.addPackage('app', image);
    await bed.start();
    await bed.updater.start();
    bed.exchanges();
    return bed;
  }

  /** What became of an update. */
  async updated(options: Partial<UpdateOptions> = {}): Promise<FirmwareUpdate> {
    const { id } = await this.updater.update(ENDPOINT_NAME, { packageId: 'app', ...options });
    return this.run(
      new Promise((resolve) => {
        this.updater.on('changed', (update) => {
          if (update.id === id && ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(update.state)) resolve(update);
        });
      }),
    );
  }
}

/** The requests for blocks of files, and those that write blocks of the package. */
function transfers(bed: FirmwareBed): { readonly pulled: number; readonly pushed: number } {
  const lines = bed.exchanges();
  return {
    pulled: lines.filter((line) => line.startsWith('GET /f/')).length,
    pushed: lines.filter((line) => line.startsWith('PUT /5/0/0')).length,
  };
}

const blocks = Math.ceil(IMAGE.length / 512);

describe('an update of our device with a package among the files', () => {
  test('is pushed, installed and proven after the restart (ETS 770)', async () => {
    const bed = await UpdatedBed.updating();
    const update = await bed.updated({ delivery: 'push', version: '2.0' });
    expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'push' });
    expect(transfers(bed)).toEqual({ pulled: 0, pushed: blocks });
    expect(bed.tree.content('/3/0/3')).toBe('2.0');
    expect(bed.errors).toEqual([]);
  });

  test('is pulled, installed and proven after the restart (ETS 771)', async () => {
    const bed = await UpdatedBed.updating();
    const update = await bed.updated({ delivery: 'pull', version: '2.0' });
    expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'pull' });
    expect(transfers(bed)).toEqual({ pulled: blocks, pushed: 0 });
    expect(bed.tree.content('/3/0/3')).toBe('2.0');
  });

  test('is proven by the version alone where the device forgets the result', async () => {
    const bed = await UpdatedBed.updating({ keepsResult: false });
    expect(await bed.updated({ version: '2.0' })).toMatchObject({ state: 'SUCCEEDED', evidence: 'version' });
  });

  test('begins anew when the connection of the download is lost (ETS 775)', async () => {
    const bed = await UpdatedBed.updating();
    bed.network.latencyMs = 100;
    let lost = false;
    bed.updater.on('changed', ({ state }, previous) => {
      if (state !== previous?.state && state === 'DOWNLOADING' && !lost) {
        lost = true;
        bed.loseFiles(true);
      }
      if (state === 'RETRYING') bed.loseFiles(false);
    });
    const update = await bed.updated({ delivery: 'pull' });
    expect(update).toMatchObject({ state: 'SUCCEEDED', attempts: 2, failure: undefined });
  });

  test('is tried once more when it could not be installed (ETS 779)', async () => {
    const bed = await UpdatedBed.updating();
    bed.firmware.failNext(FirmwareResult.UPDATE_FAILED);
    expect(await bed.updated()).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
  });

  test('waits while it is put off at the device (Result 11)', async () => {
    const bed = await UpdatedBed.updating();
    bed.firmware.failNext(FirmwareResult.DEFERRED);
    expect(await bed.updated()).toMatchObject({ state: 'SUCCEEDED', deferrals: 1 });
  });

  test.each<readonly [name: string, result: FirmwareResult, reason: string]>([
    ['773', FirmwareResult.NOT_ENOUGH_FLASH, 'not-enough-flash'],
    ['774', FirmwareResult.OUT_OF_RAM, 'out-of-ram'],
    ['776', FirmwareResult.INTEGRITY_FAILED, 'integrity'],
    ['777', FirmwareResult.UNSUPPORTED_TYPE, 'unsupported-package'],
  ])('fails for good with what the same package can not mend (ETS %s)', async (_name, result, reason) => {
    const bed = await UpdatedBed.updating();
    bed.firmware.failNext(result);
    const update = await bed.updated();
    expect(update).toMatchObject({ state: 'FAILED', attempts: 1, failure: { reason, result } });
    expect(bed.firmware.state).toBe(0);
  });

  test.each([FirmwareResult.INVALID_URI, FirmwareResult.UNSUPPORTED_PROTOCOL])(
    'is delivered the other way when it can not be fetched: Result %i (ETS 778)',
    async (result) => {
      const bed = await UpdatedBed.updating();
      bed.firmware.failNext(result);
      const update = await bed.updated({ delivery: 'auto' });
      expect(update).toMatchObject({ state: 'SUCCEEDED', delivery: 'push' });
    },
  );

  test('fails for a package that has another digest than the device wants', async () => {
    const bed = await UpdatedBed.updating({ sha256: sha256(IMAGE) }, IMAGE.with(100, 0));
    expect(await bed.updated()).toMatchObject({ state: 'FAILED', failure: { reason: 'integrity' } });
  });

  test('begins anew when the device loses its power in the middle', async () => {
    const bed = await UpdatedBed.updating();
    bed.network.latencyMs = 100;
    let restarted = false;
    bed.updater.on('changed', ({ state }) => {
      if (state !== 'DOWNLOADING' || restarted) return;
      restarted = true;
      bed.clock.schedule(500, () => {
        bed.firmware.restarted();
        void bed.client.reboot();
      });
    });
    const update = await bed.updated({ delivery: 'pull' });
    expect(update.state).toBe('SUCCEEDED');
  });
});
