import { systemClock, type Clock } from '@flownexus/datagram';
import { limits } from '../limits.ts';
import { etagOf, fileSource, type FileSource } from './file-sources.ts';

/** What is known of a file that is not open. */
export interface FileOnDemandOptions {
  /** Bytes. */
  readonly size: number;
  /** The SHA-256 of its content, which nothing tells to be right. */
  readonly sha256: Uint8Array;
  /** How long it stays open when nobody reads, in milliseconds. Default 30 seconds. */
  readonly idleMs?: number;
  readonly clock?: Clock;
}

/**
 * A file that is open only while it is read: of many files that are served, those that nobody fetches take nothing but a name. Reads reject like `open` of
 * `node:fs/promises` while it can not be opened, when it has another size, and when it was changed in place while open.
 *
 * @example
 * files.add(fileOnDemand('firmware/app-2.0.bin', { size, sha256 }), { packageId: 'app-2.0' });
 */
export function fileOnDemand(path: string, options: FileOnDemandOptions): FileSource {
  const file = new FileOnDemand(path, options);
  const close = (): Promise<void> => file.close();
  return {
    size: options.size,
    sha256: options.sha256,
    etag: etagOf(options.sha256),
    read: (offset, length) => file.read(offset, length),
    close,
    [Symbol.asyncDispose]: close,
  };
}

class FileOnDemand {
  readonly #path: string;
  readonly #options: FileOnDemandOptions;
  readonly #clock: Clock;
  #open: FileSource | undefined;
  #opening: Promise<FileSource> | undefined;
  #lastRead = 0;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(path: string, options: FileOnDemandOptions) {
    this.#path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error('the file is closed'));
    this.#lastRead = this.#clock.now();
    return this.#open?.read(offset, length) ?? this.#opened().then((file) => file.read(offset, length));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#release();
  }

  #opened(): Promise<FileSource> {
    return (this.#opening ??= this.#reopen());
  }

  async #reopen(): Promise<FileSource> {
    try {
      const { size, sha256 } = this.#options;
      const file = await fileSource(this.#path, { sha256 });
      if (file.size === size && !this.#closed) {
        this.#open = file;
        this.#closeWhenIdle(this.#idleMs);
        return file;
      }
      await file.close();
      throw new Error(
        this.#closed ? 'the file is closed' : `the file ${this.#path} has ${file.size} bytes and not ${size}`,
      );
    } catch (error) {
      // The next read tries again.
      this.#opening = undefined;
      throw error;
    }
  }

  get #idleMs(): number {
    return this.#options.idleMs ?? limits.fileIdleMs;
  }

  #closeWhenIdle(delayMs: number): void {
    const timer = this.#clock.schedule(delayMs, () => {
      const left = this.#lastRead + this.#idleMs - this.#clock.now();
      if (left > 0) this.#closeWhenIdle(left);
      // Nothing was written to it: that it can not be closed loses nothing, and nobody could do anything about it.
      else this.#release().catch(() => undefined);
    });
    this.#cancelTimer = () => {
      timer.cancel();
    };
  }

  async #release(): Promise<void> {
    const file = this.#open;
    this.#open = undefined;
    this.#opening = undefined;
    await file?.close();
  }
}
