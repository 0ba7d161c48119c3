import { absoluteTime, CborFloat, decodeBase64, DEFAULT_LIMITS, encodeBase64 } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { ResourceRecord } from '../node.ts';
import { formatObjectLink } from '../object-link.ts';
import { comparePaths, formatPath, pathLevel } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue, typeNumber, typeText } from '../typed-value.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { declaredType, decodeError, encodeError } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';
import { readOmaJson } from './oma-json-reader.ts';
import type { OmaJsonValue } from './oma-json-reader.ts';
import { baseOf } from './record-base.ts';
import { nameBelow, parseName, rootOf, withinRequest } from './record-path.ts';

const textEncoder = new TextEncoder();

/**
 * Decodes a payload of the JSON that LwM2M had before SenML (TS Core 1.0 §6.4.4, 1.2.2 §7.5.6). A name is the base name
 * and the name of the entry in one text, even where that joins two parts of an id. Without a base name, a name that
 * starts with a slash is a whole path and any other lies below the requested one. Times are seconds since 1970 when they
 * are from 2^28 on, else they count from `options.now`, as in SenML.
 *
 * @throws DecodeError
 */
export function decodeOmaJson(
  bytes: Uint8Array,
  path: Path,
  definitions: DefinitionSource | undefined,
  options: DecodeOptions,
): DecodedRecords {
  const document = readOmaJson(bytes);
  const root = rootOf(options.rootPath);
  const base = document.baseName ?? baseNameOf(path, root);
  const records: ResourceRecord[] = [];
  const seen: Seen = { records, keys: undefined };
  for (const entry of document.entries) {
    const fail: Fail = (expected, found, cause) =>
      decodeError(expected, found, document.offsetOf(records.length), cause);
    const isWhole = document.baseName === undefined && entry.name.startsWith('/');
    const named = pathOfRecord(isWhole ? entry.name : base + entry.name, path, root, fail);
    const recordPath = isNamedTwice(named, path, definitions) ? path : named;
    const time = timeOf(document.baseTime, entry.time, options.now, fail);
    if (isSecond(seen, recordPath, time)) throw fail('one value of a path for each time', 'a second one');
    const typed = typeValue(entry.value, declaredType(recordPath, definitions));
    if (typed === undefined) throw fail('an integer of 64 bits', 'a longer one');
    records.push({ path: recordPath, type: typed.type, value: typed.value, time });
  }
  return { records, containers: [] };
}

/**
 * Whether a Resource that was asked for alone, and has one value, has its id both in the base name and in the name, as Wakaama 1.0 writes it. There
 * can be no Resource Instance.
 */
function isNamedTwice(named: Path, requested: Path, definitions: DefinitionSource | undefined): boolean {
  const { objectId, resourceId, resourceInstanceId } = named;
  if (objectId === undefined || resourceId === undefined || resourceInstanceId !== resourceId) return false;
  return pathLevel(requested) === 3 && definitions?.resource(objectId, resourceId)?.multiple === false;
}

type Fail = (expected: string, found: string, cause?: unknown) => Error;

/** What there is before a record. */
interface Seen {
  readonly records: readonly ResourceRecord[];
  /** Of all records; undefined as long as they are in the order of their paths and times, as nearly all payloads are. */
  keys: Set<string> | undefined;
}

/** True when there is a record of that path and time already. */
function isSecond(seen: Seen, path: Path, time: number | undefined): boolean {
  const { records } = seen;
  if (seen.keys === undefined) {
    const last = records.at(-1);
    if (last === undefined) return false;
    const order = comparePaths(last.path, path) || (last.time ?? -Infinity) - (time ?? -Infinity);
    if (order < 0) return false;
    seen.keys = new Set(records.map((record) => keyOf(record.path, record.time)));
  }
  return seen.keys.size === seen.keys.add(keyOf(path, time)).size;
}

function keyOf(path: Path, time: number | undefined): string {
  return `${formatPath(path)} ${String(time)}`;
}

