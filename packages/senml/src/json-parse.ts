import { CborFloat } from './cbor-values.ts';
import { SenmlError } from './errors.ts';
import { findJsonError } from './json-error.ts';
import { DEFAULT_LIMITS, MAX_NESTING } from './limits.ts';
import type { CborLimits } from './limits.ts';
import { MAX_INTEGER, MIN_INTEGER, narrowInteger } from './numbers.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const MANY_DIGITS = 16;

const INTEGER = /^-?\d{16,20}$/;
const FRACTION_OR_EXPONENT = /[.eE]/;

/** What {@link scanJson} saw, if the text turns out to be JSON. */
export interface JsonScan {
  /** Members of all objects together. */
  readonly members: number;
  /** True when there is a number that a double does not tell all about: many digits, or an integral float. */
  readonly needsSource: boolean;
}

/**
 * Bounds nesting and items before the text is parsed, as a reviver recurses and is called for each of them.
 *
 * @throws SenmlError `ERR_SENML_LIMIT`, with the offset in UTF-16 units
 */
export function scanJson(text: string, limits: CborLimits): JsonScan {
  const maxNesting = Math.min(limits.maxNesting, MAX_NESTING);
  const { maxItems } = limits;
  let depth = 0;
  let items = 1;
  let members = 0;
  let needsSource = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit === QUOTE) {
      offset = endOfString(text, offset);
    } else if (unit === COLON) {
      members += 1;
    } else if (unit === COMMA) {
      items += 1;
      if (items > maxItems) throw tooMuch('items', maxItems, offset);
    } else if (isDigit(unit)) {
      const end = endOfNumber(text, offset);
      needsSource ||= numberNeedsSource(text, offset, end);
      offset = end - 1;
    } else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      depth += 1;
      if (depth > maxNesting) throw tooMuch('levels of nesting', maxNesting, offset);
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) {
      depth -= 1;
    }
  }
  return { members, needsSource };
}

/** Where the items of the array begin that a parsed document is. */
export function jsonItemOffsets(text: string): number[] {
  const offsets: number[] = [];
  let depth = 0;
  let isStart = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (isStart && !isSpace(unit)) {
      offsets.push(offset);
      isStart = false;
    }
    if (unit === QUOTE) offset = endOfString(text, offset);
    else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) depth += 1;
    else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) depth -= 1;
    if (depth === 1 && (unit === COMMA || unit === OPEN_BRACKET)) isStart = true;
  }
  return offsets;
}

/**
 * Parses JSON with integers of up to 64 bits exact: beyond the safe range they come as `bigint`. A `v` or `bv` that is
 * integral but written with a fraction or an exponent comes as {@link CborFloat}.
 *
 * @throws SenmlError `ERR_SENML_JSON`, with the offset
 */
export function parseJson(text: string, { needsSource }: JsonScan): unknown {
  try {
    const value: unknown = needsSource ? JSON.parse(text, reviveNumber) : JSON.parse(text);
    return value;
  } catch {
    // The engine's own error would quote the document.
    throw new SenmlError('ERR_SENML_JSON', 'JSON', 'other text', { offset: findJsonError(text) });
  }
}

/**
 * Decodes any JSON within the limits, integers of up to 64 bits exact, with distinct names in its objects.
 *
 * @throws SenmlError `ERR_SENML_JSON` or `ERR_SENML_LIMIT`, with the offset in UTF-16 units
 */
export function decodeJson(text: string, limits: CborLimits = DEFAULT_LIMITS): unknown {
  const scan = scanJson(text, limits);
  const value = parseJson(text, scan);
  // RFC 8259 §4: which of several equal names counts is not defined; the engine keeps the last one silently.
  if (countMembers(value) !== scan.members) {
    throw new SenmlError('ERR_SENML_JSON', 'distinct names in an object', 'one twice', { offset: 0 });
  }
  return value;
}

/** Members of the value and of all objects in it. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof CborFloat) return 0;
  const values: unknown[] = Object.values(value);
  let members = Array.isArray(value) ? 0 : values.length;
  for (const item of values) members += countMembers(item);
  return members;
}

/** The offset of the quote that ends the string. */
function endOfString(text: string, start: number): number {
  let offset = start + 1;
  for (; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit === QUOTE) return offset;
    if (unit === BACKSLASH) offset += 1;
  }
  return offset;
}

/** The offset behind a number of which some digits may have been passed. */
function endOfNumber(text: string, start: number): number {
  let offset = start + 1;
  while (offset < text.length && isOfNumber(text.charCodeAt(offset))) offset += 1;
  return offset;
}

/** Only with 16 digits can an integer be beyond 2^53; floats are integral with zeros behind the point or an exponent. */
function numberNeedsSource(text: string, start: number, end: number): boolean {
  let integerEnd = start;
  while (integerEnd < end && isDigit(text.charCodeAt(integerEnd))) integerEnd += 1;
  if (integerEnd - start >= MANY_DIGITS) return true;
  let onlyZeros = integerEnd < end;
  for (let offset = integerEnd; offset < end; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit > NINE) return true;
    if (unit !== ZERO && unit !== POINT) onlyZeros = false;
  }
  return onlyZeros;
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE;
}

/** Digits, `.`, `e`, `E`, `+` and `-`. */
function isOfNumber(unit: number): boolean {
  return isDigit(unit) || unit === POINT || unit === 0x65 || unit === 0x45 || unit === 0x2b || unit === 0x2d;
}

/** RFC 8259 §2. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

function reviveNumber(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  const source = context?.source;
  if (source === undefined) return value;
  if (FRACTION_OR_EXPONENT.test(source)) return key === 'v' || key === 'bv' ? new CborFloat(value) : value;
  if (Number.isSafeInteger(value) || !INTEGER.test(source)) return value;
  const integer = BigInt(source);
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER ? narrowInteger(integer) : value;
}

function tooMuch(what: string, limit: number, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset });
}
