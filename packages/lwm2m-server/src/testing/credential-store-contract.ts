import assert from 'node:assert/strict';
import type { CredentialChange, CredentialStore } from '../security/credential-store.ts';
import { certificateFingerprint, type DeviceCredential, type ProvenIdentity } from '../security/device-credential.ts';

/** A store under test, empty at first, and how credentials get into it. */
export interface CredentialStoreFixture {
  readonly store: CredentialStore;
  /** Gives an endpoint a credential, in place of the one that it had. Throws or rejects when another endpoint has the identity. */
  readonly set: (endpointName: string, credential: DeviceCredential) => void | Promise<void>;
  readonly remove: (endpointName: string) => void | Promise<void>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface CredentialStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `CredentialStore` as test cases for any test runner. `setup` is called for each case.
 *
 * @example
 * for (const { name, run } of credentialStoreContract(setup)) test(name, run);
 */
export function credentialStoreContract(
  setup: () => CredentialStoreFixture | Promise<CredentialStoreFixture>,
): readonly CredentialStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({ name, run: async () => rule(await setup()) }));
}

const KEY = Uint8Array.of(1, 2, 3);
const psk = (identity: string, key: Uint8Array = KEY): DeviceCredential => ({ mode: 'psk', identity, key });
const pskIdentity = (identity: string): ProvenIdentity => ({ kind: 'psk', identity });
const certificate = (commonName: string | undefined, ...bytes: number[]): ProvenIdentity => ({
  kind: 'x509',
  certificate: Uint8Array.from(bytes),
  commonName,
});
const ANONYMOUS = { kind: 'anonymous' } as const;

