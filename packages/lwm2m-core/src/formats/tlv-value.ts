import { findInvalidUtf8 } from '@flownexus/senml';
import { exactInteger } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { decodeError, encodeError } from './format.ts';
import { readUnsigned } from './tlv-reader.ts';
import type { TlvWriter } from './tlv-writer.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to this length a loop over the bytes is faster than the decoder of the platform. */
const SHORT_TEXT = 32;

/**
 * Reads a value of a TLV by the declared type (TS Core, Appendix C); without one it is opaque, as TLV does not describe
 * itself. Text that is not UTF-8 is kept as opaque too.
 *
 * @throws DecodeError when the length is none that the type has
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
    case 'corelnk': {
      const text = readText(bytes, start, end);
      if (text === undefined) break;
      return { type: declared, value: text };
    }
    case 'integer':
    case 'time':
    case 'unsignedInteger':
      return { type: declared, value: readInteger(bytes, start, length, declared === 'unsignedInteger') };
    case 'float': {
      if (length !== 4 && length !== 8) throw wrongLength('4 or 8 bytes of a float', length, start);
      const view = viewOf(bytes, start, length);
      return { type: 'float', value: length === 4 ? view.getFloat32(0) : view.getFloat64(0) };
    }
    case 'boolean':
      if (length !== 1) throw wrongLength('1 byte of a boolean', length, start);
      if ((bytes[start] ?? 0) > 1) throw decodeError('0 or 1', 'another byte', start);
      return { type: 'boolean', value: bytes[start] === 1 };
    case 'objlnk': {
      if (length !== 4) throw wrongLength('4 bytes of an object link', length, start);
      const objectId = readUnsigned(bytes, start, 2);
      return { type: 'objlnk', value: { objectId, objectInstanceId: readUnsigned(bytes, start + 2, 2) } };
    }
    case 'opaque':
    case 'none':
    case undefined:
      break;
  }
  return { type: 'opaque', value: bytes.slice(start, end) };
}

/**
 * Writes a value in front of what the writer has.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE` for a time with a fraction
 */
export function writeTlvValue(writer: TlvWriter, value: EncodableValue, type: ResourceType): void {
  switch (value.kind) {
    case 'text':
      writer.writeText(value.text);
      return;
    case 'integer':
      writeInteger(writer, value.integer);
      return;
    case 'float':
      if (type === 'time') throw encodeError('expected a time in whole seconds for TLV, found a fraction');
      writer.writeFloat(value.float);
      return;
    case 'boolean':
      writer.writeUnsigned(value.boolean ? 1 : 0, 1);
      return;
    case 'bytes':
      writer.writeBytes(value.bytes);
      return;
    case 'link':
      writer.writeUnsigned(value.link.objectInstanceId, 2);
      writer.writeUnsigned(value.link.objectId, 2);
  }
}

/** The text of UTF-8 bytes; undefined when they are none. */
function readText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_TEXT) {
    let text = '';
    let offset = start;
    for (; offset < end; offset += 1) {
      const byte = bytes[offset] ?? 0;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (offset === end) return text;
  }
  return findInvalidUtf8(bytes, start, end) >= 0 ? undefined : textDecoder.decode(bytes.subarray(start, end));
}

function readInteger(bytes: Uint8Array, start: number, length: number, unsigned: boolean): number | bigint {
  switch (length) {
    case 1:
    case 2:
    case 4: {
      const value = readUnsigned(bytes, start, length);
      return unsigned || value < 2 ** (length * 8 - 1) ? value : value - 2 ** (length * 8);
    }
    case 8: {
      const view = viewOf(bytes, start, 8);
      return exactInteger(unsigned ? view.getBigUint64(0) : view.getBigInt64(0));
    }
    default:
      throw wrongLength('1, 2, 4 or 8 bytes of an integer', length, start);
  }
}

/**
 * The fewest of 1, 2, 4 and 8 bytes that give the value back with a sign, and so without: Leshan takes unsigned integers
 * for ones with a sign, 255 in one byte for -1.
 */
function writeInteger(writer: TlvWriter, integer: number | bigint): void {
  for (const length of [1, 2, 4] as const) {
    const limit = 2 ** (length * 8 - 1);
    if (integer < limit && integer >= -limit) {
      writer.writeUnsigned(Number(integer), length);
      return;
    }
  }
  writer.writeInt64(BigInt(integer));
}

function viewOf(bytes: Uint8Array, start: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start, length);
}

function wrongLength(expected: string, found: number, offset: number): Error {
  return decodeError(expected, `${String(found)} bytes`, offset);
}
