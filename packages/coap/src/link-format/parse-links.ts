import { MAX_LINK_ATTRIBUTES, MAX_LINK_FORMAT_LENGTH, MAX_LINKS } from '../limits.ts';
import { decodeUtf8 } from '../utf8.ts';
import {
  ALWAYS_QUOTED,
  ATTRIBUTE_NAME,
  CARDINAL,
  linkFormatError,
  QUOTED_STRING,
  TOKEN,
  URI_REFERENCE,
  type Link,
  type LinkAttribute,
} from './link.ts';

interface Cursor {
  readonly text: string;
  offset: number;
}

/**
 * Parses a link-format document, the payload of Content-Format 40, as RFC 6690 §2 defines it: blanks and empty items are no part of
 * it. One thing is tolerated, which RFC 8288 §3 demands and aiocoap needs: `sz` in quotes. An empty document has no links.
 *
 * Throws `CoapError` `ERR_COAP_LINK_FORMAT` that says what was expected and where, in characters from the start; for too many
 * links or attributes and for a document over 1 MiB as well.
 */
export function parseLinks(document: string | Uint8Array): Link[] {
  const cursor: Cursor = { text: textOf(document), offset: 0 };
  const links: Link[] = [];
  if (cursor.text === '') return links;
  do {
    if (links.length === MAX_LINKS) throw expected(cursor, `at most ${MAX_LINKS} links`);
    links.push(parseLink(cursor));
  } while (take(cursor, ','));
  if (cursor.offset < cursor.text.length) throw expected(cursor, '";", "," or the end');
  return links;
}

function textOf(document: string | Uint8Array): string {
  if (document.length > MAX_LINK_FORMAT_LENGTH) {
    throw linkFormatError(`expected a length of at most ${MAX_LINK_FORMAT_LENGTH}`, MAX_LINK_FORMAT_LENGTH);
  }
  if (typeof document === 'string') return document;
  const text = decodeUtf8(document);
  if (text === undefined) throw linkFormatError('expected UTF-8', 0);
  return text;
}

function parseLink(cursor: Cursor): Link {
  expect(cursor, '<');
  const target = match(cursor, URI_REFERENCE) ?? '';
  expect(cursor, '>');
  const attributes: LinkAttribute[] = [];
  while (take(cursor, ';')) {
    if (attributes.length === MAX_LINK_ATTRIBUTES) throw expected(cursor, `at most ${MAX_LINK_ATTRIBUTES} attributes`);
    attributes.push(parseAttribute(cursor));
  }
  return { target, attributes };
}

function parseAttribute(cursor: Cursor): LinkAttribute {
  const name = match(cursor, ATTRIBUTE_NAME);
  if (name === undefined) throw expected(cursor, 'the name of an attribute');
  return take(cursor, '=') ? { name, value: parseValue(cursor, name) } : { name };
}

function parseValue(cursor: Cursor, name: string): string {
  if (name === 'sz') return parseSize(cursor);
  const quoted = match(cursor, QUOTED_STRING);
  if (quoted !== undefined) return quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
  if (ALWAYS_QUOTED.has(name)) throw expected(cursor, 'text in quotes');
  const value = match(cursor, TOKEN);
  if (value === undefined) throw expected(cursor, 'a token or text in quotes');
  return value;
}

function parseSize(cursor: Cursor): string {
  const quoted = take(cursor, '"');
  const size = match(cursor, CARDINAL);
  if (size === undefined) throw expected(cursor, 'a number');
  if (quoted) expect(cursor, '"');
  return size;
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.offset;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.offset += found.length;
  return found;
}

function take(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.offset] !== character) return false;
  cursor.offset += 1;
  return true;
}

function expect(cursor: Cursor, character: string): void {
  if (!take(cursor, character)) throw expected(cursor, `"${character}"`);
}

function expected(cursor: Cursor, what: string): Error {
  return linkFormatError(`expected ${what}`, cursor.offset);
}
