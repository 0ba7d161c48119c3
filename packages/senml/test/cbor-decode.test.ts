import { describe, expect, test } from 'vitest';
import { CborFloat, CborTagged, decodeCbor, SenmlError } from '@flownexus/senml';
import type { SenmlErrorCode } from '@flownexus/senml';
import { fromHex, toHex } from './hex.ts';

const decode = (hex: string): unknown => decodeCbor(fromHex(hex));
const decodeTagged = (hex: string): unknown => decodeCbor(fromHex(hex), undefined, { tags: true });

function codeOf(run: () => unknown): SenmlErrorCode | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SenmlError) return error.code;
    throw error;
  }
  return undefined;
}

/** A text string with a head of the given size. */
function textItem(text: string, argumentBytes: 2 | 4 | 8): string {
  const content = new TextEncoder().encode(text);
  const head = { 2: '79', 4: '7a', 8: '7b' }[argumentBytes];
  return head + content.length.toString(16).padStart(argumentBytes * 2, '0') + toHex(content);
}

describe('duplicate keys', () => {
  test.each([
    ['a200010002', 3],
    ['a20001180002', 3],
    ['bf00010002ff', 3],
    ['a22001380002', 3],
    ['a2182a01182a02', 4],
    ['a2182a0119002a02', 4],
    ['a205011b000000000000000502', 3],
    ['a23901f4013901f402', 5],
    ['a20101f93c0002', 3],
    ['a2f93c0001fa3f80000002', 5],
    ['a2f93e0001fb3ff800000000000002', 5],
    ['a2f97e0001fb7ff800000000000102', 5],
    ['a20001f9800002', 3],
    ['81a26161016161f4', 5],
    ['a261610178016102', 4],
    ['a26161017f6161ff02', 4],
    ['a27f61616162ff0162616202', 8],
    ['a2414101414102', 4],
    ['a28203000182030002', 5],
    ['a2f401f402', 3],
    ['a10181a2000000f4', 6],
  ])('%s', (hex, offset) => {
    expect(() => decode(hex)).toThrow(`expected distinct keys in a map, found duplicates at offset ${String(offset)}`);
  });

  test('keys of different types are distinct', () => {
    expect(decode('a70001200261300341300481000518180679000007')).toEqual(
      new Map<unknown, unknown>([
        [0, 1],
        [-1, 2],
        ['0', 3],
        [Uint8Array.of(0x30), 4],
        [[0], 5],
        [24, 6],
        ['', 7],
      ]),
    );
  });

  test('the same keys may stand in several maps', () => {
    expect(decode('82a20001182a02a20001182a02')).toHaveLength(2);
    expect(decode('a100a100a10001')).toEqual(new Map([[0, new Map([[0, new Map([[0, 1]])]])]]));
  });

  test('bounds numbers as keys that can be made to collide', () => {
    const keys = (count: number): Uint8Array =>
      Uint8Array.from([
        ...[0xb9, count >> 8, count & 255],
        ...Array.from({ length: count }, (_, key) => [0x1a, 1, 0, key >> 8, key & 255, 0]).flat(),
      ]);
    expect(decodeCbor(keys(1000))).toHaveProperty('size', 1000);
    expect(codeOf(() => decodeCbor(keys(1001)))).toBe('ERR_SENML_LIMIT');
  });
});

