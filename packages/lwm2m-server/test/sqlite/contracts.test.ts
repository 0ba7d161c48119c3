import { associationStoreContract } from '@flownexus/dtls/testing';
import { describe, onTestFinished, test } from 'vitest';
import { openSqliteStores, type SqliteStores } from '../../src/sqlite/index.ts';
import {
  bootstrapStoreContract,
  credentialStoreContract,
  firmwareStoreContract,
  observationStoreContract,
  operationStoreContract,
  registrationStoreContract,
} from '../../src/testing/index.ts';
import { sqliteFile } from './sqlite-file.ts';

/** Stores in a new file, and how another process finds them. */
function setUp(): { readonly stores: SqliteStores; readonly reopen: () => SqliteStores } {
  const file = sqliteFile();
  let stores = openSqliteStores({ file });
  onTestFinished(() => stores.close());
  return {
    stores,
    reopen: () => {
      stores.close();
      stores = openSqliteStores({ file });
      return stores;
    },
  };
}

describe('associations in SQLite keep the contract', () => {
  const cases = associationStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.associations, reopen: () => reopen().associations };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('credentials in SQLite keep the contract', () => {
  const cases = credentialStoreContract(() => {
    const { credentials } = setUp().stores;
    return {
      store: credentials,
      set: (endpointName, credential) => credentials.set(endpointName, credential),
      remove: async (endpointName) => {
        await credentials.delete(endpointName);
      },
    };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('bootstrap configurations in SQLite keep the contract', () => {
  const cases = bootstrapStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.bootstrapConfigurations, reopen: () => reopen().bootstrapConfigurations };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('operations in SQLite keep the contract', () => {
  const cases = operationStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.operations, reopen: () => reopen().operations };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('registrations in SQLite keep the contract', () => {
  const cases = registrationStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.registrations, reopen: () => reopen().registrations };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('observations in SQLite keep the contract', () => {
  const cases = observationStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.observations, reopen: () => reopen().observations };
  });
  test.each(cases)('$name', ({ run }) => run());
});

describe('firmware updates in SQLite keep the contract', () => {
  const cases = firmwareStoreContract(() => {
    const { stores, reopen } = setUp();
    return { store: stores.firmware, reopen: () => reopen().firmware };
  });
  test.each(cases)('$name', ({ run }) => run());
});
