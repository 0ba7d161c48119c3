import { describe, expect, test } from 'vitest';
import { decodeSenmlCbor, encodeSenmlCbor, SenmlError } from '@flownexus/senml';
import type { SenmlNumber, SenmlRecord } from '@flownexus/senml';
import { fromHex, toHex } from './hex.ts';

const value = (hex: string): SenmlNumber | undefined => decodeSenmlCbor(fromHex(`81a102${hex}`))[0]?.v;

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SenmlError) return error.code;
    throw error;
  }
  return undefined;
}

describe('decodeSenmlCbor', () => {
  test.each([
    ['00', 0],
    ['1b0000000000000005', 5],
    ['1b0020000000000000', 9007199254740992n],
    ['1bffffffffffffffff', 18446744073709551615n],
    ['3b7fffffffffffffff', -9223372036854775808n],
    ['3affffffff', -4294967296],
    ['f93e00', 1.5],
    ['fa7f7fffff', 3.4028234663852886e38],
    ['fb3ff199999999999a', 1.1],
    ['f97e00', Number.NaN],
    ['c48221196ab3', 273.15],
    ['c482201b0de0b6b3a7640001', 100000000000000000.1],
  ])('the number %s', (hex, expected) => {
    expect(value(hex)).toEqual(expected);
  });

  test('refuses integers beyond int64 and uint64', () => {
    expect(codeOf(() => value('3b8000000000000000'))).toBe('ERR_SENML_RECORD');
    expect(codeOf(() => value('c249010000000000000000'))).toBe('ERR_SENML_CBOR');
  });

  test('takes indefinite lengths and chunked strings', () => {
    expect(decodeSenmlCbor(fromHex('9fbf007f612f613360ff0203ffff'))).toEqual([{ n: '/3', v: 3 }]);
    expect(decodeSenmlCbor(fromHex('81a2085f41014100ff006161'))).toEqual([{ vd: Uint8Array.of(1, 0), n: 'a' }]);
  });

  test('takes text labels, as LwM2M sends vlo', () => {
    expect(decodeSenmlCbor(fromHex('81a2616e616163766c6f63313a32'))).toEqual([{ n: 'a', vlo: '1:2' }]);
  });

  test('ignores labels it does not know, unless they must be understood', () => {
    expect(decodeSenmlCbor(fromHex('81a41863a0617880f500006161'))).toEqual([{ n: 'a' }]);
    expect(codeOf(() => decodeSenmlCbor(fromHex('81a162785f01')))).toBe('ERR_SENML_RECORD');
    expect(codeOf(() => decodeSenmlCbor(fromHex('81a1695f5f70726f746f5f5fa0')))).toBe('ERR_SENML_RECORD');
  });

  test('copies opaque values out of the datagram', () => {
    const bytes = fromHex('81a10843abcdef');
    const [record] = decodeSenmlCbor(bytes);
    bytes.fill(0);
    expect(record?.vd).toEqual(Uint8Array.of(0xab, 0xcd, 0xef));
    expect(record?.vd?.buffer.byteLength).toBe(3);
  });

  test('takes a Buffer out of a pool and leaves it alone', () => {
    const bytes = Buffer.concat([Buffer.from('81a10843abcdef', 'hex')]);
    expect(decodeSenmlCbor(bytes)).toEqual([{ vd: Uint8Array.of(0xab, 0xcd, 0xef) }]);
    expect(Object.keys(bytes).filter((key) => !/^\d+$/.test(key))).toEqual([]);
  });

  test.each([
    ['a0', 'ERR_SENML_CBOR'],
    ['8101', 'ERR_SENML_CBOR'],
    ['8180', 'ERR_SENML_CBOR'],
    ['81a200010001', 'ERR_SENML_CBOR'],
    ['81a10001', 'ERR_SENML_RECORD'],
    ['81a102f6', 'ERR_SENML_RECORD'],
    ['81a1026131', 'ERR_SENML_RECORD'],
    ['81a1086131', 'ERR_SENML_RECORD'],
    ['81a106f97e00', 'ERR_SENML_RECORD'],
  ])('rejects %s with %s', (hex, code) => {
    expect(codeOf(() => decodeSenmlCbor(fromHex(hex)))).toBe(code);
  });

  test.each<[string, SenmlRecord]>([
    ['02fb4039000000000000', { v: 25, float: true }],
    ['02f94e40', { v: 25, float: true }],
    ['02fb4415af1d78b58c40', { v: 1e20, float: true }],
    ['02fb3ff8000000000000', { v: 1.5 }],
    ['021819', { v: 25 }],
    ['24f94d00', { bv: 20, bvFloat: true }],
    ['22f94d00', { bt: 20 }],
    ['05f94d00', { s: 20 }],
    ['20f94900', { bver: 10 }],
  ])('tells an integral float from an integer: %s', (hex, record) => {
    expect(decodeSenmlCbor(fromHex(`81a1${hex}`))).toEqual([record]);
  });

  test('an integral float stays one when it is encoded again', () => {
    for (const hex of ['81a202fb403900000000000024fb4034000000000000', '81a20218192414', '81a102fb8000000000000000']) {
      expect(toHex(encodeSenmlCbor(decodeSenmlCbor(fromHex(hex))))).toBe(hex);
    }
  });

  test.each([
    ['83a1006161a1006162a10001', 9, 2],
    ['9fa16178820102a1006162bf02f93c000360ffff', 11, 2],
    ['82a1000105', 1, 0],
    ['82a100616105', 5, 1],
  ])('says where the record is that is wrong: %s', (hex, offset, record) => {
    let error: unknown;
    try {
      decodeSenmlCbor(fromHex(hex));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SenmlError);
    expect(error).toMatchObject({ offset, record });
  });

  test('bounds the records', () => {
    const limits = { maxBytes: 100, maxNesting: 3, maxItems: 100, maxRecords: 2, maxNameLength: 10 };
    expect(codeOf(() => decodeSenmlCbor(fromHex('83a0a0a0'), limits))).toBe('ERR_SENML_LIMIT');
  });
});

