import { expect, test } from 'vitest';
import { MinuteRate } from '../../src/statistics/minute-rate.ts';

test('what is older than a minute does not count any more', () => {
  let now = 500;
  const rate = new MinuteRate(() => now);
  expect(rate.perMinute).toBe(0);
  rate.add(5);
  now += 30_000;
  rate.add(3);
  expect(rate.perMinute).toBe(8);
  now += 29_000;
  expect(rate.perMinute).toBe(8);
  now += 1_000;
  expect(rate.perMinute).toBe(3);
  now += 10_000_000;
  expect(rate.perMinute).toBe(0);
  rate.add(1);
  expect(rate.perMinute).toBe(1);
});
