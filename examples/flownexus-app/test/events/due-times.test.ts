import { expect, test } from 'vitest';
import { DueTimes } from '../../src/events/due-times.ts';

test('an endpoint that waits is taken at the earlier of its times, once', () => {
  const due = new DueTimes();
  due.add('a', 60_000);
  due.add('a', 5_000);
  due.add('a', 90_000);
  due.add('b', 60_000);
  expect(due.take(4_999)).toEqual([]);
  expect(due.take(5_000)).toEqual(['a']);
  expect(due.take(100_000)).toEqual(['b']);
  due.add('a', 101_000);
  expect(due.take(101_000)).toEqual(['a']);
});
