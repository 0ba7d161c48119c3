import { expect, test } from 'vitest';
import { testDatabase } from '../support/test-database.ts';

test('the latest snapshot of each association is kept until it is deleted', async () => {
  const { associations } = (await testDatabase()).database;
  associations.set({ key: 'a', snapshot: new Uint8Array([1]) });
  associations.set({ key: 'b', snapshot: new Uint8Array([2]) });
  associations.set({ key: 'a', snapshot: new Uint8Array([0, 3]) });
  associations.delete('b');
  associations.delete('c');
  expect([...associations.all()]).toEqual([{ key: 'a', snapshot: new Uint8Array([0, 3]) }]);
});
