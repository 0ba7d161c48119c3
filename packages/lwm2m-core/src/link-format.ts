import { Lwm2mError } from './errors.ts';
import { MAX_LINK_ATTRIBUTES, MAX_LINK_FORMAT_LENGTH, MAX_LINKS } from './limits.ts';

/** A link of a link-format document (RFC 6690). */
export interface Link {
  /** The absolute path between the angle brackets, as on the wire: percent escapes are not resolved. */
  readonly target: string;
  /**
   * Values without their quotes, `true` for an attribute without a value. The record has no prototype, so that any
   * name a device sends is safe to look up.
   */
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** A deviation from RFC 6690 that was tolerated. */
export interface LinkFormatWarning {
  readonly message: string;
  /** In characters from the start of the document. */
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
  readonly strict: boolean;
  readonly onWarning: ((warning: LinkFormatWarning) => void) | undefined;
  offset: number;
}

// The character classes of RFC 6690 §2 and RFC 3986, as bits by character code. Outside ASCII all are 0.
const PATH = 1;
const NAME = 2;
const TOKEN = 4;
const BLANK = 8;
const HEX = 16;
const CLASSES = new Uint8Array(128);
function classify(bit: number, characters: string): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    CLASSES[code] = (CLASSES[code] ?? 0) | bit;
  }
}
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
classify(PATH, `${ALPHANUMERIC}-._~!$&'()*+,;=:@`);
classify(NAME, `${ALPHANUMERIC}!#$&+-.^_\`|~*`);
classify(TOKEN, `${ALPHANUMERIC}!#$%&'()*+-./:<=>?@[]^_\`{|}~`);
classify(BLANK, ' \t\r\n');
classify(HEX, '0123456789ABCDEFabcdef');

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const PERCENT = 0x25;
const COMMA = 0x2c;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

/** Attributes whose values TS Core §5.1.1 bounds, and what is a broken document beyond. */
const INTEGER_RANGES: ReadonlyMap<string, readonly [minimum: number, maximum: number]> = new Map([
  ['dim', [0, 65_535]],
  ['ssid', [1, 65_534]],
]);

/** Written in quotes always: what RFC 6690 and TS Core define so, and what old parsers expect so. */
const QUOTED_NAMES: ReadonlySet<string> = new Set(['anchor', 'if', 'rt', 'title', 'uri']);

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
 * @throws Lwm2mError `ERR_LWM2M_LINK_FORMAT` with the offset in characters
 */
export function parseLinkFormat(document: string | Uint8Array, options: LinkFormatOptions = {}): readonly Link[] {
  const cursor: Cursor = {
    text: decodeText(document),
    strict: options.strict === true,
    onWarning: options.onWarning,
    offset: 0,
  };
  const { text } = cursor;
  const links: Link[] = [];
  skipBlanks(cursor);
  if (cursor.offset === text.length) return links;
  for (;;) {
    if (text.charCodeAt(cursor.offset) === COMMA) {
      tolerate(cursor, 'expected a link, found an empty item');
    } else {
      if (links.length === MAX_LINKS) throw broken(`expected at most ${MAX_LINKS} links, found another`, cursor.offset);
      links.push(parseLink(cursor, links.length === 0));
      skipBlanks(cursor);
      if (cursor.offset === text.length) return links;
      if (text.charCodeAt(cursor.offset) !== COMMA) throw broken('expected a comma or the end', cursor.offset);
    }
    cursor.offset += 1;
    skipBlanks(cursor);
    // A list that ends in a comma may have been cut off, so that is never tolerated.
    if (cursor.offset === text.length) throw broken('expected a link after a comma, found the end', cursor.offset);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(document: string | Uint8Array): string {
  if (document.length > MAX_LINK_FORMAT_LENGTH) {
    throw broken(`expected a length up to ${MAX_LINK_FORMAT_LENGTH}, found ${document.length}`, MAX_LINK_FORMAT_LENGTH);
  }
  if (typeof document === 'string') return document;
  try {
    return utf8.decode(document);
  } catch (cause) {
    throw new Lwm2mError('ERR_LWM2M_LINK_FORMAT', 'expected UTF-8, found other bytes', { cause });
  }
}

function parseLink(cursor: Cursor, first: boolean): Link {
  if (first && cursor.text.startsWith('lwm2m', cursor.offset)) {
    // The Bootstrap-Discover of LwM2M 1.0 (TS 1.0 §5.2.7.3) has no URI in front of its first attributes.
    tolerate(cursor, 'expected "<", found the attribute lwm2m');
    return { target: '/', attributes: parseAttributes(cursor) };
  }
  const target = parseTarget(cursor);
  if (cursor.text.charCodeAt(cursor.offset) !== SEMICOLON) return { target, attributes: NO_ATTRIBUTES };
  cursor.offset += 1;
  return { target, attributes: parseAttributes(cursor) };
}

function parseTarget(cursor: Cursor): string {
  if (cursor.text.charCodeAt(cursor.offset) !== LESS) throw broken('expected "<"', cursor.offset);
  const start = cursor.offset + 1;
  if (cursor.text.charCodeAt(start) !== SLASH) throw broken('expected an absolute path', start);
  const end = scanTarget(cursor.text, start);
  if (cursor.text.charCodeAt(end) !== GREATER) throw broken('expected a path and ">"', end);
  cursor.offset = end + 1;
  if (end - start > 1 && cursor.text.charCodeAt(end - 1) === SLASH) {
    tolerate(cursor, 'expected a path without a slash at its end', end - 1);
    return cursor.text.slice(start, end - 1);
  }
  return cursor.text.slice(start, end);
}

/** Where the absolute path at `start` ends (RFC 3986 §3.3). An empty segment ends it. */
function scanTarget(text: string, start: number): number {
  let offset = start + 1;
  for (; offset < text.length; offset += 1) {
    const character = text.charCodeAt(offset);
    if (character === PERCENT) {
      if (!isA(HEX, text.charCodeAt(offset + 1)) || !isA(HEX, text.charCodeAt(offset + 2))) return offset;
      offset += 2;
    } else if (character === SLASH) {
      if (text.charCodeAt(offset - 1) === SLASH) return offset;
    } else if (!isA(PATH, character)) {
      return offset;
    }
  }
  return offset;
}

function parseAttributes(cursor: Cursor): Readonly<Record<string, string | true>> {
  const attributes = noAttributes();
  let count = 0;
  for (;;) {
    skipBlanks(cursor);
    const start = cursor.offset;
    const next = cursor.text.charCodeAt(start);
    if (next === SEMICOLON || next === COMMA || start === cursor.text.length) {
      tolerate(cursor, 'expected an attribute, found none');
    } else {
      count += 1;
      if (count > MAX_LINK_ATTRIBUTES) {
        throw broken(`expected at most ${MAX_LINK_ATTRIBUTES} attributes, found another`, start);
      }
      const name = parseName(cursor);
      const value = parseOptionalValue(cursor);
      if (!inRange(name, value)) throw broken('expected a value in the range of its attribute', start);
      if (attributes[name] === undefined) attributes[name] = value;
      else tolerate(cursor, 'expected each attribute once, found a repeated one', start);
    }
    if (cursor.text.charCodeAt(cursor.offset) !== SEMICOLON) return attributes;
    cursor.offset += 1;
  }
}

function parseName(cursor: Cursor): string {
  const start = cursor.offset;
  while (isA(NAME, cursor.text.charCodeAt(cursor.offset))) cursor.offset += 1;
  if (cursor.offset === start) throw broken('expected the name of an attribute', start);
  return cursor.text.slice(start, cursor.offset);
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
      return value + text.slice(start, offset);
    }
    if (character === BACKSLASH) {
      value += text.slice(start, offset);
      offset += 1;
      start = offset;
    }
    if (isControl(text.charCodeAt(offset))) throw broken('expected text in quotes, found a control character', offset);
  }
  throw broken('expected a closing quote, found the end', text.length);
}

