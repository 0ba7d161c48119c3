import { expect, onTestFinished, test, vi } from 'vitest';
import { UnstoredEnds } from '../../src/lwm2m/unstored-ends.ts';

const RETRY_MS = 1_000;

function openEnds(maximum = 100) {
  vi.useFakeTimers();
  const stored: [string, number][] = [];
  const failing = new Set<string>();
  const ends = new UnstoredEnds({
    store: (endpoint, at) => {
      if (failing.has(endpoint) || failing.has('all')) return Promise.reject(new Error('the disk is full'));
      stored.push([endpoint, at]);
      return Promise.resolve();
    },
    maximum,
    retryMs: RETRY_MS,
  });
  onTestFinished(() => {
    ends.stop();
    vi.useRealTimers();
  });
  return { ends, stored, failing, nextTry: () => vi.advanceTimersByTimeAsync(RETRY_MS) };
}

test('an end is tried again until it is stored, and no longer', async () => {
  const { ends, stored, failing, nextTry } = openEnds();
  failing.add('all');
  ends.add('a', 5);
  await nextTry();
  await nextTry();
  expect(stored).toEqual([]);
  failing.clear();
  await nextTry();
  expect(stored).toEqual([['a', 5]]);
  expect(ends.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('one that can never be stored does not keep the others back', async () => {
  const { ends, stored, failing, nextTry } = openEnds(5_000);
  failing.add('e0');
  for (let index = 0; index < 2_500; index += 1) ends.add(`e${String(index)}`, index);
  await nextTry();
  expect(stored).toHaveLength(2_499);
  expect(ends.size).toBe(1);
});

test('an endpoint that registers anew is not ended after that', async () => {
  const { ends, stored, nextTry } = openEnds();
  ends.add('a', 5);
  await ends.supersede('a', () => Promise.resolve());
  await nextTry();
  expect(stored).toEqual([]);
});

test('not even when it registers while its end is tried', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let fail = (): void => undefined;
  const store = vi.fn(() => new Promise<void>((_, reject) => (fail = () => reject(new Error('no')))));
  const ends = new UnstoredEnds({ store, retryMs: RETRY_MS });
  ends.add('a', 5);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  await ends.supersede('a', () => Promise.resolve());
  fail();
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(store).toHaveBeenCalledTimes(1);
});

test('an endpoint whose registration could not be stored has still ended', async () => {
  const { ends, stored, nextTry } = openEnds();
  ends.add('a', 5);
  await expect(ends.supersede('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await nextTry();
  expect(stored).toEqual([['a', 5]]);
});

test('it holds no more than it may, and nothing after it stopped', async () => {
  const { ends, stored, nextTry } = openEnds(2);
  for (const name of ['a', 'b', 'c']) ends.add(name, 1);
  expect(ends.size).toBe(2);
  ends.stop();
  ends.add('d', 1);
  expect(ends.size).toBe(0);
  await nextTry();
  expect(stored).toEqual([]);
});
