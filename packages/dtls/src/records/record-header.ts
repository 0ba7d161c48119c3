import { copyShort, writeU16, writeU32 } from '../bytes.ts';

/** RFC 6347 §4.1: type, version, epoch, sequence number, length. A Connection ID comes on top (RFC 9146 §4). */
export const RECORD_HEADER_SIZE = 13;

/** Epoch and sequence number as eight bytes at `offset` (RFC 6347 §4.1): in headers, nonces and additional data. The caller has made the room. */
export function writeEpochAndSequence(target: Uint8Array, offset: number, epoch: number, sequence: number): void {
  writeU16(target, offset, epoch);
  writeU16(target, offset + 2, Math.floor(sequence / 2 ** 32));
  writeU32(target, offset + 4, sequence);
}

/**
 * Writes a record header at the front of `target` and gives its size. `cid` is that of a record of type 25 (RFC 9146 §4), empty for any
 * other. The caller has made the room.
 */
export function writeRecordHeader(
  target: Uint8Array,
  type: number,
  version: number,
  epoch: number,
  sequence: number,
  cid: Uint8Array,
  length: number,
): number {
  target[0] = type;
  writeU16(target, 1, version);
  writeEpochAndSequence(target, 3, epoch, sequence);
  copyShort(target, 11, cid, 0, cid.length);
  writeU16(target, 11 + cid.length, length);
  return RECORD_HEADER_SIZE + cid.length;
}
