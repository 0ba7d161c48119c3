// Option values are short and nearly always ASCII: for those, a loop is several times faster than the platform's
// converters, which are called for the rest.

const SHORT = 64;

// `ignoreBOM`: a byte order mark is a character like any other in an option value.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The short ASCII texts of late, each at its hash: paths and queries are the same ones again and again. */
const known: string[] = new Array<string>(256).fill('');

/** Text of UTF-8, or undefined when the bytes aren't. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= SHORT && isAscii(bytes)) return asciiText(bytes);
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined; // The only error that a fatal decoder has: the caller says what it means.
  }
}

/** Whether the bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return isAscii(bytes) || decodeUtf8(bytes) !== undefined;
}

/** UTF-8 of text. Throws `TypeError` for text with a lone surrogate, which has none. */
export function encodeUtf8(text: string): Uint8Array {
  if (text.length <= SHORT) {
    const bytes = new Uint8Array(text.length);
    let length = 0;
    while (length < text.length) {
      const unit = text.charCodeAt(length);
      if (unit > 0x7f) break;
      bytes[length++] = unit;
    }
    if (length === text.length) return bytes;
  }
  if (!text.isWellFormed()) throw new TypeError('the text has a lone surrogate, which UTF-8 cannot express');
  return encoder.encode(text);
}

function asciiText(bytes: Uint8Array): string {
  let hash = bytes.length;
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
  const place = (hash ^ (hash >>> 8)) & 0xff;
  const candidate = known[place];
  if (candidate !== undefined && isTextOf(candidate, bytes)) return candidate;
  const text = decoder.decode(bytes);
  known[place] = text;
  return text;
}

function isTextOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) if (text.charCodeAt(index) !== bytes[index]) return false;
  return true;
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}
