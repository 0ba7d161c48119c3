import { expect, test } from 'vitest';
import { sipHash } from '../../src/engine/siphash.ts';
import { fromHex, toHex } from '../message-vectors.ts';

// The reference implementation's vectors (vectors_sip64): the key 00 01 … 0f, and for each length n the data 00 01 … n-1. The one of
// 15 bytes is that of the paper's appendix.
test.each([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [3, '2d7efbd796666785'],
  [4, 'b7877127e09427cf'],
  [5, '8da699cd64557618'],
  [6, 'cee3fe586e46c9cb'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [9, 'b0e4a90bdf82009e'],
  [10, 'f3b9dd94c5bb5d7a'],
  [11, 'a7ad6b22462fb3f4'],
  [12, 'fbe50e86bc8f1e75'],
  [13, '903d84c02756ea14'],
  [14, 'eef27a8e90ca23f7'],
  [15, 'e545be4961ca29a1'],
  [63, '724506eb4c328a95'],
])('of %d bytes', (length, hash) => {
  const key = fromHex('000102030405060708090a0b0c0d0e0f');
  expect(
    toHex(
      sipHash(
        key,
        Uint8Array.from({ length }, (_, index) => index),
      ),
    ),
  ).toBe(hash);
});

test('with a key that is a view', () => {
  const key = fromHex('ff000102030405060708090a0b0c0d0e0fff').subarray(1, 17);
  expect(toHex(sipHash(key, new Uint8Array(0)))).toBe('310e0edd47db6f72');
});
