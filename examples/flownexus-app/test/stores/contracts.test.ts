import { associationStoreContract } from '@flownexus/dtls/testing';
import {
  bootstrapStoreContract,
  credentialStoreContract,
  observationStoreContract,
  operationStoreContract,
  registrationStoreContract,
} from '@flownexus/lwm2m-server/testing';
import { describe, test } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import { associationStore } from '../../src/stores/association-store.ts';
import { bootstrapStore } from '../../src/stores/bootstrap-store.ts';
import { credentialStore } from '../../src/stores/credential-store.ts';
import { observationStore } from '../../src/stores/observation-store.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import { registrationStore } from '../../src/stores/registration-store.ts';
import { databasePlace, onEachDatabase, testDatabase } from '../support/test-database.ts';

const unexpected = (error: unknown): never => {
  throw error;
};

onEachDatabase('a store keeps its contract', (kind) => {
  /** A store, and how the next process finds it. */
  const fixture = async <T>(make: (database: Database) => T): Promise<{ store: T; reopen: () => Promise<T> }> => {
    const place = await databasePlace(kind);
    const first = await testDatabase(kind, place);
    const reopen = async (): Promise<T> => {
      await first.close();
      return make(await testDatabase(kind, place));
    };
    return { store: make(first), reopen };
  };

  describe('of registrations', () => {
    test.each(registrationStoreContract(() => fixture((database) => registrationStore(database, unexpected))))('$name', ({ run }) => run()); // prettier-ignore
  });
  describe('of observations', () => {
    test.each(observationStoreContract(() => fixture((database) => observationStore(database, unexpected))))('$name', ({ run }) => run()); // prettier-ignore
  });
  describe('of operations', () => {
    test.each(operationStoreContract(() => fixture((database) => operationStore(database, unexpected))))('$name', ({ run }) => run()); // prettier-ignore
  });
  describe('of DTLS associations', () => {
    test.each(associationStoreContract(() => fixture((database) => associationStore(database, 'lwm2m'))))('$name', ({ run }) => run()); // prettier-ignore
  });
  describe('of bootstrap configurations', () => {
    const setup = () =>
      fixture((database) => {
        const store = bootstrapStore(database);
        return { ...store, set: async (...change: Parameters<typeof store.set>) => { await store.set(...change); }, list: () => store.list() }; // prettier-ignore
      });
    test.each(bootstrapStoreContract(setup))('$name', ({ run }) => run());
  });
  describe('of credentials', () => {
    const setup = async () => {
      const store = credentialStore(await testDatabase(kind), 'lwm2m');
      return {
        store,
        set: async (...change: Parameters<typeof store.set>) => {
          await store.set(...change);
        },
        remove: async (name: string) => {
          await store.delete(name);
        },
      };
    };
    test.each(credentialStoreContract(setup))('$name', ({ run }) => run());
  });
});
