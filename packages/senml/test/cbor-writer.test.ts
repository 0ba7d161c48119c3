import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborFloat, CborWriter, decodeCbor } from '@flownexus/senml';
import { toHex } from './hex.ts';

function written(write: (writer: CborWriter) => void): string {
  const writer = new CborWriter();
  write(writer);
  return toHex(writer.toBytes());
}

describe('writeShortestFloat', () => {
  // RFC 8949 appendix A.
  test.each([
    [0, 'f90000'],
    [-0, 'f98000'],
    [1, 'f93c00'],
    [1.1, 'fb3ff199999999999a'],
    [1.5, 'f93e00'],
    [65504, 'f97bff'],
    [65520, 'fa477ff000'],
    [100000, 'fa47c35000'],
    [3.4028234663852886e38, 'fa7f7fffff'],
    [1e300, 'fb7e37e43c8800759c'],
    [5.960464477539063e-8, 'f90001'],
    [2.9802322387695312e-8, 'fa33000000'],
    [6.097555160522461e-5, 'f903ff'],
    [6.103515625e-5, 'f90400'],
    [-4, 'f9c400'],
    [-4.1, 'fbc010666666666666'],
    [2 ** -149, 'fa00000001'],
    [5e-324, 'fb0000000000000001'],
    [Infinity, 'f97c00'],
    [-Infinity, 'f9fc00'],
    [Number.NaN, 'f97e00'],
  ])('%d is %s', (value, hex) => {
    expect(written((writer) => writer.writeShortestFloat(value))).toBe(hex);
  });

  test('all half floats are found again', () => {
    for (let half = 0; half < 0x10000; half += 1) {
      const decoded = decodeCbor(Uint8Array.of(0xf9, half >> 8, half & 255));
      const value = decoded instanceof CborFloat ? decoded.value : (decoded as number);
      if (Number.isNaN(value)) continue;
      const hex = `f9${half.toString(16).padStart(4, '0')}`;
      if (written((writer) => writer.writeShortestFloat(value)) !== hex) expect.fail(hex);
    }
  });

  test('the value is kept, in as few bytes as possible', () => {
    const value = fc.oneof(
      fc.double(),
      fc.float(),
      fc.integer(),
      fc.integer().map((n) => n / 1024),
    );
    fc.assert(
      fc.property(value, (number) => {
        const hex = written((writer) => writer.writeShortestFloat(number));
        const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
        const decoded = decodeCbor(bytes);
        expect(decoded instanceof CborFloat ? decoded.value : decoded).toBe(number);
        expect(bytes.length <= 5).toBe(Number.isNaN(number) || Math.fround(number) === number);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each<[number | bigint, string]>([
  [23, '17'],
  [255, '18ff'],
  [256, '190100'],
  [65535, '19ffff'],
  [65536, '1a00010000'],
  [4294967295, '1affffffff'],
  [4294967296, '1b0000000100000000'],
  [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
  [Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
  [-0, '00'],
  [5n, '05'],
  [-5n, '24'],
  [2n ** 32n, '1b0000000100000000'],
  [2n ** 53n, '1b0020000000000000'],
  [-(2n ** 53n) - 1n, '3b0020000000000000'],
  [2n ** 64n - 1n, '1bffffffffffffffff'],
  [-(2n ** 64n), '3bffffffffffffffff'],
])('the integer %s', (value, hex) => {
  expect(written((writer) => writer.writeInteger(value))).toBe(hex);
});

test.each([2n ** 64n, -(2n ** 64n) - 1n, 2 ** 53, 1.5, Number.NaN])('there is no integer %s', (value) => {
  expect(() => written((writer) => writer.writeInteger(value))).toThrow(RangeError);
});

test('texts of all lengths and kinds', () => {
  const text = fc
    .tuple(fc.nat(300), fc.constantFrom('a', '\u007f', '\u0080', 'é', '😀'))
    .map(([n, unit]) => unit.repeat(n));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      const writer = new CborWriter();
      writer.writeArrayHead(texts.length);
      for (const item of texts) writer.writeText(item);
      expect(decodeCbor(writer.toBytes())).toEqual(texts);
    }),
  );
  expect(written((writer) => writer.writeText('a\ud800'))).toBe('6461efbfbd');
});

test('a writer can be used again', () => {
  const writer = new CborWriter();
  writer.writeBytes(new Uint8Array(100_000));
  const first = writer.toBytes();
  writer.reset();
  writer.writeNull();
  expect(toHex(writer.toBytes())).toBe('f6');
  expect(first).toHaveLength(100_005);
});
