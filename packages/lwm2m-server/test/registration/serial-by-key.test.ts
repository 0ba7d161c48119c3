import { expect, test } from 'vitest';
import { SerialByKey } from '../../src/registration/serial-by-key.ts';

test('a synchronous task runs at once and leaves nothing behind', () => {
  const serial = new SerialByKey();
  expect(serial.run('a', () => 7)).toBe(7);
  expect(serial.length('a')).toBe(0);
});

test('tasks of one key follow one another, those of others do not wait', async () => {
  const serial = new SerialByKey();
  const order: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = serial.run('a', async () => {
    order.push('a1 begins');
    await gate.promise;
    order.push('a1 ends');
  });
  const second = serial.run('a', () => {
    order.push('a2');
  });
  const third = serial.run('a', () => {
    order.push('a3');
  });
  void serial.run('b', () => {
    order.push('b');
  });
  expect(serial.length('a')).toBe(3);
  expect(order).toEqual(['a1 begins', 'b']);
  gate.resolve(undefined);
  await Promise.all([first, second, third]);
  expect(order).toEqual(['a1 begins', 'b', 'a1 ends', 'a2', 'a3']);
  await Promise.resolve();
  expect(serial.length('a')).toBe(0);
});

test('a failed task is its own affair', async () => {
  const serial = new SerialByKey();
  const first = serial.run('a', () => Promise.reject(new Error('no')));
  const second = serial.run('a', () => 2);
  await expect(first).rejects.toThrow('no');
  await expect(second).resolves.toBe(2);
  expect(() =>
    serial.run('c', () => {
      throw new Error('sync');
    }),
  ).toThrow('sync');
  expect(serial.length('c')).toBe(0);
});
