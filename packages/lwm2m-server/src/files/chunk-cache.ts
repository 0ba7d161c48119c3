export interface ChunkCacheOptions {
  readonly chunkBytes: number;
  /** Chunks that are kept, and those that are being read. */
  readonly maxChunks: number;
  /** Reads the chunk that begins at `offset`, whole or to the end of the file. */
  readonly read: (offset: number) => Promise<Uint8Array>;
}

/**
 * The pieces of a file that were asked for of late. Devices that fetch the same file in small blocks are mostly near each other, and a block of a
 * piece that is here costs no promise.
 */
export class ChunkCache {
  readonly #options: ChunkCacheOptions;
  /** By offset, the one used longest ago first. */
  readonly #chunks = new Map<number, Uint8Array | Promise<Uint8Array>>();
  #closed = false;

  constructor(options: ChunkCacheOptions) {
    this.#options = options;
  }

  /** So many bytes from `offset` on, or those that there are to the end. Rejects like `read`, and when it is closed. */
  bytes(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error('the file is closed'));
    const { chunkBytes } = this.#options;
    const at = offset % chunkBytes;
    const chunk = this.#chunk(offset - at);
    if (at + length > chunkBytes) return this.#across(chunk, at, offset - at + chunkBytes, at + length - chunkBytes);
    return chunk instanceof Promise
      ? chunk.then((bytes) => bytes.subarray(at, at + length))
      : chunk.subarray(at, at + length);
  }

  /** Keeps nothing any more. */
  close(): void {
    this.#closed = true;
    this.#chunks.clear();
  }

  async #across(
    first: Uint8Array | Promise<Uint8Array>,
    at: number,
    nextOffset: number,
    nextLength: number,
  ): Promise<Uint8Array> {
    return Buffer.concat([(await first).subarray(at), await this.bytes(nextOffset, nextLength)]);
  }

  #chunk(offset: number): Uint8Array | Promise<Uint8Array> {
    const known = this.#chunks.get(offset);
    if (known !== undefined) {
      this.#chunks.delete(offset);
      this.#chunks.set(offset, known);
      return known;
    }
    const reading = this.#options.read(offset);
    this.#chunks.set(offset, reading);
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunks.size <= this.#options.maxChunks) break;
      this.#chunks.delete(oldest);
    }
    reading.then(
      (bytes) => {
        if (this.#chunks.get(offset) === reading) this.#chunks.set(offset, bytes);
      },
      () => {
        // Whoever asked hears of it; the next one tries again.
        if (this.#chunks.get(offset) === reading) this.#chunks.delete(offset);
      },
    );
    return reading;
  }
}