function parseToken(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.offset;
  let end = start;
  for (let offset = start; offset < text.length; offset += 1) {
    const character = text.charCodeAt(offset);
    if (character === COMMA || character === SEMICOLON) break;
    if (isA(TOKEN, character) || character === BACKSLASH) {
      if (character === LESS && offset > end) throw broken('expected a comma before the next link', offset);
      end = offset + 1;
    } else if (!isA(BLANK, character)) throw broken('expected a value of tokens, found another character', offset);
  }
  cursor.offset = end;
  const value = text.slice(start, end).trimStart();
  if (!isToken(value)) tolerate(cursor, 'expected a token or a quoted value', start);
  return value;
}

function isToken(value: string): boolean {
  for (let offset = 0; offset < value.length; offset += 1) if (!isA(TOKEN, value.charCodeAt(offset))) return false;
  return value !== '';
}

function inRange(name: string, value: string | true): boolean {
  const range = INTEGER_RANGES.get(name);
  if (range === undefined || value === true) return true;
  return /^\d{1,5}$/.test(value) && Number(value) >= range[0] && Number(value) <= range[1];
}

// An offset beyond the end gives NaN, which is of no class.
function isA(bit: number, character: number): boolean {
  return ((CLASSES[character] ?? 0) & bit) !== 0;
}

function isControl(character: number): boolean {
  return (character < SPACE && character !== TAB) || character === DELETE;
}

function skipBlanks(cursor: Cursor): void {
  const start = cursor.offset;
  while (isA(BLANK, cursor.text.charCodeAt(cursor.offset))) cursor.offset += 1;
  if (cursor.offset > start) tolerate(cursor, 'expected no blanks between links and attributes', start);
}

function tolerate(cursor: Cursor, message: string, offset: number = cursor.offset): void {
  if (cursor.strict) throw broken(message, offset);
  cursor.onWarning?.({ message, offset });
}

function broken(message: string, offset: number): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_LINK_FORMAT', `${message} at offset ${offset}`);
}

/**
 * The link-format text of links, which {@link parseLinkFormat} takes even when strict. Values are quoted where they
 * must be, and those of `rt`, `if`, `title`, `anchor` and `uri` always.
 *
 * @throws RangeError for a target that is not an absolute path, or a name or value that link-format can not carry
 */
export function formatLinkFormat(links: readonly Link[]): string {
  return links.map(formatLink).join(',');
}

function formatLink(link: Link): string {
  const { target } = link;
  if (scanTarget(target, 0) !== target.length || !/^\/(?:.*[^/])?$/.test(target)) {
    throw new RangeError('the target of a link is an absolute path');
  }
  let text = `<${target}>`;
  for (const [name, value] of Object.entries(link.attributes)) text += `;${formatAttribute(name, value)}`;
  return text;
}

function formatAttribute(name: string, value: string | true): string {
  for (let offset = 0; offset < name.length; offset += 1) {
    if (!isA(NAME, name.charCodeAt(offset))) throw new RangeError('the name of an attribute has other characters');
  }
  if (name === '' || !inRange(name, value)) throw new RangeError('an attribute is unnamed or out of its range');
  if (value === true) return name;
  if (isToken(value) && !QUOTED_NAMES.has(name)) return `${name}=${value}`;
  for (let offset = 0; offset < value.length; offset += 1) {
    if (isControl(value.charCodeAt(offset))) throw new RangeError('the value of an attribute has control characters');
  }
  return `${name}="${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}
