import { credentialStoreContract } from '@flownexus/lwm2m-server/testing';
import { describe, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { IdentityTakenError } from '../../src/database/credential-table.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { temporaryDirectory, testDatabase } from '../support/test-database.ts';

const KEY = new Uint8Array([0, 1, 255]);

describe('keeps the contract of a CredentialStore', () => {
  const cases = credentialStoreContract(async () => {
    const { credentials } = (await testDatabase()).database;
    return {
      store: credentials,
      set: (endpointName, credential) => void credentials.set(endpointName, credential),
      remove: (endpointName) => void credentials.delete(endpointName),
    };
  });
  test.each(cases)('$name', ({ run }) => run());
});

test('credentials of every mode come back after a restart', async () => {
  const directory = temporaryDirectory();
  const { connection, database, definitions } = await testDatabase(directory);
  const credentials = [
    { mode: 'psk', identity: 'id', key: KEY },
    { mode: 'x509', commonName: 'cn' },
    { mode: 'x509', fingerprint: 'ab'.repeat(32) },
    { mode: 'rpk', publicKey: new Uint8Array([5, 6]) },
  ] as const;
  for (const [index, credential] of credentials.entries())
    database.credentials.set(`device-${String(index)}`, credential);
  connection.close();
  const again = openDatabase(directory);
  const table = new Database(again, definitions).credentials;
  for (const [index, credential] of credentials.entries())
    expect(table.get(`device-${String(index)}`)).toEqual(credential);
  expect(table.pskKey('id')).toEqual(KEY);
  again.close();
});

test('it tells whether the endpoint had none, and who is refused changes nothing', async () => {
  const { credentials } = (await testDatabase()).database;
  expect(credentials.set('a', { mode: 'psk', identity: 'id', key: KEY })).toBe(true);
  expect(credentials.set('a', { mode: 'psk', identity: 'id2', key: KEY })).toBe(false);
  expect(() => credentials.set('b', { mode: 'psk', identity: 'id2', key: KEY })).toThrow(IdentityTakenError);
  expect(credentials.get('b')).toBeUndefined();
  expect(credentials.delete('a')).toBe(true);
  expect(credentials.delete('a')).toBe(false);
});
