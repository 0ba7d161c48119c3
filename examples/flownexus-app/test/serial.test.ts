import { expect, test } from 'vitest';
import { Serial } from '../src/serial.ts';

test('one comes after another, also after one that fails', async () => {
  const serial = new Serial();
  const done: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = serial.run(async () => {
    await gate.promise;
    done.push('first');
    throw new Error('no');
  });
  const second = serial.run(() => Promise.resolve(done.push('second')));
  gate.resolve(undefined);
  await expect(first).rejects.toThrow('no');
  expect(await second).toBe(2);
  expect(done).toEqual(['first', 'second']);
});
