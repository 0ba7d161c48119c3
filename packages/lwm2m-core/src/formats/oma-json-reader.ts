import { CborFloat, decodeJson, DEFAULT_LIMITS, findInvalidUtf8, jsonByteOffset, SenmlError } from '@flownexus/senml';
import { MAX_RECORDS } from '../limits.ts';
import { parseObjectLink } from '../object-link.ts';
import type { ObjectLink } from '../value.ts';
import { decodeError } from './format.ts';
import { entryOffset } from './json-offset.ts';

/**
 * The value of an entry. Integers beyond 2^53 are a `bigint`, integral numbers with a fraction or an exponent a
 * `CborFloat`; text may be of a string, a Core Link or, in base64, of bytes.
 */
export type OmaJsonValue = number | bigint | CborFloat | boolean | string | ObjectLink;

/** One entry of `e`. */
export interface OmaJsonEntry {
  /** `n`, empty when it is not there. */
  readonly name: string;
  /** `t` in seconds. */
  readonly time: number | undefined;
  readonly value: OmaJsonValue;
}

/** A document before names and times are resolved. */
export interface OmaJsonDocument {
  /** `bn`; undefined when it is empty or not there. */
  readonly baseName: string | undefined;
  /** `bt` in seconds. */
  readonly baseTime: number | undefined;
  readonly entries: readonly OmaJsonEntry[];
  /** Where an entry, counted from 0, starts, in bytes. */
  readonly offsetOf: (index: number) => number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** A document while it is read. */
interface Reading {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The entry that is read, for errors; -1 before the first one. */
  index: number;
}

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON of the format and checks the types of its fields. Fields that the format does not have are left out.
 *
 * @throws DecodeError
 */
export function readOmaJson(bytes: Uint8Array): OmaJsonDocument {
  const text = decodeUtf8(bytes);
  const reading: Reading = { bytes, text, index: -1 };
  const document = requireObject(reading, parse(text, bytes));
  const { bn, bt, e: items } = document;
  if (!Array.isArray(items)) throw decodeError('an array as e', items === undefined ? 'none' : 'another value', 0);
  const offsetOf = (index: number): number => jsonByteOffset(bytes, text, entryOffset(text, index));
  if (items.length > MAX_RECORDS) {
    throw decodeError(`at most ${String(MAX_RECORDS)} values`, 'more', offsetOf(MAX_RECORDS));
  }
  const baseName = optionalText(reading, 'bn', bn);
  const baseTime = optionalTime(reading, 'bt', bt);
  const entries: OmaJsonEntry[] = [];
  for (const item of items) {
    reading.index = entries.length;
    entries.push(readEntry(reading, item));
  }
  return { baseName: baseName === '' ? undefined : baseName, baseTime, entries, offsetOf };
}

function decodeUtf8(bytes: Uint8Array): string {
  const { maxBytes } = DEFAULT_LIMITS;
  if (bytes.length > maxBytes) throw decodeError(`at most ${String(maxBytes)} bytes`, 'more', maxBytes);
  try {
    return textDecoder.decode(bytes);
  } catch (cause) {
    throw decodeError('UTF-8', 'other bytes', findInvalidUtf8(bytes, 0, bytes.length), cause);
  }
}

function parse(text: string, bytes: Uint8Array): unknown {
  try {
    return decodeJson(text);
  } catch (error) {
    if (!(error instanceof SenmlError)) throw error;
    throw decodeError(error.expected, error.found, jsonByteOffset(bytes, text, error.offset ?? 0), error);
  }
}

function readEntry(reading: Reading, item: unknown): OmaJsonEntry {
  const entry = requireObject(reading, item);
  const { n, t } = entry;
  return {
    name: optionalText(reading, 'n', n) ?? '',
    time: optionalTime(reading, 't', t),
    value: readValue(reading, entry),
  };
}

function readValue(reading: Reading, { v, bv, sv, ov }: JsonObject): OmaJsonValue {
  const values = countPresent(v) + countPresent(bv) + countPresent(sv) + countPresent(ov);
  if (values === 0) throw errorAt(reading, 'a value', 'none');
  if (values > 1) throw errorAt(reading, 'one value', 'several');
  if (v !== undefined) {
    // A literal such as 1e400 becomes Infinity.
    if (typeof v === 'bigint' || v instanceof CborFloat || (typeof v === 'number' && Number.isFinite(v))) return v;
    throw wrongType(reading, 'a number that a double holds', 'v');
  }
  if (bv !== undefined) {
    if (typeof bv === 'boolean') return bv;
    throw wrongType(reading, 'a boolean', 'bv');
  }
  if (sv !== undefined) {
    if (typeof sv === 'string') return sv;
    throw wrongType(reading, 'a string', 'sv');
  }
  const link = typeof ov === 'string' ? parseObjectLink(ov) : undefined;
  if (link !== undefined) return link;
  throw wrongType(reading, 'two ids', 'ov');
}

function countPresent(value: unknown): number {
  return value === undefined ? 0 : 1;
}

function requireObject(reading: Reading, value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof CborFloat) {
    throw errorAt(reading, 'an object', 'another value');
  }
  return value as JsonObject;
}

function optionalText(reading: Reading, label: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(reading, 'a string', label);
}

function optionalTime(reading: Reading, label: string, value: unknown): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw wrongType(reading, 'a number', label);
}

function wrongType(reading: Reading, expected: string, label: string): Error {
  return errorAt(reading, `${expected} as ${label}`, 'something else');
}

function errorAt({ bytes, text, index }: Reading, expected: string, found: string): Error {
  return decodeError(expected, found, index < 0 ? 0 : jsonByteOffset(bytes, text, entryOffset(text, index)));
}
