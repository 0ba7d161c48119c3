import { expect, test } from 'vitest';
import { NotificationOrder } from '../../src/engine/notification-order.ts';

/** RFC 7641 §3.4; an equal number counts as new. */
test.each([
  [1, 2, true],
  [2, 1, false],
  [5, 5, true],
  [0, 2 ** 23 - 1, true],
  [0, 2 ** 23, false],
  [2 ** 24 - 1, 0, true],
  [2 ** 23, 0, false],
  [2 ** 23 + 1, 0, true],
])('after %i, %i is new: %s', (first, second, fresh) => {
  const order = new NotificationOrder();
  expect(order.accept(first, 0)).toBe(true);
  expect(order.accept(second, 1000)).toBe(fresh);
});

test('a stale one does not count', () => {
  const order = new NotificationOrder();
  expect([order.accept(10, 0), order.accept(5, 0), order.accept(7, 0)]).toEqual([true, false, false]);
});