describe('numbers', () => {
  test.each<[string, number]>([
    ['f90000', 0],
    ['f98000', -0],
    ['f93c00', 1],
    ['f97bff', 65504],
    ['fa41c80000', 25],
    ['fb4039000000000000', 25],
    ['fb4415af1d78b58c40', 1e20],
    ['fbc340000000000000', -(2 ** 53)],
  ])('an integral float stays a float: %s', (hex, value) => {
    expect(decode(hex)).toEqual(new CborFloat(value));
  });

  test.each<[string, number]>([
    ['f90001', 2 ** -24],
    ['f903ff', 1023 * 2 ** -24],
    ['f90400', 2 ** -14],
    ['f93e00', 1.5],
    ['fa00000001', 2 ** -149],
    ['fb0000000000000001', 5e-324],
    ['fb3ff199999999999a', 1.1],
    ['f97e00', Number.NaN],
    ['f97e01', Number.NaN],
    ['fa7fc00000', Number.NaN],
    ['fb7ff8000000000001', Number.NaN],
    ['fbfff4000000000000', Number.NaN],
    ['f97c00', Infinity],
    ['f9fc00', -Infinity],
    ['fa7f800000', Infinity],
    ['fbfff0000000000000', -Infinity],
    ['c48221196ab3', 273.15],
  ])('other floats are numbers: %s', (hex, value) => {
    expect(decode(hex)).toBe(value);
  });

  test.each<[string, number | bigint]>([
    ['17', 23],
    ['1818', 24],
    ['1affffffff', 2 ** 32 - 1],
    ['1b0000000100000000', 2 ** 32],
    ['1b0000000000000005', 5],
    ['1b001fffffffffffff', 2 ** 53 - 1],
    ['1b0020000000000000', 2n ** 53n],
    ['1b7fffffffffffffff', 2n ** 63n - 1n],
    ['1b8000000000000000', 2n ** 63n],
    ['1bffffffffffffffff', 2n ** 64n - 1n],
    ['37', -24],
    ['3affffffff', -(2 ** 32)],
    ['3b0000000100000000', -(2 ** 32) - 1],
    ['3b001ffffffffffffe', -(2 ** 53) + 1],
    ['3b001fffffffffffff', -(2n ** 53n)],
    ['3b7fffffffffffffff', -(2n ** 63n)],
    ['3b8000000000000000', -(2n ** 63n) - 1n],
    ['3bffffffffffffffff', -(2n ** 64n)],
  ])('integers are exact: %s', (hex, value) => {
    expect(decode(hex)).toBe(value);
  });

  test('floats keep their place among other items', () => {
    expect(decode('87f93c0001a2f94000f9420003f93c005f4101ffc482200af93c00f90000')).toEqual([
      new CborFloat(1),
      1,
      new Map<unknown, unknown>([
        [new CborFloat(2), new CborFloat(3)],
        [3, new CborFloat(1)],
      ]),
      Uint8Array.of(1),
      1,
      new CborFloat(1),
      new CborFloat(0),
    ]);
  });

  test('keys keep their order when one of them is a float', () => {
    const map = decode('a3f93c00000201f93e0002') as Map<unknown, unknown>;
    expect([...map]).toEqual([
      [new CborFloat(1), 0],
      [2, 1],
      [1.5, 2],
    ]);
  });
});

describe('tags', () => {
  test.each<[string, unknown]>([
    ['c11a514b67b0', new CborTagged([1], 1363896240)],
    ['c1fb41d452d9ec000000', new CborTagged([1], new CborFloat(1363896240))],
    ['c06161', new CborTagged([0], 'a')],
    ['d818d9d9f74161', new CborTagged([24, 55799], Uint8Array.of(0x61))],
    ['c1c2c3c500', new CborTagged([1, 2, 3, 5], 0)],
    ['d81c82c101d81d00', new CborTagged([28], [new CborTagged([1], 1), new CborTagged([29], 0)])],
    ['d9dfff820080', new CborTagged([57343], [0, []])],
    ['c48221196ab3', 273.15],
    ['c1c48221196ab3', new CborTagged([1], 273.15)],
    ['82c1c48221196ab3f93c00', [new CborTagged([1], 273.15), new CborFloat(1)]],
    ['c17f61616162ff', new CborTagged([1], 'ab')],
    ['dbffffffffffffffff00', new CborTagged([2 ** 64], 0)],
    ['a100c101', new Map([[0, new CborTagged([1], 1)]])],
    ['c4c1820001', new CborTagged([4, 1], [0, 1])],
    ['05', 5],
  ])('%s', (hex, value) => {
    expect(decodeTagged(hex)).toEqual(value);
  });

  test.each(['', 'c0', 'd8', 'dc00', 'df00', 'd9d9', 'd818', 'c1df00', 'c1dc00', 'c400', 'a1c10001'])(
    'refuses %s',
    (hex) => {
      expect(codeOf(() => decodeTagged(hex))).toBe('ERR_SENML_CBOR');
    },
  );

  test('takes four in a row', () => {
    expect(codeOf(() => decodeTagged('c1c1c1c1c100'))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => decodeTagged('c1c1c1c1c4820001'))).toBe('ERR_SENML_LIMIT');
    expect(
      codeOf(() => decodeCbor(fromHex('c1c1c100'), { maxBytes: 9, maxNesting: 1, maxItems: 3 }, { tags: true })),
    ).toBe('ERR_SENML_LIMIT');
  });
});

