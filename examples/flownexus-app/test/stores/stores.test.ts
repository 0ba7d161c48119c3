import type { BootstrapConfiguration, QueuedOperation, StoredObservation } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { associationStore } from '../../src/stores/association-store.ts';
import { bootstrapStore } from '../../src/stores/bootstrap-store.ts';
import { credentialStore } from '../../src/stores/credential-store.ts';
import { observationStore } from '../../src/stores/observation-store.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import { registrationStore } from '../../src/stores/registration-store.ts';
import { formatOperationMetadata } from '../../src/operations/operation-metadata.ts';
import { databasePlace, onEachDatabase, testDatabase } from '../support/test-database.ts';

const KEY = new Uint8Array([0, 1, 255]);
const unexpected = (error: unknown): never => {
  throw error;
};

onEachDatabase('the stores', (kind) => {
  test('credentials of every mode come back after a restart, page by page', async () => {
    const place = await databasePlace(kind);
    const first = await testDatabase(kind, place);
    const credentials = [
      { mode: 'psk', identity: 'a\0\u0001', key: KEY },
      { mode: 'x509', commonName: 'cn' },
      { mode: 'x509', fingerprint: 'ab'.repeat(32) },
      { mode: 'rpk', publicKey: new Uint8Array([5, 6]) },
    ] as const;
    const store = credentialStore(first, 'lwm2m');
    for (const [index, credential] of credentials.entries()) {
      expect(await store.set(`device-${String(index)}`, credential)).toBe(true);
    }
    await first.close();
    const again = credentialStore(await testDatabase(kind, place), 'lwm2m');
    const found = credentials.map((credential, index) => ({ endpointName: `device-${String(index)}`, credential }));
    expect(plain(await again.list({ limit: 3 }))).toEqual(found.slice(0, 3));
    expect(plain(await again.list({ after: 'device-2', limit: 3 }))).toEqual(found.slice(3));
  });

  test('a credential is told to be new or not, and who is refused changes nothing', async () => {
    const store = credentialStore(await testDatabase(kind), 'lwm2m');
    expect(await store.set('a', { mode: 'psk', identity: 'id', key: KEY })).toBe(true);
    expect(await store.set('a', { mode: 'psk', identity: 'id2', key: KEY })).toBe(false);
    await expect(store.set('b', { mode: 'psk', identity: 'id2', key: KEY })).rejects.toMatchObject({
      code: 'ERR_LWM2M_SERVER_IDENTITY_TAKEN',
    });
    expect(await store.get('b')).toBeUndefined();
    expect(await store.delete('a')).toBe(true);
    expect(await store.delete('a')).toBe(false);
  });

  test('the credentials and associations of the two servers have nothing to do with each other', async () => {
    const database = await testDatabase(kind);
    const [lwm2m, bootstrap] = [credentialStore(database, 'lwm2m'), credentialStore(database, 'bootstrap')];
    await lwm2m.set('a', { mode: 'psk', identity: 'id', key: KEY });
    expect(await bootstrap.isSecured('a')).toBe(false);
    await bootstrap.set('b', { mode: 'psk', identity: 'id', key: KEY });
    expect(await lwm2m.endpointNameOf({ kind: 'psk', identity: 'id' })).toBe('a');
    expect(await bootstrap.endpointNameOf({ kind: 'psk', identity: 'id' })).toBe('b');
    const associations = associationStore(database, 'bootstrap');
    await associations.save({ key: 'k', snapshot: KEY, identity: { kind: 'psk', identity: 'id' } });
    await lwm2m.delete('a');
    expect(await associationStore(database, 'lwm2m').load()).toEqual([]);
    expect([...(await associations.load())]).toHaveLength(1);
  });

  test('associations go with the credential that they were made with, and with no other', async () => {
    const database = await testDatabase(kind);
    const store = credentialStore(database, 'lwm2m');
    const associations = associationStore(database, 'lwm2m');
    const keys = async (): Promise<string[]> => [...(await associations.load())].map(({ key }) => key);
    await associations.save({ key: 'psk', snapshot: KEY, identity: { kind: 'psk', identity: 'id' } });
    const certificate = Uint8Array.of(1);
    await associations.save({ key: 'x509', snapshot: KEY, identity: { kind: 'x509', certificate, commonName: 'cn' } });
    await associations.save({ key: 'nobody', snapshot: KEY, identity: { kind: 'anonymous' } });
    await store.set('a', { mode: 'psk', identity: 'id', key: KEY });
    await store.set('b', { mode: 'x509', commonName: 'cn' });
    await store.set('a', { mode: 'psk', identity: 'id', key: KEY });
    expect(await keys()).toEqual(['nobody', 'psk', 'x509']);
    await store.set('a', { mode: 'psk', identity: 'id', key: Uint8Array.of(7) });
    expect(await keys()).toEqual(['nobody', 'x509']);
    await store.delete('b');
    expect(await keys()).toEqual(['nobody']);
  });

  test('bootstrap configurations say whether they are new, and are listed page by page', async () => {
    const store = bootstrapStore(await testDatabase(kind));
    const empty: BootstrapConfiguration = { instances: [] };
    expect(await store.set('a', empty)).toBe(true);
    expect(await store.set('a', empty)).toBe(false);
    for (const name of ['b', 'c']) await store.set(name, empty);
    expect(await store.list({ limit: 2 })).toEqual(['a', 'b']);
    expect(await store.list({ after: 'b', limit: 2 })).toEqual(['c']);
  });

  test('an observation of as many paths as there may be is kept', async () => {
    const store = observationStore(await testDatabase(kind), unexpected);
    const paths = Array.from({ length: 256 }, (_, index) => `/3303/${String(index)}/5700`);
    const observation: StoredObservation = { endpointName: 'a', paths, composite: true, attributes: undefined, contentFormat: 112, accept: 112, kept: true, established: undefined }; // prettier-ignore
    await store.save(observation);
    expect(await store.load()).toEqual([observation]);
    await store.remove('a', paths, true);
    expect(await store.load()).toEqual([]);
  });

  test('what a device says with U+0000 in it does not keep an operation from being stored', async () => {
    const store = operationStore(await testDatabase(kind), unexpected);
    const failed: QueuedOperation = { ...sending, state: 'FAILED', failure: { reason: 'rejected', message: 'a\0b', responseCode: '4.05' } }; // prettier-ignore
    await store.save(failed);
    expect(await store.get('id')).toEqual(failed);
  });

  test('an operation keeps the time of its last attempt, and is found by the bulk that it is of', async () => {
    const database = await testDatabase(kind);
    const store = operationStore(database, unexpected);
    const metadata = formatOperationMetadata({ createdBy: 'anna', bulkId: 'bulk' });
    await store.save({ ...sending, metadata, updatedAt: 5.5 });
    await store.save({ ...sending, metadata, state: 'CONFIRMED', updatedAt: 9, result: { responseCode: '2.04' } });
    const row = await database.reads.selectFrom('EndpointOperation').selectAll().where('bulk_id', '=', 'bulk').executeTakeFirst(); // prettier-ignore
    expect(row).toMatchObject({ id: 'id', last_attempt: 5, updated_at: 9, response_code: '2.04', path: '/3' });
  });

  test('rows that can not be read are reported and passed over', async () => {
    const database = await testDatabase(kind);
    const reported: string[] = [];
    const report = (_: unknown, context: string): number => reported.push(context);
    await operationStore(database, unexpected).save(sending);
    await database.db.updateTable('EndpointOperation').set({ operation: '{}' }).execute();
    const registration = { endpoint: 'a', registration_id: 'x', peer_key: 'k', server_address: 's', position: 1, registration: '{' }; // prettier-ignore
    await database.db.insertInto('Registration').values(registration).execute();
    const observation = { endpoint: 'a', target_key: 'x', composite: 0, paths: '7', kept: 0, request: '{}' } as const;
    await database.db.insertInto('Observation').values(observation).execute();
    expect(await operationStore(database, report).load()).toEqual([]);
    expect(await registrationStore(database, report).load()).toEqual([]);
    expect(await observationStore(database, report).load()).toEqual([]);
    expect(reported).toEqual(['the operation id', 'the registration of a', 'an observation of a'].map((what) => `${what} in the database can not be read`)); // prettier-ignore
  });
});

const sending: QueuedOperation = {
  id: 'id',
  endpointName: 'a',
  sequence: 1,
  operation: { kind: 'read', path: '/3' },
  state: 'SENDING',
  attempts: 1,
  maxAttempts: 3,
  repeatable: true,
  key: undefined,
  metadata: undefined,
  queuedAt: 1,
  updatedAt: 5,
  expiresAt: undefined,
  result: undefined,
  failure: undefined,
};

/** With plain arrays of bytes: a database may give a Buffer. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
