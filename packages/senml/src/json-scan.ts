import { SenmlError } from './errors.ts';
import { MAX_NESTING } from './limits.ts';
import type { CborLimits } from './limits.ts';

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

/** What {@link scanJson} saw, if the text turns out to be JSON. */
export interface JsonScan {
  /** Members of all objects together. */
  readonly members: number;
  /** The numbers, without their signs, that a double does not tell all about: integral floats and many digits. */
  readonly numbers: readonly NumberSpan[] | undefined;
}

/** Where a number starts and ends, in UTF-16 units. */
export interface NumberSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Bounds nesting and items before the text is parsed, and says what the parsed value will not.
 *
 * @throws SenmlError `ERR_SENML_LIMIT`, with the offset in UTF-16 units
 */
export function scanJson(text: string, limits: CborLimits): JsonScan {
  const maxNesting = Math.min(limits.maxNesting, MAX_NESTING);
  const { maxItems } = limits;
  let depth = 0;
  let items = 1;
  let members = 0;
  let numbers: NumberSpan[] | undefined;
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
      const start = offset;
      offset = endOfDigits(text, start);
      if (offset - start >= MANY_DIGITS || isOfNumber(text.charCodeAt(offset))) {
        const integerEnd = offset;
        offset = endOfNumber(text, integerEnd);
        if (needsSource(text, start, integerEnd, offset)) {
          numbers ??= [];
          numbers.push({ start, end: offset });
        }
      }
      offset -= 1;
    } else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      depth += 1;
      if (depth > maxNesting) throw tooMuch('levels of nesting', maxNesting, offset);
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) {
      depth -= 1;
    }
  }
  return { members, numbers };
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

function endOfDigits(text: string, start: number): number {
  let offset = start + 1;
  while (isDigit(text.charCodeAt(offset))) offset += 1;
  return offset;
}

/** The offset behind a number whose integral part has been passed. */
function endOfNumber(text: string, start: number): number {
  let offset = start;
  while (isOfNumber(text.charCodeAt(offset))) offset += 1;
  return offset;
}

/**
 * Only with 16 digits can an integer be beyond 2^53; floats are integral with zeros behind the point or an exponent. All
 * others are at most 10^15.
 */
function needsSource(text: string, start: number, integerEnd: number, end: number): boolean {
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

function tooMuch(what: string, limit: number, offset: number): SenmlError {
  return new SenmlError('ERR_SENML_LIMIT', `at most ${String(limit)} ${what}`, 'more', { offset });
}
