import { copyOf } from '../copy-of.ts';
import { findInvalidUtf8 } from '@flownexus/senml';
import { DecodeError } from '../errors.ts';
import { MAX_LINK_ATTRIBUTES, MAX_LINK_FORMAT_LENGTH, MAX_LINKS } from '../limits.ts';
import { BLANK, isA, isControl, isInRange, isToken, NAME, scanTarget, TOKEN } from './grammar.ts';
import type { Link } from './link.ts';

/** A deviation from RFC 6690 that was tolerated. */
export interface LinkFormatWarning {
  /** What was expected and what was found, in words. */
  readonly message: string;
  /** From the start of the document: in bytes of one that was given as bytes, in characters of text. */
  readonly offset: number;
}

export interface LinkFormatOptions {
  /** Takes the grammar of RFC 6690 at its word and tolerates nothing. */
  readonly strict?: boolean;
  /** Hears of each deviation that was tolerated. */
  readonly onWarning?: (warning: LinkFormatWarning) => void;
}

interface Cursor {
  readonly text: string;
  /** True when offsets in the text are not those in the bytes that it was decoded from. */
  readonly hasWideCharacters: boolean;
  /** A pair of offsets that belong together, near the last one that was asked for. */
  textOffset: number;
  byteOffset: number;
  readonly strict: boolean;
  readonly onWarning: ((warning: LinkFormatWarning) => void) | undefined;
  offset: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;

function noAttributes(): Record<string, string | true> {
  return Object.create(null) as Record<string, string | true>;
}

// Most links have none: they share one record.
const NO_ATTRIBUTES: Readonly<Record<string, string | true>> = Object.freeze(noAttributes());

/**
 * Parses a link-format document as LwM2M uses it: the objects of a Register or Update, or the answer to a Discover.
 * Targets are absolute paths, since a device lists only what is its own.
 *
 * Without `strict`, and with a warning each: blanks beside commas and after semicolons, empty items and attributes,
 * unquoted values that are empty or have blanks or backslashes, a slash at the end of a target (dropped), a repeated
 * attribute (the first counts), and the list of LwM2M 1.0 that starts with `lwm2m="1.0"` in place of a root link.
 *
 * @throws DecodeError `ERR_LWM2M_LINK_FORMAT` with the offset in bytes of a document that was given as bytes, in
 * characters of text
 */
export function parseLinkFormat(document: string | Uint8Array, options: LinkFormatOptions = {}): readonly Link[] {
  const text = decodeText(document);
  const cursor: Cursor = {
    text,
    hasWideCharacters: text.length !== document.length,
    textOffset: 0,
    byteOffset: 0,
    strict: options.strict === true,
    onWarning: options.onWarning,
    offset: 0,
  };
  const links: Link[] = [];
  skipBlanks(cursor);
  if (cursor.offset === text.length) return links;
  for (;;) {
    if (text.charCodeAt(cursor.offset) === COMMA) {
      tolerate(cursor, 'a link', 'an empty item');
    } else {
      if (links.length === MAX_LINKS) throw broken(cursor, `at most ${MAX_LINKS} links`, 'another');
      links.push(parseLink(cursor, links.length === 0));
      skipBlanks(cursor);
      if (cursor.offset === text.length) return links;
      if (text.charCodeAt(cursor.offset) !== COMMA) throw broken(cursor, 'a comma or the end', 'another character');
    }
    cursor.offset += 1;
    skipBlanks(cursor);
    // A list that ends in a comma may have been cut off, so that is never tolerated.
    if (cursor.offset === text.length) throw broken(cursor, 'a link after a comma', 'the end');
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeText(document: string | Uint8Array): string {
  if (document.length > MAX_LINK_FORMAT_LENGTH) {
    throw linkError(`a length up to ${MAX_LINK_FORMAT_LENGTH}`, 'a greater one', MAX_LINK_FORMAT_LENGTH);
  }
  if (typeof document === 'string') return document;
  const invalid = findInvalidUtf8(document, 0, document.length);
  if (invalid >= 0) throw linkError('UTF-8', 'other bytes', invalid);
  return utf8.decode(document);
}

function parseLink(cursor: Cursor, first: boolean): Link {
  if (first && cursor.text.startsWith('lwm2m', cursor.offset)) {
    // The Bootstrap-Discover of LwM2M 1.0 (TS 1.0 §5.2.7.3) has no URI in front of its first attributes.
    tolerate(cursor, '"<"', 'the attribute lwm2m');
    return { target: '/', attributes: parseAttributes(cursor) };
  }
  const target = parseTarget(cursor);
  if (cursor.text.charCodeAt(cursor.offset) !== SEMICOLON) return { target, attributes: NO_ATTRIBUTES };
  cursor.offset += 1;
  return { target, attributes: parseAttributes(cursor) };
}

function parseTarget(cursor: Cursor): string {
  if (cursor.text.charCodeAt(cursor.offset) !== LESS) throw broken(cursor, '"<"', foundAt(cursor, cursor.offset));
  const start = cursor.offset + 1;
  if (cursor.text.charCodeAt(start) !== SLASH) throw broken(cursor, 'an absolute path', foundAt(cursor, start), start);
  const end = scanTarget(cursor.text, start);
  if (cursor.text.charCodeAt(end) !== GREATER) throw broken(cursor, 'a path and ">"', foundAt(cursor, end), end);
  cursor.offset = end + 1;
  if (end - start > 1 && cursor.text.charCodeAt(end - 1) === SLASH) {
    tolerate(cursor, 'a path without a slash at its end', 'one', end - 1);
    return copyOf(cursor.text.slice(start, end - 1));
  }
  return copyOf(cursor.text.slice(start, end));
}

function parseAttributes(cursor: Cursor): Readonly<Record<string, string | true>> {
  const attributes = noAttributes();
  let count = 0;
  for (;;) {
    skipBlanks(cursor);
    const start = cursor.offset;
    const next = cursor.text.charCodeAt(start);
    if (next === SEMICOLON || next === COMMA || start === cursor.text.length) {
      tolerate(cursor, 'an attribute', 'none');
    } else {
      count += 1;
      if (count > MAX_LINK_ATTRIBUTES) {
        throw broken(cursor, `at most ${MAX_LINK_ATTRIBUTES} attributes`, 'another', start);
      }
      const name = parseName(cursor);
      const value = parseOptionalValue(cursor);
      if (!isInRange(name, value)) throw broken(cursor, 'a value in the range of its attribute', 'another', start);
      if (attributes[name] === undefined) attributes[name] = value;
      else tolerate(cursor, 'each attribute once', 'a repeated one', start);
    }
    if (cursor.text.charCodeAt(cursor.offset) !== SEMICOLON) return attributes;
    cursor.offset += 1;
  }
}

function parseName(cursor: Cursor): string {
  const start = cursor.offset;
  while (isA(NAME, cursor.text.charCodeAt(cursor.offset))) cursor.offset += 1;
  if (cursor.offset === start) throw broken(cursor, 'the name of an attribute', foundAt(cursor, start), start);
  return copyOf(cursor.text.slice(start, cursor.offset));
}

function parseOptionalValue(cursor: Cursor): string | true {
  if (cursor.text.charCodeAt(cursor.offset) !== EQUALS) return true;
  cursor.offset += 1;
  return cursor.text.charCodeAt(cursor.offset) === QUOTE ? parseQuoted(cursor) : parseToken(cursor);
}

function parseQuoted(cursor: Cursor): string {
  const { text } = cursor;
  let value = '';
  let start = cursor.offset + 1;
  for (let offset = start; offset < text.length; offset += 1) {
    const character = text.charCodeAt(offset);
    if (character === QUOTE) {
      cursor.offset = offset + 1;
      return copyOf(value + text.slice(start, offset));
    }
    if (character === BACKSLASH) {
      value += text.slice(start, offset);
      offset += 1;
      start = offset;
    }
    if (isControl(text.charCodeAt(offset))) throw broken(cursor, 'text in quotes', 'a control character', offset);
  }
  throw broken(cursor, 'a closing quote', 'the end', text.length);
}

function parseToken(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.offset;
  let end = start;
  for (let offset = start; offset < text.length; offset += 1) {
    const character = text.charCodeAt(offset);
    if (character === COMMA || character === SEMICOLON) break;
    if (isA(TOKEN, character) || character === BACKSLASH) {
      if (character === LESS && offset > end) throw broken(cursor, 'a comma before the next link', 'none', offset);
      end = offset + 1;
    } else if (!isA(BLANK, character)) throw broken(cursor, 'a value of tokens', 'another character', offset);
  }
  cursor.offset = end;
  const value = copyOf(text.slice(start, end).trimStart());
  if (!isToken(value)) tolerate(cursor, 'a token or a quoted value', value === '' ? 'none' : 'other characters', start);
  return value;
}

function skipBlanks(cursor: Cursor): void {
  const start = cursor.offset;
  while (isA(BLANK, cursor.text.charCodeAt(cursor.offset))) cursor.offset += 1;
  if (cursor.offset > start) tolerate(cursor, 'no blanks between links and attributes', 'some', start);
}

function tolerate(cursor: Cursor, expected: string, found: string, offset: number = cursor.offset): void {
  if (cursor.strict) throw broken(cursor, expected, found, offset);
  cursor.onWarning?.({ message: `expected ${expected}, found ${found}`, offset: inputOffset(cursor, offset) });
}

function broken(cursor: Cursor, expected: string, found: string, offset: number = cursor.offset): DecodeError {
  return linkError(expected, found, inputOffset(cursor, offset));
}

function linkError(expected: string, found: string, offset: number): DecodeError {
  return new DecodeError('ERR_LWM2M_LINK_FORMAT', expected, found, offset);
}

function foundAt({ text }: Cursor, offset: number): string {
  return offset < text.length ? 'another character' : 'the end';
}

/**
 * The offset in what the caller gave. It walks from the last one, so that many warnings take no more than the document
 * is long; they may be out of order by the length of an attribute.
 */
function inputOffset(cursor: Cursor, offset: number): number {
  if (!cursor.hasWideCharacters) return offset;
  for (; cursor.textOffset < offset; cursor.textOffset += 1) {
    cursor.byteOffset += utf8Width(cursor.text.charCodeAt(cursor.textOffset));
  }
  for (; cursor.textOffset > offset; cursor.textOffset -= 1) {
    cursor.byteOffset -= utf8Width(cursor.text.charCodeAt(cursor.textOffset - 1));
  }
  return cursor.byteOffset;
}

/** Bytes of a UTF-16 unit in UTF-8: each half of a surrogate pair counts for half of the four. */
function utf8Width(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
}
