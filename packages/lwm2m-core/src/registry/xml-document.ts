import { XmlError, parseXml, type XmlElement } from '@rgrove/parse-xml';
import { DecodeError } from '../errors.ts';
import { MAX_DEFINITION_XML_DEPTH, MAX_DEFINITION_XML_LENGTH, MAX_DEFINITION_XML_NODES } from '../limits.ts';
import { HTML_ENTITIES } from './html-entities.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The root element of an XML document, `start` of every element set to its offset. The text may start with a byte order
 * mark; bytes are UTF-8. Entities of HTML stand for their characters, unknown ones for themselves.
 *
 * @throws DecodeError `ERR_LWM2M_DEFINITION` for what is no XML, has a document type declaration (so that there are no
 *   entities to define or to load), or is beyond a bound
 */
export function parseXmlDocument(document: string | Uint8Array): XmlElement {
  const text = textOf(document);
  checkStructure(text);
  try {
    // The parser takes quadratic time to drop carriage returns (XML §2.11): here none are left, at the same offsets.
    const { root } = parseXml(text.replaceAll('\r\n', ' \n').replaceAll('\r', '\n'), {
      includeOffsets: true,
      ignoreUndefinedEntities: true,
      resolveUndefinedEntity: (entity) => HTML_ENTITIES.get(entity.slice(1, -1)),
    });
    if (root !== null) return root;
  } catch (error) {
    if (error instanceof XmlError) throw malformed(faultOf(error.message), offsetOf(text, error.pos));
    throw error;
  }
  throw malformed(NO_ROOT, 0);
}

function textOf(document: string | Uint8Array): string {
  if (document.length > MAX_DEFINITION_XML_LENGTH) {
    throw beyond(`a length up to ${MAX_DEFINITION_XML_LENGTH}`, `${document.length}`, MAX_DEFINITION_XML_LENGTH);
  }
  if (typeof document === 'string') return document;
  try {
    return utf8.decode(document);
  } catch {
    throw beyond('UTF-8', 'other bytes', 0);
  }
}

const SLASH = 0x2f;

/**
 * Keeps from the parser what would exhaust it: it recurses for each element within another, and makes an object of each
 * node. Up to the first fault of the document this sees it as the parser does, and beyond that the parser does not go.
 */
function checkStructure(text: string): void {
  let depth = 0;
  let nodes = 0;
  for (let offset = text.indexOf('<'); offset >= 0;) {
    let end: number;
    if (text.startsWith('<!--', offset)) {
      end = text.indexOf('-->', offset + 4);
    } else if (text.startsWith('<![CDATA[', offset)) {
      end = text.indexOf(']]>', offset + 9);
    } else if (text.startsWith('<!', offset)) {
      throw beyond('no document type declaration', 'one', offset);
    } else if (text.startsWith('<?', offset)) {
      nodes += 1;
      end = text.indexOf('?>', offset + 2);
    } else {
      end = endOfTag(text, offset + 1);
      if (text.charCodeAt(offset + 1) === SLASH) {
        depth -= 1;
      } else {
        nodes += 1;
        if (text.charCodeAt(end - 1) !== SLASH) depth += 1;
        if (depth > MAX_DEFINITION_XML_DEPTH) {
          throw beyond(`at most ${MAX_DEFINITION_XML_DEPTH} elements within one another`, 'another', offset);
        }
      }
    }
    if (nodes > MAX_DEFINITION_XML_NODES)
      throw beyond(`at most ${MAX_DEFINITION_XML_NODES} elements`, 'another', offset);
    if (end < 0) return;
    offset = text.indexOf('<', end);
  }
}

/** The offset of the `>` of a tag; it may have others between quotes. -1 when it does not end. */
function endOfTag(text: string, start: number): number {
  for (let offset = start; offset < text.length; offset += 1) {
    const character = text.charAt(offset);
    if (character === '>') return offset;
    if (character === '"' || character === "'") {
      offset = text.indexOf(character, offset + 1);
      if (offset < 0) return -1;
    }
  }
  return -1;
}

const NO_ROOT = 'no root element';

/** What the parser's messages start with, in words that have nothing of the document. */
const FAULTS: readonly (readonly [message: string, found: string])[] = [
  ['Root element is missing', NO_ROOT],
  ['Missing end tag', 'an element that does not end'],
  ['Unclosed', 'markup that does not end'],
  ['Unterminated', 'markup that does not end'],
  ['Attribute value expected', 'an attribute without a value'],
  ['Duplicate attribute', 'an attribute twice'],
  ['Unescaped', 'a "<" in the value of an attribute'],
  ['Invalid character', 'a character that can not be there'],
  ['Extra content', 'content after the root element'],
];

function faultOf(message: string): string {
  return FAULTS.find(([start]) => message.startsWith(start))?.[1] ?? 'something else';
}

/** The parser counts code points. */
function offsetOf(text: string, codePoints: number): number {
  let offset = 0;
  for (let count = 0; count < codePoints && offset < text.length; count += 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

function malformed(found: string, offset: number): DecodeError {
  return beyond('well-formed XML', found, offset);
}

function beyond(expected: string, found: string, offset: number): DecodeError {
  return new DecodeError('ERR_LWM2M_DEFINITION', expected, found, offset);
}