const rules: Readonly<Record<string, (fixture: CredentialStoreFixture) => Promise<void>>> = {
  'an empty store knows nobody': async ({ store }) => {
    assert.equal(await store.pskKey('id'), undefined);
    assert.equal(await store.endpointNameOf(pskIdentity('id')), undefined);
    assert.equal(await store.endpointNameOf(certificate('dev', 1)), undefined);
    assert.equal(await store.isSecured('dev'), false);
  },

  'a PSK identity has its key and its endpoint': async ({ store, set }) => {
    await set('dev', psk('id'));
    await set('other', psk('other id', Uint8Array.of(9)));
    assert.deepEqual(await bytes(store.pskKey('id')), KEY);
    assert.deepEqual(await bytes(store.pskKey('other id')), Uint8Array.of(9));
    assert.equal(await store.endpointNameOf(pskIdentity('id')), 'dev');
    assert.equal(await store.isSecured('dev'), true);
    // Neither the endpoint's name nor a common name is a PSK identity.
    assert.equal(await store.pskKey('dev'), undefined);
    assert.equal(await store.endpointNameOf(certificate('id', 1)), undefined);
  },

  'identities are any text': async ({ store, set }) => {
    for (const [index, identity] of ["'; --", 'ü\u{1f600}', 'ID', 'id ', ' id', 'a\0b', '%', 'name x'].entries()) {
      await set(`dev${index}`, psk(identity));
      assert.equal(await store.endpointNameOf(pskIdentity(identity)), `dev${index}`);
    }
    assert.equal(await store.endpointNameOf(pskIdentity('id')), undefined);
  },

  'a certificate is found by its common name, or by its fingerprint, which comes first': async ({ store, set }) => {
    await set('named', { mode: 'x509', commonName: 'cn' });
    await set('single', { mode: 'x509', fingerprint: certificateFingerprint(Uint8Array.of(7)).toUpperCase() });
    assert.equal(await store.endpointNameOf(certificate('cn', 1)), 'named');
    assert.equal(await store.endpointNameOf(certificate('cn', 7)), 'single');
    assert.equal(await store.endpointNameOf(certificate(undefined, 7)), 'single');
    assert.equal(await store.endpointNameOf(certificate(undefined, 1)), undefined);
    assert.equal(await store.endpointNameOf(certificate('CN', 1)), undefined);
    assert.equal(await store.pskKey('cn'), undefined);
  },

  'a raw public key is found': async ({ store, set }) => {
    await set('dev', { mode: 'rpk', publicKey: Uint8Array.of(1, 2) });
    assert.equal(await store.endpointNameOf({ kind: 'rpk', publicKey: Uint8Array.of(1, 2) }), 'dev');
    assert.equal(await store.endpointNameOf({ kind: 'rpk', publicKey: Uint8Array.of(1) }), undefined);
  },

  'an endpoint has one credential: a new one takes the place of the old': async ({ store, set }) => {
    await set('dev', psk('id'));
    await set('dev', { mode: 'x509', commonName: 'cn' });
    assert.equal(await store.pskKey('id'), undefined);
    assert.equal(await store.endpointNameOf(pskIdentity('id')), undefined);
    assert.equal(await store.endpointNameOf(certificate('cn', 1)), 'dev');
    await set('other', psk('id'));
    assert.equal(await store.endpointNameOf(pskIdentity('id')), 'other');
  },

  'an identity belongs to one endpoint': async ({ store, set }) => {
    await set('dev', psk('id'));
    await assert.rejects(async () => set('other', psk('id', Uint8Array.of(9))));
    assert.equal(await store.endpointNameOf(pskIdentity('id')), 'dev');
    assert.deepEqual(await bytes(store.pskKey('id')), KEY);
    assert.equal(await store.isSecured('other'), false);
  },

  'a credential that is removed is gone': async ({ store, set, remove }) => {
    await set('dev', psk('id'));
    await remove('dev');
    assert.equal(await store.pskKey('id'), undefined);
    assert.equal(await store.endpointNameOf(pskIdentity('id')), undefined);
    assert.equal(await store.isSecured('dev'), false);
    await remove('dev');
  },

  'a change is told with whom it revokes': async (fixture) => {
    const changes = listen(fixture.store);
    await fixture.set('dev', psk('id'));
    assert.deepEqual(revoked(changes), ['dev (new): anonymous']);
    await fixture.set('dev', psk('id', Uint8Array.of(9)));
    assert.deepEqual(revoked(changes), ['dev: anonymous id']);
    await fixture.set('dev', psk('new id'));
    assert.deepEqual(revoked(changes), ['dev: anonymous id']);
    await fixture.set('dev', { mode: 'x509', commonName: 'cn' });
    assert.deepEqual(revoked(changes), ['dev: anonymous new id']);
    await fixture.remove('dev');
    assert.deepEqual(revoked(changes), ['dev: cn']);
  },

  'nothing is told of what changes nothing': async ({ store, set, remove }) => {
    await set('dev', psk('id'));
    const changes = listen(store);
    await set('dev', psk('id'));
    await remove('other');
    await assert.rejects(async () => set('other', psk('id')));
    assert.deepEqual(revoked(changes), []);
  },

  'a change is told when it has happened, and no longer than is asked for': async ({ store, set }) => {
    const keys: unknown[] = [];
    const stop = store.onChange(() => keys.push(store.pskKey('id')));
    await set('dev', psk('id'));
    stop();
    // Before the next change: a store may take its time to answer.
    assert.deepEqual(await bytes(keys[0] as Promise<Uint8Array>), KEY);
    await set('dev', psk('other id'));
    assert.equal(keys.length, 1);
  },
};

function listen(store: CredentialStore): CredentialChange[] {
  const changes: CredentialChange[] = [];
  store.onChange((change) => changes.push(change));
  return changes;
}

/** Takes the changes that were told, one line each. */
function revoked(changes: CredentialChange[]): string[] {
  const identities = {
    anonymous: ANONYMOUS,
    id: pskIdentity('id'),
    'new id': pskIdentity('new id'),
    cn: certificate('cn', 1),
  };
  return changes.splice(0).map((change) => {
    const names = Object.entries(identities).filter(([, identity]) => change.isRevoked(identity));
    return `${change.endpointName}${change.wasSecured ? '' : ' (new)'}: ${names.map(([name]) => name).join(' ')}`;
  });
}

/** As a plain array: a database may give a Buffer. */
async function bytes(value: Uint8Array | undefined | Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  const found = await value;
  return found === undefined ? undefined : new Uint8Array(found);
}
