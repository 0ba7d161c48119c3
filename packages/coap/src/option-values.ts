import { Code } from './code.ts';
import { CoapError } from './errors.ts';
import { MAX_KNOWN_SEGMENT_LENGTH, MAX_KNOWN_SEGMENTS } from './limits.ts';
import { OptionNumber, optionDefinition } from './options.ts';
import type { CoapOption } from './message.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const MAX_UINT_LENGTH = 4;
const NO_BYTES = new Uint8Array(0);

/** The shortest form of an unsigned integer: 0 is the empty value (RFC 7252 §3.2). Throws `RangeError` outside 0 to 2^32-1. */
export function encodeUint(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`a uint option is an integer of 0 to 4294967295, not ${value}`);
  }
  if (value === 0) return NO_BYTES;
  const length = (39 - Math.clz32(value)) >>> 3;
  const bytes = new Uint8Array(length);
  for (let index = length - 1, rest = value; index >= 0; index--, rest >>>= 8) bytes[index] = rest & 0xff;
  return bytes;
}

/** The integer in a value of up to 4 bytes, leading zeros accepted (RFC 7252 §3.2). Throws `CoapError` `ERR_COAP_OPTION` beyond that. */
export function decodeUint(value: Uint8Array): number {
  if (value.length > MAX_UINT_LENGTH)
    throw badOption(`expected a uint option of at most ${MAX_UINT_LENGTH} bytes, found ${value.length}`);
  let result = 0;
  for (const byte of value) result = result * 256 + byte;
  return result;
}

/** The text of a string option. Throws `CoapError` `ERR_COAP_OPTION` when it isn't UTF-8 (RFC 7252 §3.2). */
export function decodeString(value: Uint8Array): string {
  const text = decodeUtf8(value);
  if (text === undefined) throw badOption('expected UTF-8 in a string option, found something else');
  return text;
}

/** The first option with a number. */
export function findOption(options: readonly CoapOption[], number: number): CoapOption | undefined {
  for (const option of options) if (option.number === number) return option;
  return undefined;
}

/** The integer of the first option with a number, undefined when there is none. Throws as `decodeUint`. */
export function uintOption(options: readonly CoapOption[], number: number): number | undefined {
  const option = findOption(options, number);
  return option === undefined ? undefined : decodeUint(option.value);
}

/** The texts of all options with a number, in order. Throws as `decodeString`. */
export function stringOptions(options: readonly CoapOption[], number: number): string[] {
  const texts: string[] = [];
  for (const option of options) if (option.number === number) texts.push(decodeString(option.value));
  return texts;
}

/** The values of all options with a number, in order. */
export function opaqueOptions(options: readonly CoapOption[], number: number): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (const option of options) if (option.number === number) values.push(option.value);
  return values;
}

/** A uint option. Throws `RangeError` for a value that doesn't fit the option. */
export function makeUintOption(number: number, value: number): CoapOption {
  return makeOption(number, encodeUint(value));
}

/** A string option. Throws `RangeError` for a text of a wrong length, `TypeError` for one that UTF-8 can't express. */
export function makeStringOption(number: number, text: string): CoapOption {
  return makeOption(number, encodeUtf8(text));
}

/** An option with a raw value. Throws `RangeError` for a length that its definition excludes (RFC 7252 §5.10), `TypeError` for what is no bytes. */
export function makeOption(number: number, value: Uint8Array): CoapOption {
  const definition = optionDefinition(number);
  checkBytes(definition?.name ?? `option ${number}`, value);
  if (definition !== undefined && (value.length < definition.minLength || value.length > definition.maxLength)) {
    throw new RangeError(
      `${definition.name} has ${definition.minLength} to ${definition.maxLength} bytes, not ${value.length}`,
    );
  }
  return { number, value };
}

/** Throws `TypeError` for a value that is no bytes: in plain JavaScript it would be encoded as something else. */
export function checkBytes(what: string, value: unknown): void {
  // Views of other kinds, and bytes of another realm, are bytes as well.
  if (ArrayBuffer.isView(value)) return;
  throw new TypeError(`${what} is a Uint8Array, not ${Object.prototype.toString.call(value).slice(8, -1)}`);
}

