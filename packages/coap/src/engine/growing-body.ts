/** Most bodies that need blocks at all are object lists of a few hundred bytes. */
const FIRST_CAPACITY = 512;

/**
 * A body that is put together from blocks. The bytes are copied into one piece, of at most twice the size of what has come:
 * a list of views would keep each block's whole datagram.
 */
export class GrowingBody {
  #buffer: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(block: Uint8Array): void {
    const length = this.#length + block.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(block, this.#length);
    this.#length = length;
  }

  /** What has come so far: a view. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
