/** A text while it is read. */
interface Cursor {
  readonly text: string;
  offset: number;
}

const SPACE = ' \t\n\r';
const ESCAPES = '"\\/bfnrt';

/**
 * The offset of what can not stand where it stands in a text that is not JSON (RFC 8259); its length when something is
 * missing at the end. For error messages alone: {@link JSON.parse} has decided before. The nesting is bounded by then.
 */
export function findJsonError(text: string): number {
  const cursor = { text, offset: 0 };
  if (!skipValue(cursor)) return cursor.offset;
  skipSpace(cursor);
  return cursor.offset;
}

// Each of the following steps over what it is named for, or gives false with the offset at what is wrong.

function skipValue(cursor: Cursor): boolean {
  skipSpace(cursor);
  switch (cursor.text.charAt(cursor.offset)) {
    case '{':
      return skipItems(cursor, '}', skipMember);
    case '[':
      return skipItems(cursor, ']', skipValue);
    case '"':
      return skipString(cursor);
    case 't':
      return skipWord(cursor, 'true');
    case 'f':
      return skipWord(cursor, 'false');
    case 'n':
      return skipWord(cursor, 'null');
    default:
      return skipNumber(cursor);
  }
}

function skipItems(cursor: Cursor, end: string, skipItem: (cursor: Cursor) => boolean): boolean {
  cursor.offset += 1;
  skipSpace(cursor);
  if (skipOne(cursor, end)) return true;
  for (;;) {
    if (!skipItem(cursor)) return false;
    skipSpace(cursor);
    if (skipOne(cursor, end)) return true;
    if (!skipOne(cursor, ',')) return false;
  }
}

function skipMember(cursor: Cursor): boolean {
  skipSpace(cursor);
  if (cursor.text.charAt(cursor.offset) !== '"' || !skipString(cursor)) return false;
  skipSpace(cursor);
  return skipOne(cursor, ':') && skipValue(cursor);
}

function skipString(cursor: Cursor): boolean {
  cursor.offset += 1;
  for (;;) {
    const unit = cursor.text.charAt(cursor.offset);
    if (unit < ' ') return false;
    cursor.offset += 1;
    if (unit === '"') return true;
    if (unit !== '\\') continue;
    if (skipOne(cursor, 'u')) {
      for (let digit = 0; digit < 4; digit += 1) if (!skipOneOf(cursor, '0123456789abcdefABCDEF')) return false;
    } else if (!skipOneOf(cursor, ESCAPES)) {
      return false;
    }
  }
}

function skipWord(cursor: Cursor, word: string): boolean {
  for (const letter of word) if (!skipOne(cursor, letter)) return false;
  return true;
}

function skipNumber(cursor: Cursor): boolean {
  skipOne(cursor, '-');
  if (!skipOne(cursor, '0') && !skipDigits(cursor)) return false;
  if (skipOne(cursor, '.') && !skipDigits(cursor)) return false;
  if (!skipOneOf(cursor, 'eE')) return true;
  skipOneOf(cursor, '+-');
  return skipDigits(cursor);
}

function skipDigits(cursor: Cursor): boolean {
  const start = cursor.offset;
  while (skipOneOf(cursor, '0123456789'));
  return cursor.offset > start;
}

function skipSpace(cursor: Cursor): void {
  while (skipOneOf(cursor, SPACE));
}

function skipOne(cursor: Cursor, unit: string): boolean {
  if (cursor.text.charAt(cursor.offset) !== unit) return false;
  cursor.offset += 1;
  return true;
}

function skipOneOf(cursor: Cursor, units: string): boolean {
  const unit = cursor.text.charAt(cursor.offset);
  if (unit === '' || !units.includes(unit)) return false;
  cursor.offset += 1;
  return true;
}