/** What {@link buildOptions} makes options of. */
export interface OptionFields {
  readonly path?: readonly string[] | undefined;
  readonly query?: readonly string[] | undefined;
  readonly contentFormat?: number | undefined;
  readonly accept?: number | undefined;
  readonly etag?: Uint8Array | undefined;
  readonly observe?: number | undefined;
  readonly maxAge?: number | undefined;
  readonly uriHost?: string | undefined;
  readonly uriPort?: number | undefined;
  readonly etags?: readonly Uint8Array[] | undefined;
  readonly ifMatch?: readonly Uint8Array[] | undefined;
  readonly ifNoneMatch?: boolean | undefined;
  readonly noResponse?: number | undefined;
  readonly locationPath?: readonly string[] | undefined;
  readonly locationQuery?: readonly string[] | undefined;
  /** Options that have no field here, in any order. */
  readonly options?: readonly CoapOption[] | undefined;
}

/**
 * A list of options in ascending order of their numbers. Throws `RangeError` for a value that doesn't fit its option,
 * and for the path segments `.` and `..` (RFC 7252 §5.10.1, §5.10.7). Lists have options in common: these are not to be changed.
 */
export function buildOptions(fields: OptionFields): CoapOption[] {
  const options: CoapOption[] = [];
  pushOpaque(options, OptionNumber.IF_MATCH, fields.ifMatch);
  if (fields.uriHost !== undefined) options.push(makeStringOption(OptionNumber.URI_HOST, fields.uriHost));
  pushOpaque(options, OptionNumber.ETAG, fields.etags);
  if (fields.etag !== undefined) options.push(makeOption(OptionNumber.ETAG, fields.etag));
  if (fields.ifNoneMatch === true) options.push(makeOption(OptionNumber.IF_NONE_MATCH, NO_BYTES));
  if (fields.observe !== undefined) options.push(makeUintOption(OptionNumber.OBSERVE, fields.observe));
  if (fields.uriPort !== undefined) options.push(makeUintOption(OptionNumber.URI_PORT, fields.uriPort));
  pushSegments(options, OptionNumber.LOCATION_PATH, fields.locationPath);
  pushSegments(options, OptionNumber.URI_PATH, fields.path);
  if (fields.contentFormat !== undefined)
    options.push(makeUintOption(OptionNumber.CONTENT_FORMAT, fields.contentFormat));
  if (fields.maxAge !== undefined) options.push(makeUintOption(OptionNumber.MAX_AGE, fields.maxAge));
  pushStrings(options, OptionNumber.URI_QUERY, fields.query);
  if (fields.accept !== undefined) options.push(makeUintOption(OptionNumber.ACCEPT, fields.accept));
  pushStrings(options, OptionNumber.LOCATION_QUERY, fields.locationQuery);
  if (fields.noResponse !== undefined) options.push(makeUintOption(OptionNumber.NO_RESPONSE, fields.noResponse));
  if (fields.options === undefined || fields.options.length === 0) return options;
  options.push(...fields.options);
  return options.sort((a, b) => a.number - b.number); // stable: repeated options keep their order
}

function pushSegments(options: CoapOption[], number: number, segments: readonly string[] | undefined): void {
  if (segments === undefined) return;
  for (const segment of segments) {
    if (segment === '.' || segment === '..') throw new RangeError('a path segment is not "." or ".."');
    options.push(
      segment.length > MAX_KNOWN_SEGMENT_LENGTH ? makeStringOption(number, segment) : known(number, segment),
    );
  }
}

/** Options of short path segments, such as those of LwM2M: they are the same ones again and again. */
const locations = new Map<string, CoapOption>();
const uris = new Map<string, CoapOption>();

function known(number: number, segment: string): CoapOption {
  const options = number === OptionNumber.URI_PATH ? uris : locations;
  let option = options.get(segment);
  if (option === undefined) {
    if (options.size >= MAX_KNOWN_SEGMENTS) options.clear();
    option = makeStringOption(number, segment);
    options.set(segment, option);
  }
  return option;
}

function pushStrings(options: CoapOption[], number: number, texts: readonly string[] | undefined): void {
  if (texts !== undefined) for (const text of texts) options.push(makeStringOption(number, text));
}

function pushOpaque(options: CoapOption[], number: number, values: readonly Uint8Array[] | undefined): void {
  if (values !== undefined) for (const value of values) options.push(makeOption(number, value));
}

function badOption(text: string): CoapError {
  return new CoapError('ERR_COAP_OPTION', text, { responseCode: Code.BAD_OPTION });
}
