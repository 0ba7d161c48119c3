import { describe, expect, test } from 'vitest';
import { checkCbor, decodeCbor, DEFAULT_LIMITS, SenmlError } from '@flownexus/senml';
import { fromHex } from './hex.ts';

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SenmlError) return error.code;
    throw error;
  }
  return undefined;
}

describe('checkCbor', () => {
  // RFC 8949 appendix A.
  test.each([
    '00',
    '1903e8',
    '1bffffffffffffffff',
    '3bffffffffffffffff',
    'f90000',
    'fa47c35000',
    'fb7e37e43c8800759c',
    'f4',
    'f6',
    'f7',
    '40',
    '4401020304',
    '60',
    '62c3bc',
    '64f0908591',
    '80',
    '83010203',
    '8301820203820405',
    'a0',
    'a201020304',
    'a26161016162820203',
    '5f42010243030405ff',
    '7f657374726561646d696e67ff',
    '9fff',
    '9f018202039f0405ffff',
    'bf61610161629f0203ffff',
    '826161bf61626163ff',
    'c48221196ab3',
  ])('takes %s', (hex) => {
    expect(() => checkCbor(fromHex(hex))).not.toThrow();
  });

  // RFC 8949 appendix F, and what the engine behind would give a meaning of its own.
  test.each([
    '',
    '18',
    '19',
    '1a00',
    '38',
    '58',
    '7801',
    'f9',
    'fb0000',
    '41',
    '61',
    '5affffffff00',
    '5bffffffffffffffff010203',
    '7affffffff00',
    '7b7fffffffffffffff010203',
    '81',
    '8181818181',
    '8200',
    'a1',
    'a20102',
    'a100',
    'a2000000',
    'c0',
    '9bffffffffffffffff',
    'bbffffffffffffffff',
    'bb8000000000000000',
    '5f4100',
    '7f6100',
    '9f',
    '9f0102',
    'bf',
    'bf01020102',
    '819f',
    '9f8000',
    '9f9f9f9f9fffffffff',
    '9f819f819f9fffffff',
    '1c',
    '1d',
    '1e',
    '3c',
    '5d',
    '7e',
    '9c',
    'bd',
    'dc',
    'fc',
    'fe',
    'f800',
    'f81f',
    'f8ff',
    'e0',
    'f0',
    'f3',
    '5f00ff',
    '5f21ff',
    '5f6100ff',
    '5f80ff',
    '5fc000ff',
    '5fe0ff',
    '7f4100ff',
    '5f5f4100ffff',
    '7f7f6100ffff',
    'ff',
    '81ff',
    '8200ff',
    'a1ff',
    'a100ff',
    '9fff00',
    'bf00ff',
    'bf000000ff',
    '1f',
    '3f',
    'df',
    '61ff',
    '62c328',
    '63eda080',
    '64f4908080',
    '7f61c361a9ff',
    '0000',
    'c074323031332d30332d32315432303a30343a30305a',
    'c101',
    'c24101',
    'c500',
    'c5820001',
    'd81c820001',
    'd90102820001',
    'd833820001',
    'c400',
    'c48101',
    'c4820161',
    'c482c40101',
    'd818',
    'd81900',
    'd81c80',
    'd81d00',
    'd869820080',
    'd9dfff820080',
    'd90103a0',
    'd9010280',
    'd81b8100',
    'd8404101',
    'da7265637300',
    'd9d9f700',
  ])('refuses %s', (hex) => {
    expect(codeOf(() => checkCbor(fromHex(hex)))).toBe('ERR_SENML_CBOR');
    expect(codeOf(() => decodeCbor(fromHex(hex)))).toBe('ERR_SENML_CBOR');
  });

  test('says what was expected, what was found, and where', () => {
    expect(() => checkCbor(fromHex('820161'))).toThrow(
      'expected a string of the announced length, found the end at offset 3',
    );
  });

  test('bounds bytes, nesting and items', () => {
    const limits = { maxBytes: 8, maxNesting: 2, maxItems: 4 };
    expect(codeOf(() => checkCbor(new Uint8Array(9), limits))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => checkCbor(fromHex('818180'), limits))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => checkCbor(fromHex('8180'), limits))).toBeUndefined();
    expect(codeOf(() => checkCbor(fromHex('83010203'), limits))).toBeUndefined();
    expect(codeOf(() => checkCbor(fromHex('8401020304'), limits))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => checkCbor(fromHex('5f404040404040ff'), limits))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => checkCbor(new Uint8Array(DEFAULT_LIMITS.maxBytes).fill(0x81)))).toBe('ERR_SENML_LIMIT');
    expect(codeOf(() => checkCbor(new Uint8Array(DEFAULT_LIMITS.maxBytes).fill(0x9f)))).toBe('ERR_SENML_LIMIT');
  });
});

describe('decodeCbor', () => {
  test('joins chunks at any depth', () => {
    expect(decodeCbor(fromHex('837f61616162ff815f4101ffbf7f60ff5fffff'))).toEqual([
      'ab',
      [Uint8Array.of(1)],
      new Map([['', new Uint8Array()]]),
    ]);
  });

  test('long text survives', () => {
    for (const text of ['ä'.repeat(40), '👨‍👩‍👧'.repeat(30), 'x'.repeat(5000)]) {
      const content = new TextEncoder().encode(text);
      const bytes = Uint8Array.of(0x79, content.length >> 8, content.length & 255, ...content);
      expect(decodeCbor(bytes)).toBe(text);
    }
  });
});
