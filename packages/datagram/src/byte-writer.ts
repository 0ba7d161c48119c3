import { ByteRangeError } from './errors.ts';
import { DatagramLimits } from './limits.ts';

/** How large a `ByteWriter` begins and may grow, in bytes. */
export interface ByteWriterOptions {
  /** Default 65535. */
  readonly maxSize?: number;
  /** Default 64. */
  readonly initialSize?: number;
}

/**
 * Writes big-endian fields one after the other into a buffer that grows up to a bound. A field that doesn't fit below the bound
 * throws a `ByteRangeError`, a number that doesn't fit into its field a `RangeError`; both write nothing.
 */
export class ByteWriter {
  readonly #maxSize: number;
  #buffer: Uint8Array;
  #length = 0;

  constructor(options: ByteWriterOptions = {}) {
    this.#maxSize = options.maxSize ?? DatagramLimits.maxWriterSize;
    this.#buffer = new Uint8Array(Math.min(options.initialSize ?? 64, this.#maxSize));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#unsigned(value, 1);
  }

  u16(value: number): this {
    return this.#unsigned(value, 2);
  }

  u24(value: number): this {
    return this.#unsigned(value, 3);
  }

  u32(value: number): this {
    return this.#unsigned(value, 4);
  }

  /** 48 bits, such as the sequence number of a DTLS record (RFC 6347 §4.1). */
  u48(value: number): this {
    return this.#unsigned(value, 6);
  }

  u64(value: bigint): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError('the number does not fit into 8 bytes');
    this.#reserve(8);
    return this.u32(Number(value >> 32n)).u32(Number(value & 0xffff_ffffn));
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Overwrites two bytes that were written before: a length that is known only now. */
  setU16(offset: number, value: number): this {
    return this.#overwrite(offset, value, 2);
  }

  /** Overwrites three bytes that were written before. */
  setU24(offset: number, value: number): this {
    return this.#overwrite(offset, value, 3);
  }

  /** What was written. The writer gives its buffer away and begins anew, empty. */
  finish(): Uint8Array {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    return bytes;
  }

  #unsigned(value: number, size: number): this {
    checkUnsigned(value, size);
    this.#reserve(size);
    this.#put(this.#length, value, size);
    this.#length += size;
    return this;
  }

  #overwrite(offset: number, value: number, size: number): this {
    checkUnsigned(value, size);
    if (!Number.isInteger(offset) || offset < 0 || offset + size > this.#length) {
      throw new ByteRangeError(offset, size, Math.max(0, this.#length - offset));
    }
    this.#put(offset, value, size);
    return this;
  }

  #put(offset: number, value: number, size: number): void {
    let left = value;
    for (let index = offset + size - 1; index >= offset; index -= 1) {
      this.#buffer[index] = left % 256;
      left = Math.floor(left / 256);
    }
  }

  #reserve(size: number): void {
    const wanted = this.#length + size;
    if (wanted > this.#maxSize) throw new ByteRangeError(this.#length, size, this.#maxSize - this.#length);
    if (wanted <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(this.#maxSize, Math.max(wanted, 2 * this.#buffer.length, 64)));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function checkUnsigned(value: number, size: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`the number does not fit into ${size} bytes`);
  }
}
