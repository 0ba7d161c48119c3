import { expect, test } from 'vitest';
import { MessageRate } from '../../src/lwm2m/message-rate.ts';

test('an endpoint is heard so often in a minute, and again in the next', () => {
  let now = 30_000;
  const rate = new MessageRate({ perMinute: () => 2, maximum: 10, now: () => now });
  expect([rate.take('a'), rate.take('a'), rate.take('a'), rate.take('b')]).toEqual([
    undefined,
    undefined,
    30,
    undefined,
  ]);
  now = 59_999;
  expect(rate.take('a')).toBe(1);
  now = 60_000;
  expect(rate.take('a')).toBeUndefined();
});

test('so many endpoints are counted', () => {
  const rate = new MessageRate({ perMinute: () => 1, maximum: 1, now: () => 0 });
  expect([rate.take('a'), rate.take('b'), rate.take('b'), rate.take('a')]).toEqual([
    undefined,
    undefined,
    undefined,
    60,
  ]);
});
