import { describe, test } from 'vitest';
import { MemoryBootstrapStore } from '../../src/index.ts';
import { bootstrapStoreContract } from '../../src/testing/index.ts';

describe('keeps the contract of a store of bootstrap configurations', () => {
  const cases = bootstrapStoreContract(() => ({ store: new MemoryBootstrapStore() }));
  test.each(cases)('$name', ({ run }) => run());
});
