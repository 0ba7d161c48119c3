const FIRST_CAPACITY = 256;
/** What is kept of the capacity when a buffer begins anew. */
const MAX_KEPT_CAPACITY = 65_536;

/** Bytes that grow. Who writes reserves room first, puts the bytes behind `length` and sets it. */
export class ByteBuffer {
  bytes: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  length = 0;

  /** Makes room for so many bytes more; `bytes` may be another array then. */
  reserve(byteCount: number): void {
    if (this.length + byteCount <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + byteCount));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  copy(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  reset(): void {
    this.length = 0;
    if (this.bytes.length > MAX_KEPT_CAPACITY) this.bytes = new Uint8Array(FIRST_CAPACITY);
  }
}
