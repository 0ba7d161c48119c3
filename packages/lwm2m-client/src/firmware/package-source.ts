import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';
import type { FirmwareObjectOptions, PackageInfo } from './firmware-options.ts';
import { FirmwareFailure, FirmwareResult } from './firmware-results.ts';

/** Where packages come from and what they have to be, and the failures that a test wants. */
export class PackageSource {
  readonly #options: Pick<FirmwareObjectOptions, 'fetchers' | 'maxSize' | 'sha256' | 'inspect'>;
  #failure: FirmwareResult | undefined;

  constructor(options: Pick<FirmwareObjectOptions, 'fetchers' | 'maxSize' | 'sha256' | 'inspect'>) {
    this.#options = options;
  }

  /** @throws RangeError for a result that is no failure */
  failNext(result: FirmwareResult): void {
    if (result < FirmwareResult.NOT_ENOUGH_FLASH) throw new RangeError(`Update Result ${result} is no failure`);
    this.#failure = result;
  }

  /** Whether a failure is due that has one of these results. It is not any more then. */
  takeFailure(...results: readonly FirmwareResult[]): FirmwareResult | undefined {
    const result = this.#failure;
    if (result === undefined || !results.includes(result)) return undefined;
    this.#failure = undefined;
    return result;
  }

  /** @throws FirmwareFailure when one is due that has one of these results */
  failAt(...results: readonly FirmwareResult[]): void {
    const result = this.takeFailure(...results);
    if (result !== undefined) throw new FirmwareFailure(result, `the update is to fail with the result ${result}`);
  }

  /** @throws FirmwareFailure when a package has more bytes than there is room for */
  checkSize(size: number): void {
    const { maxSize = limits.packageBytes } = this.#options;
    if (size <= maxSize) return;
    throw new FirmwareFailure(FirmwareResult.NOT_ENOUGH_FLASH, `the package has more than ${maxSize} bytes`);
  }

  /** @throws FirmwareFailure also as a rejection, and what the fetcher rejects with */
  fetch(uri: string, signal: AbortSignal): Promise<Uint8Array> {
    this.failAt(FirmwareResult.INVALID_URI, FirmwareResult.UNSUPPORTED_PROTOCOL);
    const scheme = /^([a-z][a-z\d+.-]*):\/\/[^/]/i.exec(uri)?.[1]?.toLowerCase();
    if (scheme === undefined) throw new FirmwareFailure(FirmwareResult.INVALID_URI, 'the Package URI is no URI');
    const { fetchers = {}, maxSize = limits.packageBytes } = this.#options;
    const fetcher = Object.entries(fetchers).find(([name]) => name === scheme)?.[1];
    if (fetcher === undefined) {
      throw new FirmwareFailure(FirmwareResult.UNSUPPORTED_PROTOCOL, `nothing is fetched over ${scheme}`);
    }
    return fetcher(uri, { signal, maxSize });
  }

  /** @throws FirmwareFailure also as a rejection, and what `inspect` throws */
  inspect(image: Uint8Array): PackageInfo | undefined | Promise<PackageInfo | undefined> {
    const { UPDATE_FAILED, DEFERRED, INTEGRITY_FAILED } = FirmwareResult;
    const { sha256, inspect } = this.#options;
    this.failAt(...Object.values(FirmwareResult).filter((result) => result !== UPDATE_FAILED && result !== DEFERRED));
    this.checkSize(image.length);
    if (sha256 !== undefined && !createHash('sha256').update(image).digest().equals(sha256)) {
      throw new FirmwareFailure(INTEGRITY_FAILED, 'the package has another SHA-256');
    }
    return inspect?.(image);
  }
}
