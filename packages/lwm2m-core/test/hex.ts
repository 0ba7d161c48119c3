/** Bytes from hex digits. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Hex digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes from text. */
export function fromText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text from bytes. */
export function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
