import { jsonItemOffsets } from '@flownexus/senml';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Where an item, counted from 0, of the array `e` of the outermost object starts in a document that was parsed: for errors
 * alone, which the parsed value can not place.
 */
export function entryOffset(text: string, index: number): number {
  const start = entriesStart(text);
  return start + (jsonItemOffsets(text.slice(start))[index] ?? 0);
}

function entriesStart(text: string): number {
  let depth = 0;
  let name = '""';
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit === QUOTE) {
      const start = offset;
      offset = endOfString(text, start);
      name = text.slice(start, offset + 1);
    } else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      // The string before an array within an object is its name, which may be written with escapes.
      if (unit === OPEN_BRACKET && depth === 1 && JSON.parse(name) === 'e') return offset;
      depth += 1;
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) {
      depth -= 1;
    }
  }
  return 0;
}

function endOfString(text: string, start: number): number {
  let offset = start + 1;
  while (text.charCodeAt(offset) !== QUOTE) offset += text.charCodeAt(offset) === BACKSLASH ? 2 : 1;
  return offset;
}
