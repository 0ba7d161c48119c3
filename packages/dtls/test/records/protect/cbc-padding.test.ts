import { describe, expect, test } from 'vitest';
import { checkPadding, paddingSize } from '../../../src/records/protect/cbc-padding.ts';

/** Zeros, and `size` bytes of padding. */
function padded(length: number, size: number): Uint8Array {
  return new Uint8Array(length).fill(size - 1, length - size);
}

test('padding fills up the last block and is never empty', () => {
  for (let length = 0; length <= 48; length += 1) {
    const size = paddingSize(length, 16);
    expect((length + size) % 16).toBe(0);
    expect(size).toBeGreaterThanOrEqual(1);
    expect(size).toBeLessThanOrEqual(16);
  }
});

describe('checkPadding', () => {
  test('tells the size of any padding, up to 256 bytes', () => {
    for (let size = 1; size <= 256; size += 1) expect(checkPadding(padded(320, size).fill(9, 0, 60), 32)).toBe(size);
  });

  test('refuses any byte of the padding that is another', () => {
    for (const size of [2, 16, 200, 256]) {
      for (let index = 320 - size; index < 319; index += 1) {
        const bytes = padded(320, size);
        expect(checkPadding(bytes.with(index, size), 32)).toBe(0);
      }
    }
  });

  test('looks at nothing before the padding', () => {
    const bytes = padded(320, 16);
    for (let index = 0; index < 304; index += 1) expect(checkPadding(bytes.with(index, 0xaa), 32)).toBe(16);
  });

  test('leaves room for what comes before', () => {
    expect(checkPadding(padded(48, 16), 32)).toBe(16);
    expect(checkPadding(padded(48, 17), 32)).toBe(0);
    expect(checkPadding(padded(48, 48), 0)).toBe(48);
    expect(checkPadding(new Uint8Array(48).fill(48), 0)).toBe(0);
    expect(checkPadding(new Uint8Array(48).fill(255), 0)).toBe(0);
  });
});
