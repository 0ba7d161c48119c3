import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';

/** Of a package that is stored, or will be. */
interface Counted {
  readonly version: string;
  readonly size: number;
}

export interface BoundsOptions {
  /** The packages that there are. */
  readonly stored: () => Iterable<Counted>;
  readonly settings: { readonly values: { readonly maxFirmwareBytes: number; readonly firmwareStorageBytes: number } };
}

/** What is being uploaded, so that all packages together stay within their bounds, and versions are there once. */
export class UploadBounds {
  readonly #options: BoundsOptions;
  /** By their ids; with the bytes that they have or will have. */
  readonly #uploads = new Map<string, Counted>();

  constructor(options: BoundsOptions) {
    this.#options = options;
  }

  /** An upload begins. Throws an {@link ApiError} 409, 413 or 429 when it must not. */
  begin(id: string, { version, length = 0 }: { readonly version: string; readonly length: number | undefined }): void {
    const known = [...this.#options.stored(), ...this.#uploads.values()];
    if (known.some((each) => each.version === version)) throw versionTaken(version);
    if (known.length >= limits.firmwarePackages) {
      throw new ApiError(409, 'quota-exceeded', `there are ${limits.firmwarePackages} packages already, and not more may be`); // prettier-ignore
    }
    this.#checkBytes(length, length);
    if (this.#uploads.size >= limits.firmwareUploads) {
      throw new ApiError(429, 'too-many-requests', 'too many packages are being uploaded; try again later');
    }
    this.#uploads.set(id, { version, size: length });
  }

  /** It has come to so many bytes. Throws an {@link ApiError} 409 or 413 when these are too many. */
  grow(id: string, size: number): void {
    const upload = this.#uploads.get(id);
    if (upload === undefined || size <= upload.size) return;
    this.#checkBytes(size, size - upload.size);
    this.#uploads.set(id, { ...upload, size });
  }

  /** It is over, and counts among the stored ones if it is one. */
  end(id: string): void {
    this.#uploads.delete(id);
  }

  /** Whether a package may have so many bytes, `more` of which were not counted yet. */
  #checkBytes(size: number, more: number): void {
    const { maxFirmwareBytes, firmwareStorageBytes } = this.#options.settings.values;
    if (size > maxFirmwareBytes) {
      throw new ApiError(413, 'too-large', `a package has at most ${maxFirmwareBytes} bytes`);
    }
    let counted = more;
    for (const each of this.#options.stored()) counted += each.size;
    for (const each of this.#uploads.values()) counted += each.size;
    if (counted > firmwareStorageBytes) {
      throw new ApiError(409, 'quota-exceeded', `all packages together have at most ${firmwareStorageBytes} bytes`);
    }
  }
}

export function versionTaken(version: string): ApiError {
  return new ApiError(409, 'conflict', `there is a package of the version ${JSON.stringify(version)} already`);
}
