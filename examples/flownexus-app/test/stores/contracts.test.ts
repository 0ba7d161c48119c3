import { associationStoreContract } from '@flownexus/dtls/testing';
import {
  bootstrapStoreContract,
  credentialStoreContract,
  observationStoreContract,
  operationStoreContract,
  registrationStoreContract,
} from '@flownexus/lwm2m-server/testing';
import { expect, test } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import type { Tables } from '../../src/database/tables.ts';
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

interface Case {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Runs all rules over one database, whose table is emptied for each: to make a database takes longer than a rule. */
async function keep(database: Database, table: keyof Tables, cases: readonly Case[]): Promise<void> {
  for (const { name, run } of cases) {
    await database.db.deleteFrom(table).execute();
    await run().catch((error: unknown) => {
      throw new Error(`not kept: ${name}`, { cause: error });
    });
  }
}

onEachDatabase('a store keeps the contract', (kind) => {
  /** A store, and another one over the same rows, as the next process has it. */
  const fixture =
    <T>(make: () => T): (() => { store: T; reopen: () => T }) =>
    () => ({ store: make(), reopen: make });

  test('of registrations', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    await keep(database, 'Registration', registrationStoreContract(fixture(() => registrationStore(database, unexpected)))); // prettier-ignore
  });

  test('of observations', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    await keep(database, 'Observation', observationStoreContract(fixture(() => observationStore(database, unexpected)))); // prettier-ignore
  });

  test('of operations', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    await keep(database, 'EndpointOperation', operationStoreContract(fixture(() => operationStore(database, unexpected)))); // prettier-ignore
  });

  test('of DTLS associations', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    await keep(database, 'DtlsAssociation', associationStoreContract(fixture(() => associationStore(database, 'lwm2m')))); // prettier-ignore
  });

  test('of bootstrap configurations', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    const make = () => {
      const store = bootstrapStore(database);
      const set = async (...change: Parameters<typeof store.set>): Promise<void> => {
        await store.set(...change);
      };
      return { ...store, set, list: () => store.list() };
    };
    await keep(database, 'BootstrapConfiguration', bootstrapStoreContract(fixture(make)));
  });

  test('of credentials', { timeout: 60_000 }, async () => {
    const database = await testDatabase(kind);
    const setup = () => {
      const store = credentialStore(database, 'lwm2m');
      return {
        store,
        set: async (...change: Parameters<typeof store.set>): Promise<void> => {
          await store.set(...change);
        },
        remove: async (name: string): Promise<void> => {
          await store.delete(name);
        },
      };
    };
    await keep(database, 'Credential', credentialStoreContract(setup));
  });
});

onEachDatabase('what a store was given', (kind) => {
  test('is there for the next process', async () => {
    const place = await databasePlace(kind);
    const first = await testDatabase(kind, place);
    await associationStore(first, 'lwm2m').save({ key: 'a', snapshot: Uint8Array.of(1) });
    await first.close();
    const [association] = await associationStore(await testDatabase(kind, place), 'lwm2m').load();
    expect([...(association?.snapshot ?? [])]).toEqual([1]);
  });
});
