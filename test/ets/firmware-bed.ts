import { createHash } from 'node:crypto';
import {
  coapFetcher,
  FirmwareFailure,
  FirmwareObject,
  FirmwareResult,
  type FirmwareObjectOptions,
  type PackageInfo,
} from '@flownexus/lwm2m-client';
import { seededRandom } from '@flownexus/datagram/testing';
import { bytesSource, CoapFiles } from '@flownexus/lwm2m-server';
import { DEVICE, SERVER, Testbed, type TestbedOptions } from './testbed.ts';

/** An image of several blocks: a magic word, the version, and then anything. */
export const IMAGE: Uint8Array = Uint8Array.from({ length: 3_000 }, (_, index) => index & 0xff);
IMAGE.set(new TextEncoder().encode('FWIM2.0'));

/** The port from which the device fetches files. */
const FETCHING = { host: DEVICE.host, port: 50_001 };

/** A test bed with a device that takes firmware, and with files that it may fetch. */
export class FirmwareBed extends Testbed {
  readonly files: CoapFiles;
  readonly firmware: FirmwareObject;

  constructor(device: FirmwareObjectOptions = {}, options: TestbedOptions = {}) {
    const files = new CoapFiles({ random: seededRandom(9) });
    super({ ...options, server: { resources: [files], ...options.server } });
    this.files = files;
    this.firmware = new FirmwareObject(this.tree, {
      clock: this.clock,
      fetchers: {
        coap: coapFetcher({
          transport: () => this.network.transport(FETCHING),
          clock: this.clock,
          random: seededRandom(4),
        }),
      },
      inspect,
      reboot: () => this.client.reboot(),
      ...device,
    });
  }

  /** A device that is registered. What was said until then is forgotten. */
  static async prepared(device: FirmwareObjectOptions = {}, options: TestbedOptions = {}): Promise<FirmwareBed> {
    const bed = new FirmwareBed(device, options);
    await bed.start();
    bed.exchanges();
    bed.events.length = 0;
    return bed;
  }

  /** Where the device fetches an image. */
  uriOf(image: Uint8Array = IMAGE): string {
    return `coap://${SERVER.host}${this.files.add(bytesSource(image)).path}`;
  }

  /** State and Update Result, as the server reads them. */
  async state(): Promise<unknown[]> {
    const values = { ...(await this.values('/5/0/3')), ...(await this.values('/5/0/5')) };
    return [values['/5/0/3'], values['/5/0/5']];
  }

  /** From now on nothing arrives that is about the download of the device; `false` ends that. */
  loseFiles(lost: boolean): void {
    const isOfFiles = ({ port }: { readonly port: number }): boolean => port === FETCHING.port;
    this.network.rule = lost ? ({ from, to }) => (isOfFiles(from) || isOfFiles(to) ? 'drop' : 'deliver') : undefined;
  }
}

/** @throws FirmwareFailure for what has no magic word */
function inspect(image: Uint8Array): PackageInfo {
  const header = new TextDecoder().decode(image.subarray(0, 7));
  if (!header.startsWith('FWIM')) throw new FirmwareFailure(FirmwareResult.UNSUPPORTED_TYPE, 'no image of ours');
  return { name: 'image', version: header.slice(4) };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
