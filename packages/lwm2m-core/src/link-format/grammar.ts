import { parseNumberOf } from '../attributes/attribute-value.ts';

// The character classes of RFC 6690 §2 and RFC 3986, as bits by character code. Outside ASCII all are 0.
const PATH = 1;
export const NAME = 2;
export const TOKEN = 4;
export const BLANK = 8;
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
const PERCENT = 0x25;
const SLASH = 0x2f;
const DELETE = 0x7f;

/** True when the character is of the class. An offset beyond the end gives NaN, which is of none. */
export function isA(bit: number, character: number): boolean {
  return ((CLASSES[character] ?? 0) & bit) !== 0;
}

/** True for what no value may have, even in quotes. */
export function isControl(character: number): boolean {
  return (character < SPACE && character !== TAB) || character === DELETE;
}

/** True for a value that needs no quotes. */
export function isToken(value: string): boolean {
  for (let offset = 0; offset < value.length; offset += 1) if (!isA(TOKEN, value.charCodeAt(offset))) return false;
  return value !== '';
}

/** Where the absolute path at `start` ends (RFC 3986 §3.3). An empty segment ends it. */
export function scanTarget(text: string, start: number): number {
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

/** False for the values that make a document broken: numbers that TS Core §5.1.1 bounds, beyond the bounds. */
export function isInRange(name: string, value: string | true): boolean {
  if (value === true) return true;
  if (name === 'dim') return parseNumberOf('dimension', value) !== undefined;
  return name !== 'ssid' || parseNumberOf('serverId', value) !== undefined;
}
