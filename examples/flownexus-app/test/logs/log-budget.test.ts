import { expect, test } from 'vitest';
import { LogBudget } from '../../src/logs/log-budget.ts';

test('so many entries and bytes of each endpoint in a minute, and what is more is told once', () => {
  let now = 0;
  const budget = new LogBudget({ entries: 2, bytes: 100, now: () => now });
  expect(['a', 'a', 'a', 'b', 'a'].map((endpoint) => budget.take(endpoint, '/20/0/4014', 10))).toEqual([true, true, false, true, false]); // prettier-ignore
  expect(budget.take('b', '/20/0/4016', 91)).toBe(false);
  expect(budget.take('b', '/20/0/4014', 90)).toBe(true);
  expect(budget.takeLeftOut()).toEqual([]);
  now = 60_000;
  expect(budget.takeLeftOut()).toEqual([
    { endpoint: 'a', path: '/20/0/4014', entries: 2, bytes: 20 },
    { endpoint: 'b', path: '/20/0/4016', entries: 1, bytes: 91 },
  ]);
  expect(budget.takeLeftOut()).toEqual([]);
  expect(budget.take('a', '/20/0/4014', 10)).toBe(true);
});

test('an entry that is larger than a minute may be is left out, also as the first', () => {
  let now = 0;
  const budget = new LogBudget({ entries: 2, bytes: 100, now: () => now });
  expect(budget.take('a', '/x', 101)).toBe(false);
  expect(budget.take('a', '/x', 102)).toBe(false);
  now = 60_000;
  expect(budget.takeLeftOut()).toEqual([{ endpoint: 'a', path: '/x', entries: 2, bytes: 203 }]);
});

test('endpoints are counted up to a bound', () => {
  const budget = new LogBudget({ entries: 1, bytes: 100, maximum: 1, now: () => 0 });
  expect([1, 2].map(() => budget.take('a', '/x', 1))).toEqual([true, false]);
  expect([1, 2].map(() => budget.take('b', '/x', 1))).toEqual([true, true]);
});

test('is spent when as much was left out as may be stored', () => {
  let now = 0;
  const budget = new LogBudget({ entries: 2, bytes: 100, now: () => now });
  const spent = ['a', 'a', 'a', 'a', 'b'].map((endpoint) => {
    budget.take(endpoint, '/x', 1);
    return budget.isSpent('a');
  });
  expect(spent).toEqual([false, false, false, true, true]);
  expect(budget.isSpent('b')).toBe(false);
  now = 60_000;
  expect(budget.isSpent('a')).toBe(false);
});
