/** The offset of the first byte that is not UTF-8 (RFC 3629 §4) in `start..end`, or -1 when all are. */
export function findInvalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let offset = start;
  while (offset < end) {
    const lead = bytes[offset] ?? 0;
    if (lead < 0x80) {
      offset += 1;
      continue;
    }
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0 || offset + length > end) return offset;
    // The second byte also excludes overlong forms, surrogates, and what lies beyond U+10FFFF.
    const second = bytes[offset + 1] ?? 0;
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return offset;
    for (let index = 2; index < length; index += 1) {
      if (((bytes[offset + index] ?? 0) & 0xc0) !== 0x80) return offset;
    }
    offset += length;
  }
  return -1;
}
