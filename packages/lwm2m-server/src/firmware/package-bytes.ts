import type { BodySource } from '@flownexus/coap';
import type { FirmwarePackages } from '../api/firmware.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';

/** What a `BodySource` gives at a time. */
const CHUNK = 1_024;
const NOTHING = new Uint8Array(0);

interface HeldPackage {
  bytes: Promise<Uint8Array>;
  users: number;
  size: number;
}

/** The bytes of packages while they are pushed: one that is pushed to many devices at a time is read and held once. */
export class PackageBytes {
  readonly #packages: FirmwarePackages;
  readonly #held = new Map<string, HeldPackage>();
  /** Of all that are held, or about to be. */
  #heldBytes = 0;

  constructor(packages: FirmwarePackages) {
    this.#packages = packages;
  }

  /**
   * Does `work` with the bytes of a package, which it must not change.
   *
   * Rejects with `ERR_LWM2M_SERVER_PACKAGE` when there is none, when it is too large to be held and when its source fails, with `ERR_LWM2M_SERVER_LIMIT`
   * while others take too much memory, and with what `work` rejects with.
   */
  async use<T>(packageId: string, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const held = this.#held.get(packageId) ?? this.#hold(packageId);
    held.users += 1;
    try {
      return await work(await held.bytes);
    } finally {
      held.users -= 1;
      if (held.users === 0) {
        this.#held.delete(packageId);
        this.#heldBytes -= held.size;
      }
    }
  }

  /** The bytes that a package has. Rejects with `ERR_LWM2M_SERVER_PACKAGE` when there is none, and with what the packages reject with. */
  async sizeOf(packageId: string): Promise<number> {
    await using source = await openPackage(this.#packages, packageId);
    return source.size;
  }

  #hold(packageId: string): HeldPackage {
    const held: HeldPackage = { bytes: Promise.resolve(NOTHING), users: 0, size: 0 };
    this.#held.set(packageId, held);
    held.bytes = this.#read(packageId, held);
    return held;
  }

  async #read(packageId: string, held: HeldPackage): Promise<Uint8Array> {
    try {
      await using source = await openPackage(this.#packages, packageId);
      const { size } = source;
      if (size > limits.maxPushedPackageBytes)
        throw packageError(`a package of ${size} bytes is too large to be pushed`);
      if (this.#heldBytes + size > limits.maxHeldPackageBytes) {
        throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many different packages are pushed at a time');
      }
      held.size = size;
      this.#heldBytes += size;
      return await readWhole(source);
    } catch (error) {
      if (error instanceof Lwm2mServerError) throw error;
      throw packageError(`the package ${packageId} can not be read`, error);
    }
  }
}

async function readWhole(source: Pick<BodySource, 'size' | 'read'>): Promise<Uint8Array> {
  const { size } = source;
  const bytes = new Uint8Array(size);
  for (let offset = 0; offset < size; offset += CHUNK) {
    const length = Math.min(CHUNK, size - offset);
    const chunk = await source.read(offset, length);
    // What is missing would be pushed as zeros.
    if (chunk.length !== length) throw packageError(`the package gave ${chunk.length} bytes of ${length}`);
    bytes.set(chunk, offset);
  }
  return bytes;
}

/** A package that has bytes, to be disposed of by whoever has opened it. */
async function openPackage(
  packages: FirmwarePackages,
  packageId: string,
): Promise<Pick<BodySource, 'size' | 'read'> & AsyncDisposable> {
  const source = await packages.open(packageId);
  const dispose = async (): Promise<void> => {
    await source?.[Symbol.asyncDispose]?.();
  };
  if (source === undefined || source.size === 0) {
    await dispose();
    throw packageError(`there is no package ${packageId}, or it is empty`);
  }
  return { size: source.size, read: (offset, length) => source.read(offset, length), [Symbol.asyncDispose]: dispose };
}

function packageError(message: string, cause?: unknown): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_PACKAGE', message, { cause });
}
