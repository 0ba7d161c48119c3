import { test } from 'vitest';
import { MemoryRegistrationStore, registrationStoreContract } from '../../src/testing/index.ts';

const cases = registrationStoreContract(() => {
  const store = new MemoryRegistrationStore();
  return { store, reopen: () => store };
});

test.each(cases)('$name', ({ run }) => run());
