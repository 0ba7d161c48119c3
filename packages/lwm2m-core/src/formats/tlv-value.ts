import { findInvalidUtf8 } from '@flownexus/senml';
import { exactInteger } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { decodeError, encodeError } from './format.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const textEncoder = new TextEncoder();

/**
 * Reads a value of a TLV by the declared type (TS Core, Appendix C); without one it is opaque, as TLV does not describe
 * itself. Text that is not UTF-8 is kept as opaque too.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE` when the length is none that the type has
 */
export function decodeTlvValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  declared: ResourceType | undefined,
): TypedValue {
  const length = end - start;
  switch (declared) {
    case 'string':
    case 'corelnk':
      if (findInvalidUtf8(bytes, start, end) >= 0) break;
      return { type: declared, value: textDecoder.decode(bytes.subarray(start, end)) };
    case 'integer':
    case 'time':
    case 'unsignedInteger':
      return {
        type: declared,
        value: readInteger(viewOf(bytes, start, length), declared === 'unsignedInteger', start),
      };
    case 'float': {
      const view = viewOf(bytes, start, length);
      if (length !== 4 && length !== 8) throw wrongLength('4 or 8 bytes of a float', length, start);
      return { type: 'float', value: length === 4 ? view.getFloat32(0) : view.getFloat64(0) };
    }
    case 'boolean':
      if (length !== 1) throw wrongLength('1 byte of a boolean', length, start);
      if ((bytes[start] ?? 0) > 1) throw decodeError('0 or 1', 'another byte', start);
      return { type: 'boolean', value: bytes[start] === 1 };
    case 'objlnk': {
      if (length !== 4) throw wrongLength('4 bytes of an object link', length, start);
      const view = viewOf(bytes, start, length);
      return { type: 'objlnk', value: { objectId: view.getUint16(0), objectInstanceId: view.getUint16(2) } };
    }
    case 'opaque':
    case 'none':
    case undefined:
      break;
  }
  return { type: 'opaque', value: new Uint8Array(bytes.subarray(start, end)) };
}

/** @throws Lwm2mError `ERR_LWM2M_ENCODE` for a time with a fraction */
export function encodeTlvValue(value: EncodableValue, type: ResourceType): Uint8Array {
  switch (value.kind) {
    case 'text':
      return textEncoder.encode(value.text);
    case 'integer':
      return writeInteger(value.integer, value.unsigned);
    case 'float': {
      if (type === 'time') throw encodeError('expected a time in whole seconds for TLV, found a fraction');
      const bytes = new Uint8Array(8);
      viewOf(bytes, 0, 8).setFloat64(0, value.float);
      return bytes;
    }
    case 'boolean':
      return Uint8Array.of(value.boolean ? 1 : 0);
    case 'bytes':
      return value.bytes;
    case 'link': {
      const bytes = new Uint8Array(4);
      const view = viewOf(bytes, 0, 4);
      view.setUint16(0, value.link.objectId);
      view.setUint16(2, value.link.objectInstanceId);
      return bytes;
    }
  }
}

function readInteger(view: DataView, unsigned: boolean, offset: number): number | bigint {
  switch (view.byteLength) {
    case 1:
      return unsigned ? view.getUint8(0) : view.getInt8(0);
    case 2:
      return unsigned ? view.getUint16(0) : view.getInt16(0);
    case 4:
      return unsigned ? view.getUint32(0) : view.getInt32(0);
    case 8:
      return exactInteger(unsigned ? view.getBigUint64(0) : view.getBigInt64(0));
    default:
      throw wrongLength('1, 2, 4 or 8 bytes of an integer', view.byteLength, offset);
  }
}

/** The fewest of 1, 2, 4 and 8 bytes. */
function writeInteger(integer: number | bigint, unsigned: boolean): Uint8Array {
  const fits = (bits: number): boolean =>
    unsigned ? integer < 2 ** bits : integer >= -(2 ** (bits - 1)) && integer < 2 ** (bits - 1);
  const length = fits(8) ? 1 : fits(16) ? 2 : fits(32) ? 4 : 8;
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes, 0, length);
  // Setters take the low bits, so that one of each width serves both signs.
  if (length === 1) view.setUint8(0, Number(integer));
  else if (length === 2) view.setUint16(0, Number(integer));
  else if (length === 4) view.setUint32(0, Number(integer));
  else view.setBigUint64(0, BigInt.asUintN(64, BigInt(integer)));
  return bytes;
}

function viewOf(bytes: Uint8Array, start: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, length);
}

function wrongLength(expected: string, found: number, offset: number): Error {
  return decodeError(expected, `${String(found)} bytes`, offset);
}
