import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';
import { parseRange, type ValueRange } from '../../src/registry/value-range.ts';
import type { ResourceType } from '../../src/value.ts';

const NUMBERS = ['integer', 'unsignedInteger', 'float', 'time'] as const;

describe('ranges of numbers', () => {
  test.each([
    ['0..255', 0, 255],
    ['0-7', 0, 7],
    ['1...15', 1, 15],
    ['[1:4]', 1, 4],
    ['0 to 100', 0, 100],
    ['-90..90', -90, 90],
    ['-110..-48', -110, -48],
    ['0.000001..1.0', 0.000001, 1],
    ['0.00..100.00', 0, 100],
    [' 1 ..\n65534 ', 1, 65_534],
    ['0..2^32-1', 0, 4_294_967_295],
    ['0-2^16-1', 0, 65_535],
    ['-2^31..2^31-1', -2_147_483_648, 2_147_483_647],
    ['0..18446744073709551615', 0, 18_446_744_073_709_551_615n],
    ['-9223372036854775808..9223372036854775807', -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
  ])('%j is an interval', (text, min, max) => {
    for (const type of NUMBERS) expect(parseRange(text, type), type).toEqual({ kind: 'interval', min, max });
  });

  test('one number says what is the greatest', () => {
    expect(parseRange('255', 'integer')).toEqual({ kind: 'interval', min: undefined, max: 255 });
  });

  test.each([
    ['8-Bits', 255],
    ['8 bit', 255],
    ['16-bit', 65_535],
    ['64 bits', 18_446_744_073_709_551_615n],
  ])('%j is the width of an integer', (text, max) => {
    expect(parseRange(text, 'integer')).toEqual({ kind: 'interval', min: 0, max });
    expect(parseRange(text, 'float')).toBeUndefined();
  });

  test.each([
    ['0,1,2', [0, 1, 2]],
    ['5, 10, 15, 20', [5, 10, 15, 20]],
    ['1;2', [1, 2]],
    ['1 or 3', [1, 3]],
    ['-1, 1', [-1, 1]],
    ['0: off 1: on', [0, 1]],
    ['0:off, 1:on, 255:do-not-care', [0, 1, 255]],
    ['1 = FULL_ON\n2 = RECALL', [1, 2]],
  ])('%j are values', (text, values) => {
    expect(parseRange(text, 'integer')).toEqual({ kind: 'values', values });
  });

  test('intervals and values beside one another are intervals', () => {
    const intervals = [
      { min: 0, max: 3 },
      { min: 99, max: 99 },
    ];
    expect(parseRange('0..3, 99', 'integer')).toEqual({ kind: 'intervals', intervals });
    expect(parseRange('0; 3.8..20.5', 'float')).toMatchObject({ kind: 'intervals', intervals: [{}, { min: 3.8 }] });
  });

  /* prettier-ignore */
  test.each([
    '', 'x', '..', '0..', '..5', '5..0', '-30..-120', '0..x', '-24-24', '1-2-3', '<7 to >12.5', 'ON;OFF', '2 Instances', '1 bytes',
    '0..10,000', '1,000', '1,234,567', '007', '0..1 (see below)', '0x10', '1e3', '65 bits', '1,,2', ',', '0: 2G 1: 3G', '0: off', '[1:4',
    '٣', '0..1..2', '2^100', `1..${'9'.repeat(260)}`,
  ])('%j is not understood', (text) => {
    expect(parseRange(text, 'integer')).toBeUndefined();
  });

  test('a comma in a decimal is not between numbers', () => {
    expect(parseRange('0,5', 'float')).toBeUndefined();
    expect(parseRange('0, 5', 'float')).toEqual({ kind: 'values', values: [0, 5] });
  });
});

describe('ranges of text and bytes', () => {
  test.each([
    ['0..255', 0, 255],
    ['0-255 bytes', 0, 255],
    ['1..64 Bytes', 1, 64],
    ['4..63 characters', 4, 63],
    ['6', 0, 6],
    ['6 bytes', 0, 6],
    ['64 octets', 0, 64],
  ])('%j is a length', (text, min, max) => {
    for (const type of ['string', 'opaque'] as const) {
      expect(parseRange(text, type)).toEqual({ kind: 'length', min, max });
    }
  });

  test.each([
    ['16-32-48 bytes', [16, 32, 48]],
    ['0 or 26 Bytes', [0, 26]],
    ['16,32,48', [16, 32, 48]],
  ])('%j are lengths', (text, lengths) => {
    expect(parseRange(text, 'opaque')).toEqual({ kind: 'lengths', lengths });
    // Of text they could be its values when no unit says otherwise.
    expect(parseRange(text, 'string')).toEqual(text.includes('ytes') ? { kind: 'lengths', lengths } : undefined);
  });

  test('bits of bytes', () => {
    expect(parseRange('8 bit', 'opaque')).toEqual({ kind: 'length', min: 0, max: 1 });
    expect(parseRange('12-bits', 'opaque')).toEqual({ kind: 'length', min: 0, max: 2 });
    expect(parseRange('8 bit', 'string')).toBeUndefined();
  });

  test.each(['', 'listed in 5.3.1.1', '-1..5', '-5', '1.5', '0..2^60 bytes', '0..3, 99 bytes', 'bytes', '1-2-x bytes'])(
    '%j is not understood',
    (text) => {
      expect(parseRange(text, 'opaque')).toBeUndefined();
    },
  );
});

test('other types have no ranges', () => {
  for (const type of ['boolean', 'objlnk', 'corelnk', 'none'] as const)
    expect(parseRange('0..1', type)).toBeUndefined();
});

test('most of the ranges of the registered Objects are understood', async () => {
  const texts = new Map<string, ValueRange | undefined>();
  for (const { resources } of await ObjectRegistry.bundled()) {
    for (const { range, type } of resources.values()) {
      if (range !== undefined) texts.set(range, texts.get(range) ?? parseRange(range, type));
    }
  }
  expect(texts.size).toBe(141);
  expect([...texts].flatMap(([text, range]) => (range === undefined ? text : [])).sort()).toEqual([
    '-30..-120',
    '1 bytes',
    '10,26',
    '2 Instances',
    '2 bytes',
    '<7 to >12.5',
    'ON;OFF',
    'The possible values are those listed in the LwM2M Core Specification',
    'The possible values of Resource are listed in 5.3.1.1',
  ]);
});

const types = fc.constantFrom<ResourceType>(
  ...([
    'string',
    'integer',
    'unsignedInteger',
    'float',
    'boolean',
    'opaque',
    'time',
    'objlnk',
    'corelnk',
    'none',
  ] as const),
);
/* prettier-ignore */
const pieces = fc.constantFrom(
  '0', '1', '255', '-', '+', '.', '..', '...', ',', ';', ':', '=', ' ', '2^', '^', ' to ', ' or ', 'bytes', '-Bits', 'on', '[', ']', '–', '\n',
);

test('any text is a range or none, and its bounds are in order', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      types,
      (text, type) => {
        const range = parseRange(text, type);
        if (range?.kind === 'interval' && range.min !== undefined) expect(range.min <= range.max).toBe(true);
        if (range?.kind === 'length') expect(range.min <= range.max).toBe(true);
        for (const { min, max } of range?.kind === 'intervals' ? range.intervals : []) expect(min <= max).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each(['1: a', '1:  ', '0..1,', '1-', '0.', ' ', '2^1', '1,', '1 or ', '-'])(
  '%j again and again takes no time',
  (unit) => {
    const start = performance.now();
    for (const end of ['', ':', 'x', '9']) {
      const text = unit.repeat(Math.floor(255 / unit.length)) + end;
      for (const type of ['integer', 'opaque'] as const) parseRange(text, type);
    }
    expect(performance.now() - start).toBeLessThan(1000);
  },
);
