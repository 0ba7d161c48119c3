import { checkJsonSize, DEFAULT_LIMITS, findInvalidUtf8 } from '@flownexus/senml';
import { MAX_RECORDS } from '../limits.ts';
import { parseObjectLink } from '../object-link.ts';
import type { ObjectLink } from '../value.ts';
import { decodeError } from './format.ts';

/**
 * The value of an entry: a `bigint` is a number without fraction and exponent, a `number` one with either, or beyond 20
 * digits; text may be of a string, a Core Link or, in base64, of bytes.
 */
export type OmaJsonValue = bigint | number | boolean | string | ObjectLink;

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
}

type JsonObject = Readonly<Record<string, unknown>>;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

const INTEGER = /^-?\d{1,20}$/;
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
  // A literal such as 1e400 becomes Infinity.
  v: (value) => (typeof value === 'bigint' || Number.isFinite(value) ? (value as bigint | number) : undefined),
  bv: (value) => (typeof value === 'boolean' ? value : undefined),
  sv: (value) => (typeof value === 'string' ? value : undefined),
  ov: (value) => (typeof value === 'string' ? parseObjectLink(value) : undefined),
};

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the JSON of the format and checks the types of its fields. Fields that the format does not have are left out.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`, SenmlError `ERR_SENML_LIMIT`
 */
export function readOmaJson(bytes: Uint8Array): OmaJsonDocument {
  const document = requireObject(parse(decodeUtf8(bytes)), 'as the document');
  const entries = document['e'];
  if (!Array.isArray(entries)) throw decodeError('an array as e', entries === undefined ? 'none' : 'another value', 0);
  if (entries.length > MAX_RECORDS) throw decodeError(`at most ${String(MAX_RECORDS)} values`, 'more', 0);
  const baseName = optionalText(document, 'bn', 'of the document');
  return {
    baseName: baseName === '' ? undefined : baseName,
    baseTime: optionalTime(document, 'bt', 'of the document'),
    entries: entries.map(readEntry),
  };
}

function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length > DEFAULT_LIMITS.maxBytes) {
    throw decodeError(`at most ${String(DEFAULT_LIMITS.maxBytes)} bytes`, 'more', 0);
  }
  const invalid = findInvalidUtf8(bytes, 0, bytes.length);
  if (invalid >= 0) throw decodeError('UTF-8', 'other bytes', invalid);
  return textDecoder.decode(bytes);
}

/** JSON in which a key occurs once per object, with integers as `bigint`. */
function parse(text: string): unknown {
  checkJsonSize(text, DEFAULT_LIMITS);
  let members = 0;
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value === 'number') {
      const source = context?.source ?? '';
      return INTEGER.test(source) ? BigInt(source) : value;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) members += Object.keys(value).length;
    return value;
  };
  let document: unknown;
  try {
    document = JSON.parse(text, revive);
  } catch {
    // The engine's own error would quote the document.
    throw decodeError('JSON', 'other text', 0);
  }
  // RFC 8259 §4: which of several equal keys counts is not defined; the engine keeps the last one silently.
  if (members !== countColons(text)) throw decodeError('distinct keys in an object', 'one twice', 0);
  return document;
}

/** The colons outside of strings: one per member of an object. */
function countColons(json: string): number {
  let count = 0;
  let inString = false;
  for (let offset = 0; offset < json.length; offset += 1) {
    const unit = json.charCodeAt(offset);
    if (inString && unit === BACKSLASH) offset += 1;
    else if (unit === QUOTE) inString = !inString;
    else if (unit === COLON && !inString) count += 1;
  }
  return count;
}

function readEntry(item: unknown, index: number): OmaJsonEntry {
  const place = `in record ${String(index)}`;
  const entry = requireObject(item, place);
  return {
    name: optionalText(entry, 'n', place) ?? '',
    time: optionalTime(entry, 't', place),
    value: readValue(entry, place),
  };
}

function readValue(entry: JsonObject, place: string): OmaJsonValue {
  const labels = LABELS.filter((label) => entry[label] !== undefined);
  const [label] = labels;
  if (label === undefined) throw decodeError('a value', `none ${place}`, 0);
  if (labels.length > 1) throw decodeError('one value', `several ${place}`, 0);
  const value = READERS[label](entry[label]);
  if (value === undefined) throw decodeError(`${EXPECTED[label]} as ${label}`, `something else ${place}`, 0);
  return value;
}

function requireObject(value: unknown, place: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw decodeError('an object', `another value ${place}`, 0);
  }
  return value as JsonObject;
}

function optionalText(object: JsonObject, label: string, place: string): string | undefined {
  const value = object[label];
  if (value === undefined || typeof value === 'string') return value;
  throw decodeError(`a string as ${label}`, `something else ${place}`, 0);
}

function optionalTime(object: JsonObject, label: string, place: string): number | undefined {
  const value = object[label];
  if (value === undefined) return undefined;
  if (typeof value !== 'bigint' && typeof value !== 'number') {
    throw decodeError(`a number as ${label}`, `something else ${place}`, 0);
  }
  return Number(value);
}
