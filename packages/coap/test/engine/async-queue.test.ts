import { expect, test } from 'vitest';
import { AsyncQueue } from '../../src/engine/async-queue.ts';

const quiet = (): void => undefined;

test('gives items in order, those that wait and those that are waited for', async () => {
  const queue = new AsyncQueue<number>(quiet);
  queue.push(1);
  queue.push(2);
  const taken = [queue.next(), queue.next(), queue.next(), queue.next()];
  queue.push(3);
  queue.end();
  queue.push(4);
  expect(await Promise.all(taken)).toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: false, value: 3 },
    { done: true, value: undefined },
  ]);
});

test('a failure comes after the items, once', async () => {
  const queue = new AsyncQueue<number>(quiet);
  queue.push(1);
  queue.end({ error: new Error('over') });
  queue.end({ error: new Error('again') });
  await expect(queue.next()).resolves.toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow('over');
  await expect(queue.next()).resolves.toEqual({ done: true, value: undefined });
});

test('a failure comes to one that waits', async () => {
  const queue = new AsyncQueue<number>(quiet);
  const next = queue.next();
  queue.end({ error: new Error('over') });
  await expect(next).rejects.toThrow('over');
});

test('leaving the loop tells it, and drops what waits', async () => {
  let returned = 0;
  const queue = new AsyncQueue<number>(() => {
    returned += 1;
  });
  queue.push(1);
  queue.push(2);
  for await (const item of queue) {
    expect(item).toBe(1);
    break;
  }
  expect(returned).toBe(1);
  await expect(queue.next()).resolves.toEqual({ done: true, value: undefined });
});
