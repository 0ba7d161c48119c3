import { ByteRangeError } from './errors.ts';

/**
 * Reads big-endian fields one after the other. A field that doesn't fit into what is left throws a `ByteRangeError` and moves
 * nothing; there are never fewer bytes than asked for.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the next field begins, counted from the first byte. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#unsigned(1);
  }

  u16(): number {
    return this.#unsigned(2);
  }

  u24(): number {
    return this.#unsigned(3);
  }

  u32(): number {
    return this.#unsigned(4);
  }

  /** 48 bits, such as the sequence number of a DTLS record (RFC 6347 §4.1). */
  u48(): number {
    return this.#unsigned(6);
  }

  u64(): bigint {
    this.#check(8);
    const high = this.u32();
    return (BigInt(high) << 32n) | BigInt(this.u32());
  }

  /** The next `length` bytes: a view, not a copy. */
  bytes(length: number): Uint8Array {
    this.#check(length);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** All that is left: a view, not a copy. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  #unsigned(size: number): number {
    this.#check(size);
    let value = 0;
    for (let index = 0; index < size; index += 1) value = value * 256 + (this.#bytes[this.#offset + index] ?? 0);
    this.#offset += size;
    return value;
  }

  #check(length: number): void {
    if (!Number.isInteger(length) || length < 0) {
      throw new RangeError(`length must be a whole number from 0 on, is ${length}`);
    }
    if (length > this.remaining) throw new ByteRangeError(this.#offset, length, this.remaining);
  }
}
