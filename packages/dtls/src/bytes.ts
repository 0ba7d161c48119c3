/** All parts, one after the other, in an array of its own. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Copies `length` bytes between arrays that are short: `set` of a view costs more. The caller has made the room. */
export function copyShort(target: Uint8Array, at: number, source: Uint8Array, from: number, length: number): void {
  for (let index = 0; index < length; index += 1) target[at + index] = source[from + index] ?? 0;
}

/** Two bytes at `offset`, big-endian. The caller has checked that they are there. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Four bytes at `offset`, big-endian. The caller has checked that they are there. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset) * 0x1_0000 + readU16(bytes, offset + 2);
}

/** Writes two bytes at `offset`, big-endian. The caller has made the room. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes three bytes at `offset`, big-endian. The caller has made the room. */
export function writeU24(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 16;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value;
}

/** Writes four bytes at `offset`, big-endian: the lower 32 bits of `value`. The caller has made the room. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
