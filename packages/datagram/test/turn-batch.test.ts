import { expect, test } from 'vitest';
import { TurnBatch } from '../src/turn-batch.ts';

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('what is added in one turn is handed on at its end, in order', async () => {
  const delivered: number[] = [];
  const batch = new TurnBatch<number>(10, (item) => delivered.push(item));
  for (const item of [1, 2, 3]) batch.add(item);
  await Promise.resolve();
  expect(delivered).toEqual([]);
  await turn();
  expect(delivered).toEqual([1, 2, 3]);
  batch.add(4);
  await turn();
  expect(delivered).toEqual([1, 2, 3, 4]);
});

test('a full batch does not wait', async () => {
  const delivered: number[] = [];
  const batch = new TurnBatch<number>(2, (item) => delivered.push(item));
  for (const item of [1, 2, 3]) batch.add(item);
  expect(delivered).toEqual([1, 2]);
  await turn();
  expect(delivered).toEqual([1, 2, 3]);
});

test('what is added while others are handed on waits for its own turn', async () => {
  const delivered: number[] = [];
  const batch: TurnBatch<number> = new TurnBatch(10, (item) => {
    delivered.push(item);
    if (item < 3) batch.add(item + 2);
  });
  batch.add(1);
  batch.add(2);
  await turn();
  expect(delivered).toEqual([1, 2]);
  await turn();
  expect(delivered).toEqual([1, 2, 3, 4]);
});
