import { describe, test } from 'vitest';
import { associationStoreContract } from '../../src/testing/index.ts';
import { MemoryStore } from './stores.ts';

describe('the store in memory of other tests keeps the contract', () => {
  test.each(
    associationStoreContract(() => {
      const store = new MemoryStore();
      return { store, reopen: () => store };
    }),
  )('$name', ({ run }) => run());
});
