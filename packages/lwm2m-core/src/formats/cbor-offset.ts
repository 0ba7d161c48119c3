import { argumentBytes, BREAK, headArgument, INDEFINITE, MAJOR } from '@flownexus/senml';

/**
 * Where a map of a document that `decodeCbor` has taken has its pairs, for errors that the decoded value can not place.
 *
 * @param indices counted from 0: the pair of the outermost map, then that of the map which is its value, and so on
 */
export function mapPairOffset(bytes: Uint8Array, indices: readonly number[]): { key: number; value: number } {
  let key = 0;
  let value = 0;
  for (const index of indices) {
    key = contentStart(bytes, value);
    for (let item = 0; item < index * 2; item += 1) key = itemEnd(bytes, key);
    value = itemEnd(bytes, key);
  }
  return { key, value };
}

/** Where the content of an item starts, behind its tags and its head. */
function contentStart(bytes: Uint8Array, offset: number): number {
  const initial = bytes[offset] ?? 0;
  const start = offset + 1 + (argumentBytes(initial & 31) ?? 0);
  return initial >> 5 === MAJOR.tag ? contentStart(bytes, start) : start;
}

function itemEnd(bytes: Uint8Array, offset: number): number {
  const initial = bytes[offset] ?? 0;
  const major = initial >> 5;
  let end = offset + 1 + (argumentBytes(initial & 31) ?? 0);
  if (major === MAJOR.tag) return itemEnd(bytes, end);
  if (major <= MAJOR.negative || major === MAJOR.simple) return end;
  if ((initial & 31) === INDEFINITE) {
    while (bytes[end] !== BREAK) end = itemEnd(bytes, end);
    return end + 1;
  }
  const argument = headArgument(bytes, offset);
  if (major === MAJOR.bytes || major === MAJOR.text) return end + argument;
  const count = major === MAJOR.map ? argument * 2 : argument;
  for (let item = 0; item < count; item += 1) end = itemEnd(bytes, end);
  return end;
}
