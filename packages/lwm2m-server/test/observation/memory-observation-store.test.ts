import { describe, test } from 'vitest';
import { MemoryObservationStore } from '../../src/index.ts';
import { observationStoreContract } from '../../src/testing/index.ts';

describe('MemoryObservationStore', () => {
  for (const { name, run } of observationStoreContract(() => ({ store: new MemoryObservationStore() })))
    test(name, run);
});
