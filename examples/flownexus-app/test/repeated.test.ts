import { expect, test } from 'vitest';
import { Repeated } from '../src/repeated.ts';

test('goes on after a run that fails, one run at a time, and ends when it is stopped', async () => {
  const errors: unknown[] = [];
  let runs = 0;
  let atOnce = 0;
  let most = 0;
  const repeated = new Repeated({
    everyMs: 1,
    run: async () => {
      runs += 1;
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      if (runs === 1) throw new Error('the database is away');
    },
    onError: (error) => errors.push(error),
  });
  repeated.start();
  await expect.poll(() => runs).toBeGreaterThan(2);
  await repeated.stop();
  expect(repeated.stopping.aborted).toBe(true);
  expect({ most, atOnce, errors: errors.length }).toEqual({ most: 1, atOnce: 0, errors: 1 });
  const before = runs;
  repeated.start();
  await repeated.stop();
  expect(runs).toBe(before);
});
