import { MAX_RECORDS } from '../limits.ts';
import { decodeError } from './format.ts';

/** Bits 7 and 6 of the type byte (TS Core §7.5.5.1, table 7.5.5.1). */
export const TlvType = {
  objectInstance: 0,
  resourceInstance: 1,
  multipleResource: 2,
  resource: 3,
} as const;
export type TlvType = (typeof TlvType)[keyof typeof TlvType];

const TYPES: readonly TlvType[] = [
  TlvType.objectInstance,
  TlvType.resourceInstance,
  TlvType.multipleResource,
  TlvType.resource,
];

/** One TLV, its value still in the payload from `start` to `end`. */
export interface Tlv {
  readonly type: TlvType;
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The TLVs between two offsets, one after the other and without looking into them. Nothing is allocated for a length
 * before it is known to be met.
 *
 * ```
 *  7 6   5      4 3          2 1 0
 * |type|id is|length of   |length when|  id: 1 or 2 bytes, length: 0 to 3 bytes, value
 * |    |wide |the length  |that is 0  |
 * ```
 *
 * @throws DecodeError, with the offset
 */
export function readTlvs(bytes: Uint8Array, start: number, end: number): Tlv[] {
  const tlvs: Tlv[] = [];
  let offset = start;
  while (offset < end) {
    if (tlvs.length === MAX_RECORDS) throw decodeError(`at most ${String(MAX_RECORDS)} TLVs in one`, 'more', offset);
    const tlv = readTlv(bytes, offset, end);
    tlvs.push(tlv);
    offset = tlv.end;
  }
  return tlvs;
}

function readTlv(bytes: Uint8Array, offset: number, end: number): Tlv {
  const head = bytes[offset] ?? 0;
  const type = TYPES[head >> 6] ?? TlvType.objectInstance;
  const idLength = (head & 0x20) === 0 ? 1 : 2;
  const lengthLength = (head >> 3) & 3;
  const start = offset + 1 + idLength + lengthLength;
  if (start > end) throw decodeError('a TLV header', 'the end', offset);
  const id = readUnsigned(bytes, offset + 1, idLength);
  const length = lengthLength === 0 ? head & 7 : readUnsigned(bytes, offset + 1 + idLength, lengthLength);
  if (length > end - start) {
    throw decodeError(`${String(length)} bytes`, String(end - start), start);
  }
  return { type, id, start, end: start + length };
}

/** The big-endian number of so many bytes. */
export function readUnsigned(bytes: Uint8Array, offset: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index += 1) value = value * 256 + (bytes[offset + index] ?? 0);
  return value;
}
