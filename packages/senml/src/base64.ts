const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const EQUALS = 0x3d;
const INVALID = 255;

const SEXTET_OF_CODE: Uint8Array = new Uint8Array(128).fill(INVALID);
for (const alphabet of [STANDARD, URL_SAFE]) {
  for (let sextet = 0; sextet < 64; sextet += 1) SEXTET_OF_CODE[alphabet.charCodeAt(sextet)] = sextet;
}

/** How base64 text looks: RFC 4648 §5 without padding as SenML wants it, or §4 with padding as LwM2M text/plain does. */
export type Base64Form = 'urlUnpadded' | 'standardPadded';

/** The bytes as base64 text. */
export function encodeBase64(bytes: Uint8Array, form: Base64Form): string {
  const alphabet = form === 'urlUnpadded' ? URL_SAFE : STANDARD;
  let text = '';
  for (let offset = 0; offset < bytes.length; offset += 3) {
    const length = Math.min(3, bytes.length - offset);
    const group = ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
    for (let index = 0; index <= length; index += 1) text += alphabet.charAt((group >> (18 - 6 * index)) & 63);
    if (form === 'standardPadded') text += '='.repeat(3 - length);
  }
  return text;
}

/**
 * The bytes of base64 text of either alphabet, padded or not, as devices send both; undefined when it is neither.
 * White space is not tolerated.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  let length = text.length;
  while (length > 0 && text.length - length < 2 && text.charCodeAt(length - 1) === EQUALS) length -= 1;
  const padding = text.length - length;
  if (length % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let bitCount = 0;
  let offset = 0;
  for (let index = 0; index < length; index += 1) {
    const sextet = SEXTET_OF_CODE[text.charCodeAt(index)] ?? INVALID;
    if (sextet === INVALID) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[offset] = (bits >> bitCount) & 255;
      offset += 1;
    }
  }
  return bytes;
}