describe('text', () => {
  test.each([0, 1, 15, 40, 64, 65, 200, 70_000])('a byte order mark before %i letters stays', (count) => {
    for (const text of [`\uFEFF${'x'.repeat(count)}`, `\uFEFF\uFEFF${'é'.repeat(count)}`, `x\uFEFF`]) {
      expect(decode(`82${textItem(text, 4)}00`)).toEqual([text, 0]);
      expect(decode(`a1${textItem(text, 4)}00`)).toEqual(new Map([[text, 0]]));
      expect(decode(`7f${textItem(text, 4)}6161ff`)).toBe(`${text}a`);
    }
  });

  test('texts that differ in the mark alone are different keys', () => {
    const letters = 'x'.repeat(100);
    const map = decode(`a2${textItem(`\uFEFF${letters}`, 2)}00${textItem(letters, 2)}01`);
    expect(map).toEqual(
      new Map([
        [`\uFEFF${letters}`, 0],
        [letters, 1],
      ]),
    );
  });

  test.each([65_535, 65_536, 300_000])('strings of %i bytes', (length) => {
    expect(decode(`82${textItem('x'.repeat(length), 4)}${textItem('é', 2)}`)).toEqual(['x'.repeat(length), 'é']);
    const bytes = new Uint8Array(length + 5);
    bytes.set([0x5a, 0, length >> 16, (length >> 8) & 255, length & 255]);
    expect(decodeCbor(bytes)).toEqual(new Uint8Array(length));
  });

  // A length in eight bytes is well-formed, if not preferred (RFC 8949 §4.1).
  test('lengths in eight bytes', () => {
    const text = 'é'.repeat(100);
    expect(decode(`83${textItem(text, 8)}${textItem(text, 2)}5b00000000000000020102`)).toEqual([
      text,
      text,
      Uint8Array.of(1, 2),
    ]);
    expect(decode('9b000000000000000205bb000000000000000101f4')).toEqual([5, new Map([[1, false]])]);
  });

  test('many texts of both kinds between other items', () => {
    const items = Array.from({ length: 600 }, (_, index) => [
      `t${String(index)}`,
      'é'.repeat(index % 50),
      index,
    ]).flat();
    const hex = items.map((item) =>
      typeof item === 'string' ? textItem(item, 2) : `19${item.toString(16).padStart(4, '0')}`,
    );
    expect(decode(`99${items.length.toString(16).padStart(4, '0')}${hex.join('')}`)).toEqual(items);
  });
});

test('long arrays', () => {
  const items = Uint8Array.of(0x9a, 0, 1, 0, 1, ...new Uint8Array(65_537));
  expect(decodeCbor(items)).toHaveLength(65_537);
  items[65_541] = 0xf4;
  expect((decodeCbor(items) as unknown[]).at(-1)).toBe(false);
});

test('nesting beyond what the stack bears is refused, whatever the limits say', () => {
  const nested = new Uint8Array(100_000).fill(0x81);
  nested[99_999] = 0;
  const limits = { maxBytes: Infinity, maxNesting: Infinity, maxItems: Infinity };
  expect(codeOf(() => decodeCbor(nested, limits))).toBe('ERR_SENML_LIMIT');
  expect(codeOf(() => decodeCbor(nested.subarray(99_500), limits))).toBeUndefined();
});

test.each(['a11b002000000000000001', 'a13b002000000000000001', 'a2001b00bfffffffffffffffff01'])(
  'a key beyond 53 bits is refused: %s',
  (hex) => {
    expect(() => decodeCbor(fromHex(hex))).toThrow(SenmlError);
  },
);
