import { ByteBuffer } from './byte-buffer.ts';
import { MAJOR } from './cbor-head.ts';

/** Texts up to this length are copied unit by unit as long as they are ASCII, which is faster than a call. */
const MAX_SHORT_TEXT = 64;
const TWO_TO_32 = 2 ** 32;
const textEncoder = new TextEncoder();
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

/**
 * Writes CBOR in its preferred form (RFC 8949 §4.1) with definite lengths. The writer is our own because constrained
 * clients match the types strictly: a float has to stay a float although it is integral, and an integer beyond 32 bits
 * an integer, which the CBOR engine does not promise for plain numbers.
 */
export class CborWriter {
  readonly #out = new ByteBuffer();

  /** The start of an array of `count` items, which the caller writes next. */
  writeArrayHead(count: number): void {
    this.#writeHead(MAJOR.array, count);
  }

  /** The start of a map of `count` pairs, which the caller writes next. */
  writeMapHead(count: number): void {
    this.#writeHead(MAJOR.map, count);
  }

  /** A tag (RFC 8949 §3.4) of the item that the caller writes next. */
  writeTag(tag: number): void {
    this.#writeHead(MAJOR.tag, tag);
  }

  /** @throws RangeError for a number that is not a safe integer, or beyond what CBOR has without bignums */
  writeInteger(value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.#writeBigInteger(value);
      return;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('not a safe integer');
    if (value >= 0) this.#writeHead(MAJOR.unsigned, value);
    else this.#writeHead(MAJOR.negative, -1 - value);
  }

  /** Always eight bytes, as Zephyr sends and every client takes. */
  writeFloat(value: number): void {
    scratchView.setFloat64(0, value);
    this.#writeScratch(0xfb, 8);
  }

  /** The shortest of two, four and eight bytes that keeps the value (RFC 8949 §4.1); of NaN there is just one. */
  writeShortestFloat(value: number): void {
    const half = Number.isNaN(value) ? 0x7e00 : halfFloat(value);
    if (half !== undefined) {
      scratchView.setUint16(0, half);
      this.#writeScratch(0xf9, 2);
    } else if (Math.fround(value) === value) {
      scratchView.setFloat32(0, value);
      this.#writeScratch(0xfa, 4);
    } else {
      this.writeFloat(value);
    }
  }

  writeBoolean(value: boolean): void {
    this.#out.reserve(1);
    this.#out.bytes[this.#out.length] = value ? 0xf5 : 0xf4;
    this.#out.length += 1;
  }

  writeNull(): void {
    this.#out.reserve(1);
    this.#out.bytes[this.#out.length] = 0xf6;
    this.#out.length += 1;
  }

  /** Surrogates without their other half become U+FFFD. */
  writeText(value: string): void {
    if (value.length > MAX_SHORT_TEXT || !this.#writeShortAscii(value)) {
      this.writeString(MAJOR.text, textEncoder.encode(value));
    }
  }

  writeBytes(value: Uint8Array): void {
    this.writeString(MAJOR.bytes, value);
  }

  /** A string of major type 2 or 3 from its bytes. */
  writeString(major: number, bytes: Uint8Array): void {
    this.#writeHead(major, bytes.length);
    this.#out.reserve(bytes.length);
    this.#out.bytes.set(bytes, this.#out.length);
    this.#out.length += bytes.length;
  }

  /** A copy of what was written so far. */
  toBytes(): Uint8Array {
    return this.#out.copy();
  }

  /** Forgets what was written, so that the writer can be used again. */
  reset(): void {
    this.#out.reset();
  }

  /** False, with nothing written, when the text is not ASCII. */
  #writeShortAscii(value: string): boolean {
    const { length } = value;
    this.#out.reserve(length + 2);
    const buffer = this.#out.bytes;
    let at = this.#out.length;
    if (length < 24) {
      buffer[at] = 0x60 | length;
    } else {
      buffer[at] = 0x78;
      at += 1;
      buffer[at] = length;
    }
    for (let index = 0; index < length; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) return false;
      at += 1;
      buffer[at] = unit;
    }
    this.#out.length = at + 1;
    return true;
  }

  #writeHead(major: number, argument: number): void {
    const type = major << 5;
    this.#out.reserve(9);
    const buffer = this.#out.bytes;
    const at = this.#out.length;
    if (argument < 24) {
      buffer[at] = type | argument;
      this.#out.length = at + 1;
    } else if (argument < 0x100) {
      buffer[at] = type | 24;
      buffer[at + 1] = argument;
      this.#out.length = at + 2;
    } else if (argument < 0x10000) {
      buffer[at] = type | 25;
      buffer[at + 1] = argument >> 8;
      buffer[at + 2] = argument;
      this.#out.length = at + 3;
    } else if (argument < TWO_TO_32) {
      scratchView.setUint32(0, argument);
      this.#writeScratch(type | 26, 4);
    } else {
      scratchView.setUint32(0, Math.floor(argument / TWO_TO_32));
      scratchView.setUint32(4, argument % TWO_TO_32);
      this.#writeScratch(type | 27, 8);
    }
  }

  #writeBigInteger(value: bigint): void {
    const argument = value >= 0n ? value : -1n - value;
    const major = value >= 0n ? MAJOR.unsigned : MAJOR.negative;
    if (argument >= 2n ** 64n) throw new RangeError('an integer of more than 64 bits');
    if (argument <= Number.MAX_SAFE_INTEGER) {
      this.#writeHead(major, Number(argument));
      return;
    }
    scratchView.setBigUint64(0, argument);
    this.#writeScratch((major << 5) | 27, 8);
  }

  #writeScratch(initial: number, byteCount: number): void {
    this.#out.reserve(9);
    const buffer = this.#out.bytes;
    const at = this.#out.length;
    buffer[at] = initial;
    for (let index = 0; index < byteCount; index += 1) buffer[at + 1 + index] = scratch[index] ?? 0;
    this.#out.length = at + 1 + byteCount;
  }
}

/** The bits of the value as a half float; undefined when it can not hold the value. NaN is not asked for. */
function halfFloat(value: number): number | undefined {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign | 0x7c00;
  // Subnormals are multiples of 2^-24.
  if (magnitude < 2 ** -14) {
    const mantissa = magnitude * 2 ** 24;
    return Number.isInteger(mantissa) ? sign | mantissa : undefined;
  }
  if (magnitude > 65_504 || Math.fround(value) !== value) return undefined;
  scratchView.setFloat32(0, magnitude);
  const single = scratchView.getUint32(0);
  // Thirteen of 23 bits of the mantissa go, and the bias of the exponent is 15 instead of 127.
  return (single & 0x1fff) === 0 ? sign | ((single >> 13) - ((127 - 15) << 10)) : undefined;
}
