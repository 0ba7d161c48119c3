import { expect, test } from 'vitest';
import { EarlyList } from '../../../src/handshake/session/early-list.ts';
import { MAX_EARLY_BYTES, MAX_EARLY_RECORDS } from '../../../src/limits.ts';

test('items come out once, in their order', () => {
  const list = new EarlyList<string>();
  for (const item of ['a', 'b', 'c']) expect(list.keep(item, 1)).toBe(true);
  expect(list.take()).toEqual(['a', 'b', 'c']);
  expect(list.take()).toEqual([]);
});

test('their number and their bytes are bounded, and taking them makes room', () => {
  const list = new EarlyList<number>();
  for (let round = 0; round < 2; round += 1) {
    for (let item = 0; item < MAX_EARLY_RECORDS; item += 1) expect(list.keep(item, 0)).toBe(true);
    expect(list.keep(99, 0)).toBe(false);
    list.take();
    expect(list.keep(0, MAX_EARLY_BYTES)).toBe(true);
    expect(list.keep(1, 1)).toBe(false);
    expect(list.take()).toEqual([0]);
  }
});
