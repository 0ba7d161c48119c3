import { CborFloat, decodeJson, DEFAULT_LIMITS, findInvalidUtf8, SenmlError } from '@flownexus/senml';
import { MAX_RECORDS } from '../limits.ts';
import { parseObjectLink } from '../object-link.ts';
import type { ObjectLink } from '../value.ts';
import { decodeError } from './format.ts';
import { byteOffset, entryOffset } from './json-offset.ts';

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

const LABELS = ['v', 'bv', 'sv', 'ov'] as const;
type Label = (typeof LABELS)[number];

const EXPECTED: Readonly<Record<Label, string>> = {
  v: 'a number that a double holds',
  bv: 'a boolean',
  sv: 'a string',
  ov: 'two ids',
};

/** What is there as the value under a label, undefined when it has no place there. */
const READERS: Readonly<Record<Label, (value: unknown) => OmaJsonValue | undefined>> = {
  v: readNumber,
  bv: (value) => (typeof value === 'boolean' ? value : undefined),
  sv: (value) => (typeof value === 'string' ? value : undefined),
  ov: (value) => (typeof value === 'string' ? parseObjectLink(value) : undefined),
};

const textDecoder = new TextDecoder('utf-8', { fatal: true });
const atStart = (): number => 0;

/**
 * Reads the JSON of the format and checks the types of its fields. Fields that the format does not have are left out.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`
 */
export function readOmaJson(bytes: Uint8Array): OmaJsonDocument {
  const text = decodeUtf8(bytes);
  const document = requireObject(parse(text, bytes), atStart);
  const entries = document['e'];
  if (!Array.isArray(entries)) throw decodeError('an array as e', entries === undefined ? 'none' : 'another value', 0);
  const offsetOf = (index: number): number => byteOffset(bytes, text, entryOffset(text, index));
  if (entries.length > MAX_RECORDS) {
    throw decodeError(`at most ${String(MAX_RECORDS)} values`, 'more', offsetOf(MAX_RECORDS));
  }
  const baseName = optionalText(document, 'bn', atStart);
  return {
    baseName: baseName === '' ? undefined : baseName,
    baseTime: optionalTime(document, 'bt', atStart),
    entries: entries.map((entry, index) => readEntry(entry, () => offsetOf(index))),
    offsetOf,
  };
}

function decodeUtf8(bytes: Uint8Array): string {
  const { maxBytes } = DEFAULT_LIMITS;
  if (bytes.length > maxBytes) throw decodeError(`at most ${String(maxBytes)} bytes`, 'more', maxBytes);
  const invalid = findInvalidUtf8(bytes, 0, bytes.length);
  if (invalid >= 0) throw decodeError('UTF-8', 'other bytes', invalid);
  return textDecoder.decode(bytes);
}

function parse(text: string, bytes: Uint8Array): unknown {
  try {
    return decodeJson(text);
  } catch (error) {
    if (!(error instanceof SenmlError)) throw error;
    throw decodeError(error.expected, error.found, byteOffset(bytes, text, error.offset ?? 0), error);
  }
}

function readEntry(item: unknown, offset: () => number): OmaJsonEntry {
  const entry = requireObject(item, offset);
  return {
    name: optionalText(entry, 'n', offset) ?? '',
    time: optionalTime(entry, 't', offset),
    value: readValue(entry, offset),
  };
}

function readValue(entry: JsonObject, offset: () => number): OmaJsonValue {
  const labels = LABELS.filter((label) => entry[label] !== undefined);
  const [label] = labels;
  if (label === undefined) throw decodeError('a value', 'none', offset());
  if (labels.length > 1) throw decodeError('one value', 'several', offset());
  const value = READERS[label](entry[label]);
  if (value === undefined) throw decodeError(`${EXPECTED[label]} as ${label}`, 'something else', offset());
  return value;
}

function readNumber(value: unknown): OmaJsonValue | undefined {
  if (typeof value === 'bigint' || value instanceof CborFloat) return value;
  // A literal such as 1e400 becomes Infinity.
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function requireObject(value: unknown, offset: () => number): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof CborFloat) {
    throw decodeError('an object', 'another value', offset());
  }
  return value as JsonObject;
}

function optionalText(object: JsonObject, label: string, offset: () => number): string | undefined {
  const value = object[label];
  if (value === undefined || typeof value === 'string') return value;
  throw decodeError(`a string as ${label}`, 'something else', offset());
}

function optionalTime(object: JsonObject, label: string, offset: () => number): number | undefined {
  const value = object[label];
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw decodeError(`a number as ${label}`, 'something else', offset());
}
