import { expect, test, vi } from 'vitest';
import { AssociationSaver } from '../src/association-saver.ts';
import { testDatabase } from './support/test-database.ts';

const snapshot = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

test('what is saved and removed in one turn is one transaction, in which the latest counts', async () => {
  const { database } = await testDatabase();
  const transactions = vi.spyOn(database, 'transaction');
  const saver = new AssociationSaver(database);
  await Promise.all([
    saver.save({ key: 'a', snapshot: snapshot(1) }),
    saver.save({ key: 'b', snapshot: snapshot(2) }),
    saver.save({ key: 'a', snapshot: snapshot(3) }),
    saver.remove('b'),
    saver.remove('c'),
    saver.save({ key: 'c', snapshot: snapshot(4) }),
  ]);
  expect(transactions).toHaveBeenCalledTimes(1);
  expect([...saver.load()]).toEqual([
    { key: 'a', snapshot: snapshot(3) },
    { key: 'c', snapshot: snapshot(4) },
  ]);
});

test('nothing is said to be saved before it is', async () => {
  const { database } = await testDatabase();
  const saver = new AssociationSaver(database);
  const saved = saver.save({ key: 'a', snapshot: snapshot(1) });
  expect([...saver.load()]).toEqual([]);
  await saved;
  expect([...saver.load()]).toHaveLength(1);
});

test('a transaction that fails rejects all of it, and the next one is another', async () => {
  const { database } = await testDatabase();
  const saver = new AssociationSaver(database);
  vi.spyOn(database, 'transaction').mockImplementationOnce(() => {
    throw new Error('the disk is full');
  });
  const [first, second] = [saver.save({ key: 'a', snapshot: snapshot(1) }), saver.remove('b')];
  await expect(first).rejects.toThrow('the disk is full');
  await expect(second).rejects.toThrow('the disk is full');
  await saver.save({ key: 'a', snapshot: snapshot(2) });
  expect([...saver.load()]).toEqual([{ key: 'a', snapshot: snapshot(2) }]);
});
