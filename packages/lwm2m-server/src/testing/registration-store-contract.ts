import assert from 'node:assert/strict';
import type { PeerIdentity } from '@flownexus/datagram';
import { parseLinkFormat, readObjectList } from '@flownexus/lwm2m-core';
import type { RegistrationStore, StoredRegistration } from '../registration/registration-store.ts';
import type { Registration } from '../registration/registration.ts';

/** A store under test, empty at first, and how the next process finds it. */
export interface RegistrationStoreFixture {
  readonly store: RegistrationStore;
  /** Closes the store, or gives it up, and opens what it kept. */
  readonly reopen: () => RegistrationStore | Promise<RegistrationStore>;
}

/** One rule that each store keeps. Rejects when it doesn't. */
export interface RegistrationStoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The rules of `RegistrationStore` as test cases for any test runner. `setup` is called for each case.
 *
 * @example
 * for (const { name, run } of registrationStoreContract(setup)) test(name, run);
 */
export function registrationStoreContract(
  setup: () => RegistrationStoreFixture | Promise<RegistrationStoreFixture>,
): readonly RegistrationStoreCase[] {
  return Object.entries(rules).map(([name, rule]) => ({ name, run: async () => rule(await setup()) }));
}

const IDENTITIES: readonly PeerIdentity[] = [
  { kind: 'anonymous' },
  { kind: 'psk', identity: 'ü\u{1f600}\0 "\'; --' },
  { kind: 'x509', certificate: Uint8Array.of(0, 1, 255), commonName: 'cn' },
  { kind: 'x509', certificate: Uint8Array.of(2), commonName: undefined },
  { kind: 'rpk', publicKey: Uint8Array.of(3, 4) },
];

function stored(
  endpointName: string,
  fields: Partial<Registration> = {},
  links: string = '</>;ct=112,</1/0>,</3>;ver=1.2,</3/0>',
): StoredRegistration {
  const registration: Registration = {
    endpointName,
    registrationId: `id of ${endpointName}`,
    lifetime: 86_400,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: true,
    smsNumber: undefined,
    ...readObjectList(parseLinkFormat(links), '1.1'),
    profileIds: [],
    additionalParameters: {},
    address: { host: '192.0.2.7', port: 50_000 },
    identity: { kind: 'anonymous' },
    registeredAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_001,
    ...fields,
  };
  return { registration, peerKey: `key of ${endpointName}`, serverAddress: 'coap://192.0.2.1:5683' };
}

const rules: Readonly<Record<string, (fixture: RegistrationStoreFixture) => Promise<void>>> = {
  'an empty store has nothing': async ({ store, reopen }) => {
    assert.deepEqual(await all(store), []);
    assert.deepEqual(await all(await reopen()), []);
  },

  'what was saved is there for the next process, exactly': async ({ store, reopen }) => {
    const entries = [
      ...IDENTITIES.map((identity, index) => stored(`dev${index}`, { identity })),
      stored('full', {
        lifetime: 0,
        smsNumber: '+491701234567',
        profileIds: ['6:27354b9a', 'oma:x'],
        additionalParameters: Object.fromEntries([
          ['site', 'north'],
          ['__proto__', 'x'],
          ['flag', ''],
        ]),
        lwm2mVersion: '1.1',
        queueMode: false,
        bindingMode: 'UT',
      }),
      stored(
        'alternate',
        {},
        '</lwm2m>;rt="oma.lwm2m";ct="110 112",</lwm2m/3>;ver="1.2",</lwm2m/3303/7>;x="a,b;c\\"d";y',
      ),
      stored('plain', {}, '</3/0>'),
      stored('"ü\u{1f600}\'; --'),
    ];
    for (const entry of entries) await store.save(entry);
    assert.deepEqual(await all(await reopen()), entries.map(plain));
  },

  'a registration takes the place of what the endpoint has': async ({ store, reopen }) => {
    await store.save(stored('dev', { registrationId: 'first' }));
    await store.save(stored('other'));
    await store.save({
      ...stored('dev', { registrationId: 'second' }),
      peerKey: 'moved',
      serverAddress: 'coaps://[::]:5684',
    });
    const [first, second] = await all(await reopen());
    assert.equal(first?.registration.endpointName, 'other');
    assert.equal(second?.registration.registrationId, 'second');
    assert.equal(second.peerKey, 'moved');
    assert.equal(second.serverAddress, 'coaps://[::]:5684');
  },

  'they come in the order of their Registers: an Update leaves one in its place': async ({ store, reopen }) => {
    for (const name of ['c', 'a', 'b']) await store.save(stored(name));
    await store.save(stored('c', { lifetime: 7 }));
    assert.deepEqual(await names(await reopen()), ['c', 'a', 'b']);
  },

  'one that is removed is gone': async ({ store, reopen }) => {
    await store.save(stored('dev'));
    await store.save(stored('other'));
    await store.remove('dev', 'id of dev');
    assert.deepEqual(await names(await reopen()), ['other']);
  },

  'only the registration with that ID is removed': async ({ store, reopen }) => {
    await store.save(stored('dev'));
    await store.remove('dev', 'an earlier one');
    await store.remove('nobody', 'id of dev');
    assert.deepEqual(await names(await reopen()), ['dev']);
  },

  'names are any text, and differ by each character': async ({ store, reopen }) => {
    const unlike = ['dev', 'DEV', 'dev ', ' dev', 'dev%', 'd_v'];
    for (const name of unlike) await store.save(stored(name));
    await store.remove('d_v', 'id of d_v');
    assert.deepEqual(await names(await reopen()), unlike.slice(0, -1));
  },

  'many at once are all kept': async ({ store, reopen }) => {
    const saves = Array.from({ length: 200 }, (_, index) => store.save(stored(`dev${index}`)));
    for (const save of saves) await save;
    assert.equal((await all(await reopen())).length, 200);
  },
};

async function all(store: RegistrationStore): Promise<StoredRegistration[]> {
  return [...(await store.load())].map(plain);
}

async function names(store: RegistrationStore): Promise<string[]> {
  return (await all(store)).map(({ registration }) => registration.endpointName);
}

/** Compared are values: neither prototypes nor the kinds of byte arrays. */
function plain({ registration, peerKey, serverAddress }: StoredRegistration): StoredRegistration {
  const { identity, links, additionalParameters, ...others } = registration;
  return {
    registration: {
      ...others,
      links: links.map(({ path, attributes }) => ({ path, attributes: { ...attributes } })),
      additionalParameters: { ...additionalParameters },
      identity: plainIdentity(identity),
    },
    peerKey,
    serverAddress,
  };
}

function plainIdentity(identity: PeerIdentity): PeerIdentity {
  switch (identity.kind) {
    case 'x509':
      return { ...identity, certificate: new Uint8Array(identity.certificate) };
    case 'rpk':
      return { ...identity, publicKey: new Uint8Array(identity.publicKey) };
    default:
      return identity;
  }
}
