import type { PeerIdentity } from '@flownexus/datagram';
import { expect, onTestFinished, test } from 'vitest';
import { certificateFingerprint, type DeviceCredential } from '../../src/index.ts';
import { openSqliteStores } from '../../src/sqlite/index.ts';

const KEY = Uint8Array.of(1, 2, 3);
const CERTIFICATE = Uint8Array.of(9);
const psk = (identity: string, key = KEY): DeviceCredential => ({ mode: 'psk', identity, key });

function setUp() {
  const stores = openSqliteStores({ file: ':memory:' });
  onTestFinished(() => stores.close());
  const { credentials, associations } = stores;
  const associate = (key: string, identity: PeerIdentity): Promise<void> =>
    Promise.resolve(associations.save({ key, snapshot: KEY, identity }));
  const left = async (): Promise<string[]> => [...(await associations.load())].map(({ key }) => key);
  return { credentials, associate, left };
}

test.each<[string, DeviceCredential, PeerIdentity]>([
  ['PSK', psk('id'), { kind: 'psk', identity: 'id' }],
  ['name', { mode: 'x509', commonName: 'cn' }, { kind: 'x509', certificate: CERTIFICATE, commonName: 'cn' }],
  [
    'fingerprint',
    { mode: 'x509', fingerprint: certificateFingerprint(CERTIFICATE) },
    { kind: 'x509', certificate: CERTIFICATE, commonName: 'cn' },
  ],
  ['raw public key', { mode: 'rpk', publicKey: KEY }, { kind: 'rpk', publicKey: KEY }],
])(
  'with a %s that is taken away its associations are gone, though no server runs',
  async (_name, credential, identity) => {
    const { credentials, associate, left } = setUp();
    await credentials.set('dev', credential);
    await credentials.set('other', psk('other'));
    await associate('a', identity);
    await associate('b', identity);
    await associate('c', { kind: 'psk', identity: 'other' });
    await associate('d', { kind: 'anonymous' });
    await credentials.set('dev', credential); // nothing new
    expect(await left()).toEqual(['a', 'b', 'c', 'd']);
    await credentials.delete('dev');
    expect(await left()).toEqual(['c', 'd']);
    await credentials.delete('never there');
    expect(await left()).toEqual(['c', 'd']);
  },
);

test('with a key that is exchanged its associations are gone', async () => {
  const { credentials, associate, left } = setUp();
  await credentials.set('dev', psk('id'));
  await associate('a', { kind: 'psk', identity: 'id' });
  await associate('a', { kind: 'psk', identity: 'id' }); // saved again
  await credentials.set('dev', psk('id', Uint8Array.of(7)));
  expect(await left()).toEqual([]);
});

test('a credential that can not be is refused, and one that is taken', async () => {
  const { credentials } = setUp();
  await expect(credentials.set('dev', psk(''))).rejects.toThrow(RangeError);
  await credentials.set('dev', psk('id'));
  await expect(credentials.set('other', psk('id'))).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_IDENTITY_TAKEN' });
  expect(credentials.get('dev')).toEqual(psk('id'));
  expect(credentials.get('other')).toBeUndefined();
});