/** Times are made of base and entry as in SenML. */
function timeOf(
  baseTime: number | undefined,
  entryTime: number | undefined,
  now: number | undefined,
  fail: Fail,
): number | undefined {
  if (baseTime === undefined && entryTime === undefined) return undefined;
  const time = (baseTime ?? 0) + (entryTime ?? 0);
  if (!Number.isFinite(time)) throw fail('a finite time', 'another');
  return absoluteTime(time, now);
}

function pathOfRecord(name: string, requested: Path, root: string, fail: Fail): Path {
  const { maxNameLength } = DEFAULT_LIMITS;
  if (name.length > maxNameLength) {
    throw fail(`a name of up to ${String(maxNameLength)} characters`, 'a longer one');
  }
  let path: Path | undefined;
  try {
    path = withinRequest(parseName(name, root), requested);
  } catch (cause) {
    throw fail('a path as the name', 'another name', cause);
  }
  if (path === undefined) throw fail('a path at or below the requested one', 'another');
  if (path.resourceId === undefined) throw fail('the path of a Resource', 'one above');
  return path;
}

function baseNameOf(path: Path, root: string): string {
  const base = root + formatPath(path);
  return base.endsWith('/') ? base : `${base}/`;
}

/** Undefined for an integer of more than 64 bits. */
function typeValue(value: OmaJsonValue, declared: ResourceType | undefined): TypedValue | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return typeNumber(value, declared);
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'string') {
    const bytes = declared === 'opaque' ? decodeBase64(value) : undefined;
    return bytes === undefined ? typeText(value, declared) : { type: 'opaque', value: bytes };
  }
  return value instanceof CborFloat ? typeNumber(value.value, declared, true) : { type: 'objlnk', value };
}

/**
 * Encodes records. Their names are relative to a base name, the path; a single Resource has all of its name there.
 * Times go into a base time and differences to it when all records have one that is integral. Floats always have a
 * fraction or an exponent, bytes are base64 with padding.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE` for floats that JSON has no form for, and for an Object Instance without an id
 * @throws RangeError for a record outside of the path
 */
export function encodeOmaJson(
  records: readonly ResourceRecord[],
  path: Path,
  definitions: DefinitionSource | undefined,
  options: EncodeOptions,
): Uint8Array {
  const base = baseOf(records, path, options.rootPath, 'OMA JSON');
  let text = `{"bn":${JSON.stringify(base.name)},`;
  if (base.time !== undefined) text += `"bt":${formatNumber(base.time)},`;
  text += '"e":[';
  let isFirst = true;
  for (const record of records) {
    text += isFirst ? '{' : ',{';
    isFirst = false;
    const name = nameBelow(base.level, record.path);
    if (name !== '') text += `"n":"${name}",`;
    if (record.time !== undefined && record.time !== base.time) {
      text += `"t":${formatNumber(record.time - (base.time ?? 0))},`;
    }
    text += `${formatValue(record, definitions)}}`;
  }
  return textEncoder.encode(`${text}]}`);
}

function formatValue(record: ResourceRecord, definitions: DefinitionSource | undefined): string {
  const value = encodableValue(record.type, record.value, declaredType(record.path, definitions));
  switch (value.kind) {
    case 'text':
      return `"sv":${JSON.stringify(value.text)}`;
    case 'integer':
      return `"v":${String(value.integer)}`;
    case 'float': {
      const text = formatNumber(value.float);
      return Number.isInteger(value.float) && !text.includes('e') ? `"v":${text}.0` : `"v":${text}`;
    }
    case 'boolean':
      return `"bv":${String(value.boolean)}`;
    case 'bytes':
      return `"sv":"${encodeBase64(value.bytes, 'standardPadded')}"`;
    case 'link':
      return `"ov":"${formatObjectLink(value.link)}"`;
  }
}

function formatNumber(value: number): string {
  // RFC 8259 §6: JSON has neither infinities nor NaN.
  if (!Number.isFinite(value)) throw encodeError('expected a finite number for OMA JSON, found another');
  return Object.is(value, -0) ? '-0' : String(value);
}
