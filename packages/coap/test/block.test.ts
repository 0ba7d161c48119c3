import { describe, expect, test } from 'vitest';
import {
  blockOption,
  blockSize,
  decodeBlock,
  encodeBlock,
  largestSzx,
  OptionNumber,
  type BlockValue,
} from '../src/index.ts';
import { fromHex, toHex } from './message-vectors.ts';

describe('block option', () => {
  // num/more/size as in the examples of RFC 7959 §3
  test.each<[hex: string, num: number, more: boolean, size: number]>([
    ['', 0, false, 16],
    ['08', 0, true, 16],
    ['0b', 0, true, 128],
    ['1b', 1, true, 128],
    ['23', 2, false, 128],
    ['26', 2, false, 1024],
    ['f8', 15, true, 16],
    ['0100', 16, false, 16],
    ['fffe', 4095, true, 1024],
    ['010006', 4096, false, 1024],
    ['fffffe', 0xf_ffff, true, 1024],
  ])('%j is block %d, more %s, of %d bytes', (hex, num, more, size) => {
    const block: BlockValue = { num, more, szx: largestSzx(size) };
    expect(decodeBlock(fromHex(hex))).toEqual(block);
    expect(toHex(encodeBlock(block))).toBe(hex);
    expect(blockSize(block.szx)).toBe(size);
  });

  test('decodes leading zeros', () => {
    expect(decodeBlock(fromHex('000016'))).toEqual({ num: 1, more: false, szx: 6 });
  });

  test.each([
    ['07', 128],
    ['0f', 128],
    ['fffff7', 128],
    ['00000006', 130],
  ])('refuses %s with %d', (hex, responseCode) => {
    expect(() => decodeBlock(fromHex(hex))).toThrow(expect.objectContaining({ code: 'ERR_COAP_BLOCK', responseCode }));
  });

  test.each<BlockValue>([
    { num: 0x10_0000, more: false, szx: 0 },
    { num: -1, more: false, szx: 0 },
    { num: 0.5, more: false, szx: 0 },
    { num: 0, more: false, szx: 7 },
    { num: 0, more: false, szx: -1 },
  ])('does not encode %j', (block) => {
    expect(() => encodeBlock(block)).toThrow(RangeError);
  });

  test('largestSzx rounds down and stops at 1024', () => {
    expect([16, 31, 32, 63, 512, 1023, 1024, 5000, 2 ** 40].map(largestSzx)).toEqual([0, 0, 1, 1, 5, 5, 6, 6, 6]);
    for (const size of [15, 0, -1, Number.NaN]) expect(() => largestSzx(size)).toThrow(RangeError);
  });

  test('blockOption finds it', () => {
    const options = [{ number: OptionNumber.BLOCK1, value: fromHex('1e') }];
    expect(blockOption(options, OptionNumber.BLOCK1)).toEqual({ num: 1, more: true, szx: 6 });
    expect(blockOption(options, OptionNumber.BLOCK2)).toBeUndefined();
  });
});
