import { CoapFiles, fileOnDemand, type FileSource, type ServedFile } from '@flownexus/lwm2m-server';
import { limits } from '../limits.ts';
import type { Downloads } from './download-counts.ts';
import type { StoredPackage } from './firmware-repository.ts';
import type { PackageFiles } from './package-files.ts';

export interface CoapPackagesOptions {
  readonly files: Pick<PackageFiles, 'path'>;
  /** Told of what went out. */
  readonly count: (id: string, more: Partial<Downloads>) => void;
}

/** The packages that are served over CoAP and CoAPS, to whoever knows their paths. */
export class CoapPackages {
  /** One of the `resources` of the LwM2M server. */
  readonly resource: CoapFiles = new CoapFiles({ maxFiles: limits.firmwarePackages + limits.firmwareUploads });
  readonly #options: CoapPackagesOptions;
  readonly #served = new Map<string, { readonly file: ServedFile; readonly source: FileSource }>();

  constructor(options: CoapPackagesOptions) {
    this.#options = options;
  }

  /** From now on, unless its file can not be used or is too large for CoAP. */
  serve({ id, size, sha256, token, damage }: StoredPackage): void {
    if (damage !== undefined || size > limits.coapFileBytes) return;
    const { files, count } = this.#options;
    const source = fileOnDemand(files.path(id), { size, sha256: Uint8Array.from(Buffer.from(sha256, 'hex')) });
    const counted = {
      size,
      etag: source.etag,
      read: (offset: number, length: number): Uint8Array | Promise<Uint8Array> => {
        count(id, {
          bytes: length,
          ...(offset === 0 ? { started: 1 } : {}),
          ...(offset + length === size ? { completed: 1 } : {}),
        });
        return source.read(offset, length);
      },
    };
    this.#served.set(id, { file: this.resource.add(counted, { name: token, packageId: id }), source });
  }

  /** No longer; nothing happens when it was not served. Rejects when its file can not be closed. */
  async withdraw(id: string): Promise<void> {
    const served = this.#served.get(id);
    this.#served.delete(id);
    served?.file.remove();
    await served?.source.close();
  }

  /** The path of a package; undefined when it is not served. */
  pathOf(id: string): string | undefined {
    return this.#served.get(id)?.file.path;
  }

  /** Closes what is open. */
  async close(): Promise<void> {
    for (const id of [...this.#served.keys()]) await this.withdraw(id);
  }
}
