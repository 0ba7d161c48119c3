import { describe, expect, test } from 'vitest';
import { MemoryCredentialStore, type DeviceCredential } from '../../src/index.ts';
import { credentialStoreContract } from '../../src/testing/index.ts';

describe('keeps the contract of a CredentialStore', () => {
  const cases = credentialStoreContract(() => {
    const store = new MemoryCredentialStore();
    return {
      store,
      set: (endpointName, credential) => store.set(endpointName, credential),
      remove: (endpointName) => void store.delete(endpointName),
    };
  });
  test.each(cases)('$name', ({ run }) => run());
});

test('it answers at once', () => {
  const store = new MemoryCredentialStore();
  const credential: DeviceCredential = { mode: 'psk', identity: 'id', key: Uint8Array.of(1) };
  store.set('dev', credential);
  expect(store.get('dev')).toBe(credential);
  expect(store.size).toBe(1);
  expect(store.pskKey('id')).toEqual(Uint8Array.of(1));
  expect(store.endpointNameOf({ kind: 'psk', identity: 'id' })).toBe('dev');
  expect(store.isSecured('dev')).toBe(true);
  expect(store.delete('dev')).toBe(true);
  expect(store.delete('dev')).toBe(false);
});

test('an identity that is taken has an error of its own', () => {
  const store = new MemoryCredentialStore();
  store.set('dev', { mode: 'x509', commonName: 'cn' });
  expect(() => store.set('other', { mode: 'x509', commonName: 'cn' })).toThrow(
    expect.objectContaining({ code: 'ERR_LWM2M_SERVER_IDENTITY_TAKEN' }),
  );
});

test.each<[string, DeviceCredential]>([
  ['no identity', { mode: 'psk', identity: '', key: Uint8Array.of(1) }],
  ['a long identity', { mode: 'psk', identity: 'ü'.repeat(128), key: Uint8Array.of(1) }],
  ['no key', { mode: 'psk', identity: 'id', key: new Uint8Array(0) }],
  ['a long key', { mode: 'psk', identity: 'id', key: new Uint8Array(129) }],
  ['no common name', { mode: 'x509', commonName: '' }],
  ['a fingerprint that is none', { mode: 'x509', fingerprint: 'ab' }],
  ['a fingerprint of other letters', { mode: 'x509', fingerprint: 'g'.repeat(64) }],
  ['no public key', { mode: 'rpk', publicKey: new Uint8Array(0) }],
])('%s is refused', (_name, credential) => {
  const store = new MemoryCredentialStore();
  expect(() => store.set('dev', credential)).toThrow(RangeError);
  expect(store.size).toBe(0);
});
