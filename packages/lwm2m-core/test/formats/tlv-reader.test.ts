import { expect, test } from 'vitest';
import { Lwm2mError } from '../../src/errors.ts';
import { readTlvs } from '../../src/formats/tlv-reader.ts';
import { fromHex } from '../hex.ts';

test.each([
  ['', []],
  ['c100ff', [{ type: 3, id: 0, start: 2, end: 3 }]],
  ['e1010000', [{ type: 3, id: 256, start: 3, end: 4 }]],
  ['c80100', [{ type: 3, id: 1, start: 3, end: 3 }]],
  ['d8010000024141', [{ type: 3, id: 1, start: 5, end: 7 }]],
  ['0000', [{ type: 0, id: 0, start: 2, end: 2 }]],
  [
    '000180024003',
    [
      { type: 0, id: 1, start: 2, end: 2 },
      { type: 2, id: 2, start: 4, end: 4 },
      { type: 1, id: 3, start: 6, end: 6 },
    ],
  ],
])('%s', (hex, tlvs) => {
  const bytes = fromHex(hex);
  expect(readTlvs(bytes, 0, bytes.length)).toEqual(tlvs);
});

test.each(['c1', 'e100', 'c800', 'd00000', 'c100', 'd800ffffff00', 'd8000000'])('refuses %s', (hex) => {
  const bytes = fromHex(hex);
  expect(() => readTlvs(bytes, 0, bytes.length)).toThrow(Lwm2mError);
});

test('does not read beyond the end that it is given', () => {
  const bytes = fromHex('c201aabb');
  expect(() => readTlvs(bytes, 0, 3)).toThrow('expected 2 bytes, found 1 at offset 2');
});
