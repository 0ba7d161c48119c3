/** 64 bits of FNV-1a in two halves: the same bytes have the same digest whenever and wherever. No protection against intent. */
export function digest(bytes: Uint8Array): Uint8Array {
  let a = 0x811c9dc5;
  let b = 0x050c5d1f;
  // By index and in 32 bits: an eighth of the time, which counts for bodies that a small request is enough to have read.
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    a = Math.imul(a ^ byte, 0x01000193);
    b = (Math.imul(b ^ byte, 0x01000193) + a) | 0;
  }
  const result = new Uint8Array(8);
  new DataView(result.buffer).setUint32(0, a);
  new DataView(result.buffer).setUint32(4, b);
  return result;
}