describe('encodeSenmlCbor', () => {
  const encode = (record: SenmlRecord): string => toHex(encodeSenmlCbor([record]));

  test.each([
    [{ v: 23 }, '0217'],
    [{ v: 24 }, '021818'],
    [{ v: -25 }, '023818'],
    [{ v: 65536 }, '021a00010000'],
    [{ v: 4294967296 }, '021b0000000100000000'],
    [{ v: -4294967297 }, '023b0000000100000000'],
    [{ v: 18446744073709551615n }, '021bffffffffffffffff'],
    [{ v: 5n }, '0205'],
    [{ v: 22, float: true }, '02fb4036000000000000'],
    [{ v: 2 ** 60 }, '02fb43b0000000000000'],
    [{ v: 1.1 }, '02fb3ff199999999999a'],
    [{ vs: 'é' }, '0362c3a9'],
    [{ vb: true }, '04f5'],
    [{ vd: Uint8Array.of(1) }, '084101'],
    [{ vlo: '1:2' }, '63766c6f63313a32'],
  ])('%o', (record, hex) => {
    expect(encode(record)).toBe(`81a1${hex}`);
  });

  test('puts bn, bt, n, t and the value first', () => {
    expect(encode({ u: 'A', v: 1, t: 2, n: 'n', bt: 3, bn: 'b', ut: 4, s: 5, bver: 10, bs: 6, bv: 7, bu: 'B' })).toBe(
      '81ac2161622203' + '00616e06020201' + '23614224072506200a0161410505' + '0704',
    );
  });

  test('rejects what does not fit', () => {
    expect(codeOf(() => encodeSenmlCbor([{ v: 2n ** 64n }]))).toBe('ERR_SENML_RECORD');
    expect(codeOf(() => encodeSenmlCbor([{ v: 1, vs: '' }]))).toBe('ERR_SENML_RECORD');
  });
});
