import { MAJOR } from './cbor-head.ts';

const FIRST_CAPACITY = 256;
const textEncoder = new TextEncoder();

/**
 * Writes CBOR in its preferred form (RFC 8949 §4.1) with definite lengths. The writer is our own because constrained
 * clients match the types strictly: a float has to stay a float although it is integral, and an integer beyond 32 bits
 * an integer, which the CBOR engine does not promise for plain numbers.
 */
export class CborWriter {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  /** The start of an array of `count` items, which the caller writes next. */
  writeArrayHead(count: number): void {
    this.#writeHead(MAJOR.array, count);
  }

  /** The start of a map of `count` pairs, which the caller writes next. */
  writeMapHead(count: number): void {
    this.#writeHead(MAJOR.map, count);
  }

  /** @throws RangeError for a number that is not a safe integer, or beyond what CBOR has without bignums */
  writeInteger(value: number | bigint): void {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('not a safe integer');
    if (value >= 0) this.#writeHead(MAJOR.unsigned, value);
    else this.#writeHead(MAJOR.negative, typeof value === 'bigint' ? -1n - value : -1 - value);
  }

  /** Always eight bytes, as Zephyr sends and every client takes. */
  writeFloat(value: number): void {
    this.#reserve(9);
    this.#view.setUint8(this.#length, 0xfb);
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
  }

  writeBoolean(value: boolean): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value ? 0xf5 : 0xf4);
    this.#length += 1;
  }

  writeText(value: string): void {
    this.writeString(MAJOR.text, textEncoder.encode(value));
  }

  writeBytes(value: Uint8Array): void {
    this.writeString(MAJOR.bytes, value);
  }

  /** Bytes that are CBOR already. */
  writeEncoded(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy of what was written so far. */
  toBytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** A string of major type 2 or 3 from its bytes. */
  writeString(major: number, bytes: Uint8Array): void {
    this.#writeHead(major, bytes.length);
    this.writeEncoded(bytes);
  }

  #writeHead(major: number, argument: number | bigint): void {
    this.#reserve(9);
    const at = this.#length;
    const type = major << 5;
    if (argument < 24) {
      this.#view.setUint8(at, type | Number(argument));
      this.#length += 1;
    } else if (argument < 0x100) {
      this.#view.setUint8(at, type | 24);
      this.#view.setUint8(at + 1, Number(argument));
      this.#length += 2;
    } else if (argument < 0x10000) {
      this.#view.setUint8(at, type | 25);
      this.#view.setUint16(at + 1, Number(argument));
      this.#length += 3;
    } else if (argument < 0x1_0000_0000) {
      this.#view.setUint8(at, type | 26);
      this.#view.setUint32(at + 1, Number(argument));
      this.#length += 5;
    } else {
      if (argument >= 2n ** 64n) throw new RangeError('an integer of more than 64 bits');
      this.#view.setUint8(at, type | 27);
      this.#view.setBigUint64(at + 1, BigInt(argument));
      this.#length += 9;
    }
  }

  #reserve(byteCount: number): void {
    if (this.#length + byteCount <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + byteCount));
    grown.set(this.#buffer);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}
