import { Code } from './code.ts';
import { CoapError } from './errors.ts';
import { MAX_BLOCK_NUMBER } from './limits.ts';
import type { CoapOption } from './message.ts';
import { decodeUint, encodeUint, findOption } from './option-values.ts';

/** The value of a Block1 or Block2 option (RFC 7959 §2.2). */
export interface BlockValue {
  /** Block number, 0 to 2^20-1. */
  readonly num: number;
  /** Whether more blocks follow. */
  readonly more: boolean;
  /** Size exponent, 0 to 6: see {@link blockSize}. */
  readonly szx: number;
}

/** The size exponent of the largest block, 1024 bytes. 7 is reserved on datagrams (RFC 7959 §2.2). */
export const MAX_SZX = 6;

//  0                   1                   2
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                  NUM                  |M| SZX |      0 to 3 bytes, leading zeros dropped
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/** Bytes in a block: 16 to 1024. Throws `RangeError` unless `szx` is 0 to 6. */
export function blockSize(szx: number): number {
  if (!Number.isInteger(szx) || szx < 0 || szx > MAX_SZX)
    throw new RangeError(`SZX is an integer of 0 to ${MAX_SZX}, not ${szx}`);
  return 16 << szx;
}

/** The exponent of the largest block of at most `size` bytes. Throws `RangeError` below 16. */
export function largestSzx(size: number): number {
  if (!(size >= 16)) throw new RangeError(`a block has at least 16 bytes, not ${size}`);
  return Math.min(MAX_SZX, 27 - Math.clz32(Math.min(size, 1024)));
}

/** The value of a block option. Throws `RangeError` for a block that has none. */
export function encodeBlock(block: BlockValue): Uint8Array {
  const { num, more, szx } = block;
  if (!Number.isInteger(num) || num < 0 || num > MAX_BLOCK_NUMBER) {
    throw new RangeError(`a block number is an integer of 0 to ${MAX_BLOCK_NUMBER}, not ${num}`);
  }
  blockSize(szx);
  return encodeUint((num << 4) | (more ? 8 : 0) | szx);
}

/**
 * The block of an option value. Throws `CoapError` `ERR_COAP_BLOCK` for the reserved SZX 7 (response 4.00, RFC 7959 §2.2)
 * and for more than 3 bytes (4.02).
 */
export function decodeBlock(value: Uint8Array): BlockValue {
  if (value.length > 3) {
    throw new CoapError('ERR_COAP_BLOCK', `expected a block option of at most 3 bytes, found ${value.length}`, {
      responseCode: Code.BAD_OPTION,
    });
  }
  const bits = decodeUint(value);
  const szx = bits & 7;
  if (szx > MAX_SZX) {
    throw new CoapError('ERR_COAP_BLOCK', `expected SZX 0 to ${MAX_SZX}, found ${szx}`, {
      responseCode: Code.BAD_REQUEST,
    });
  }
  return { num: bits >>> 4, more: (bits & 8) !== 0, szx };
}

/** The block of the first option with a number (Block1 or Block2), undefined when there is none. Throws as `decodeBlock`. */
export function blockOption(options: readonly CoapOption[], number: number): BlockValue | undefined {
  const option = findOption(options, number);
  return option === undefined ? undefined : decodeBlock(option.value);
}
