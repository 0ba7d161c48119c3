/** RFC 5246 §6.2.3.2: bytes of a value one less than their number, which fill up the last block. */
export function paddingSize(length: number, blockSize: number): number {
  return blockSize - (length % blockSize);
}

/**
 * How many bytes of padding are at the end of `bytes`, its length byte with them, when `reserved` bytes at least come before. 0: it
 * is wrong. Takes the same steps for any padding of the same number of bytes, so that how long it takes tells nothing (RFC 5246 §6.2.3.2).
 */
export function checkPadding(bytes: Uint8Array, reserved: number): number {
  const last = bytes.length - 1;
  const value = bytes[last] ?? 0;
  // Negative, so all ones after the shift, when the padding reaches into what has to come before.
  let wrong = (last - reserved - value) >> 31;
  const checked = Math.min(256, bytes.length);
  for (let index = 0; index < checked; index += 1) {
    const isPadding = (index - value - 1) >> 31;
    wrong |= isPadding & ((bytes[last - index] ?? 0) ^ value);
  }
  const isWrong = (wrong | -wrong) >> 31;
  return (value + 1) & ~isWrong;
}
