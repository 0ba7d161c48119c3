import { encodeError } from './format.ts';
import type { TlvType } from './tlv-reader.ts';

const FIRST_CAPACITY = 128;
const MAX_LENGTH = 2 ** 24;
const MAX_ID = 65_535;
const textEncoder = new TextEncoder();

/**
 * Writes TLVs from the last byte to the first. The header of a TLV has the length of what follows it: written backwards, that
 * is known when the header's turn comes, and nothing is copied around for nested ones.
 */
export class TlvWriter {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #start = FIRST_CAPACITY;

  /** How many bytes there are. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /**
   * The header of a TLV whose value is what was written since there were `before` bytes.
   *
   * @throws Lwm2mError `ERR_LWM2M_ENCODE` when that is longer than the 24 bits of a length
   * @throws RangeError for an id that is none
   */
  writeHeader(type: TlvType, id: number, before: number): void {
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID) throw new RangeError('an id is an integer from 0 to 65535');
    const length = this.length - before;
    if (length >= MAX_LENGTH) throw encodeError('expected a value of less than 16 MiB for TLV, found a longer one');
    const idLength = id < 0x100 ? 1 : 2;
    const lengthLength = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
    if (lengthLength > 0) this.writeUnsigned(length, lengthLength);
    this.writeUnsigned(id, idLength);
    this.writeUnsigned(
      (type << 6) | ((idLength - 1) << 5) | (lengthLength << 3) | (lengthLength === 0 ? length : 0),
      1,
    );
  }

  /** The low bytes of an integer, at most four, so that a negative one comes in two's complement. */
  writeUnsigned(value: number, length: number): void {
    this.#reserve(length);
    for (let index = 1; index <= length; index += 1) this.#buffer[this.#start - index] = value >> (8 * (index - 1));
    this.#start -= length;
  }

  writeInt64(value: bigint): void {
    this.#reserve(8);
    this.#start -= 8;
    new DataView(this.#buffer.buffer).setBigUint64(this.#start, BigInt.asUintN(64, value));
  }

  writeFloat(value: number): void {
    this.#reserve(8);
    this.#start -= 8;
    new DataView(this.#buffer.buffer).setFloat64(this.#start, value);
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#start -= bytes.length;
    this.#buffer.set(bytes, this.#start);
  }

  writeText(text: string): void {
    this.writeBytes(textEncoder.encode(text));
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.#buffer.slice(this.#start);
  }

  #reserve(byteCount: number): void {
    if (byteCount <= this.#start) return;
    const { length } = this;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, length + byteCount));
    grown.set(this.#buffer.subarray(this.#start), grown.length - length);
    this.#buffer = grown;
    this.#start = grown.length - length;
  }
}
