import { decodeBase64, encodeBase64, findInvalidUtf8 } from '@flownexus/senml';
import { formatDecimal, parseDecimal } from '../decimal.ts';
import { formatObjectLink, parseObjectLink } from '../object-link.ts';
import { exactInteger, isIntegerOf } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { decodeError, encodeError } from './format.ts';

// A byte order mark is part of the value.
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textEncoder = new TextEncoder();

const INTEGER = /^[+-]?\d{1,40}(?:\.0{0,40})?$/;

/**
 * Decodes a `text/plain` payload (TS Core, Appendix C) by the declared type; without one it is a string. The format does
 * not describe itself, so text that is none of the declared type is refused.
 *
 * @throws DecodeError
 */
export function decodeText(bytes: Uint8Array, declared: ResourceType | undefined): TypedValue {
  const text = decodeUtf8(bytes);
  switch (declared) {
    case 'integer':
    case 'unsignedInteger':
      return { type: declared, value: parseInteger(text, declared) };
    case 'time':
      return { type: 'time', value: INTEGER.test(text) ? parseInteger(text, 'time') : parseFloatText(text) };
    case 'float':
      return { type: 'float', value: parseFloatText(text) };
    case 'boolean':
      if (text !== '0' && text !== '1') throw decodeError('0 or 1 as text of a boolean', 'other text', 0);
      return { type: 'boolean', value: text === '1' };
    case 'opaque': {
      const value = decodeBase64(text);
      if (value === undefined) throw decodeError('base64 as text of an opaque value', 'other text', 0);
      return { type: 'opaque', value };
    }
    case 'objlnk': {
      const value = parseObjectLink(text);
      if (value === undefined) throw decodeError('two ids as text of an object link', 'other text', 0);
      return { type: 'objlnk', value };
    }
    case 'corelnk':
      return { type: 'corelnk', value: text };
    case 'string':
    case 'none':
    case undefined:
      return { type: 'string', value: text };
  }
}

/** @throws Lwm2mError `ERR_LWM2M_ENCODE` for a float that is not finite */
export function encodeText(value: EncodableValue): Uint8Array {
  return textEncoder.encode(formatValue(value));
}

function formatValue(value: EncodableValue): string {
  switch (value.kind) {
    case 'text':
      return value.text;
    case 'integer':
      return value.integer.toString();
    case 'float':
      if (!Number.isFinite(value.float)) throw encodeError('expected a finite number for text, found another');
      return formatDecimal(value.float);
    case 'boolean':
      return value.boolean ? '1' : '0';
    case 'bytes':
      return encodeBase64(value.bytes, 'standardPadded');
    case 'link':
      return formatObjectLink(value.link);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch (cause) {
    throw decodeError('UTF-8', 'other bytes', findInvalidUtf8(bytes, 0, bytes.length), cause);
  }
}

function parseInteger(text: string, type: 'integer' | 'unsignedInteger' | 'time'): number | bigint {
  if (!INTEGER.test(text)) throw decodeError('digits as text of an integer', 'other text', 0);
  const integer = BigInt(text.replace(/^\+|\..*$/g, ''));
  if (!isIntegerOf(type, integer)) throw decodeError('an integer of 64 bits', 'a longer one', 0);
  return exactInteger(integer);
}

function parseFloatText(text: string): number {
  const value = parseDecimal(text);
  if (value === undefined) throw decodeError('a number as text', 'other text', 0);
  return value;
}
