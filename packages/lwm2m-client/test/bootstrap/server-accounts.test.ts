import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { inconsistency, registrationAccounts } from '../../src/bootstrap/server-accounts.ts';
import { treeOf } from '../scenarios/world.ts';
import { BOOTSTRAP_ACCOUNT, serverAccount } from './bootstrap-stage.ts';

type Contents = Parameters<typeof treeOf>[0];

const GOOD: Contents = { ...BOOTSTRAP_ACCOUNT, ...serverAccount(1), ...serverAccount(20, 2) };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const own = testCertificate();
const key = own.privateKey.export({ format: 'der', type: 'pkcs8' });
const psk: Contents = { '/0/1/0': 'coaps://10.0.0.1', '/0/1/2': 0, '/0/1/3': bytes('id'), '/0/1/5': bytes('key') };
const x509: Contents = {
  '/0/1/0': 'coaps://10.0.0.1',
  '/0/1/2': 2,
  '/0/1/3': own.der,
  '/0/1/4': own.der,
  '/0/1/5': key,
};

/** Without what is at the path. */
function without(contents: Contents, ...paths: readonly string[]): Contents {
  return Object.fromEntries(Object.entries(contents).filter(([path]) => !paths.some((each) => path.startsWith(each))));
}

test.each<[string, Contents]>([
  ['several accounts', GOOD],
  ['no bootstrap account', serverAccount(1)],
  ['a pre-shared key', { ...GOOD, ...psk }],
  ['a certificate', { ...GOOD, ...x509 }],
  ['a raw public key', { ...GOOD, ...x509, '/0/1/2': 1, '/0/1/3': own.publicKey, '/0/1/4': own.publicKey }],
])('%s: nothing is wrong', (_, contents) => {
  expect(inconsistency(treeOf(contents))).toBeUndefined();
});

test.each<[string, Contents, string]>([
  ['no server', BOOTSTRAP_ACCOUNT, 'there is no server to register with'],
  ['no URI', without(GOOD, '/0/1/0'), '/0/1/0 is missing'],
  ['no Short Server ID', without(GOOD, '/0/1/10'), '/0/1/10 is missing'],
  ['one that is of no server', { ...GOOD, '/0/1/10': 65_535 }, '/0/1 has no Short Server ID of a server'],
  ['no lifetime', without(GOOD, '/1/1/1'), '/1/1/1 is missing'],
  ['no Server Object', without(GOOD, '/1/2'), '/0/2 has no instance of /1 with its Short Server ID'],
  ['no Security Object', without(GOOD, '/0/2'), 'no instance of /0 with the Short Server ID 20 of /1/2'],
  [
    'two Security Objects for a server',
    { ...GOOD, '/0/2/10': 1, '/1/2/0': 1 },
    'two instances of /1 have the Short Server ID 1',
  ],
  [
    'one of them without a Server Object',
    { ...without(GOOD, '/1/2'), '/0/2/10': 1 },
    'several instances of /0 with the Short Server ID 1 of /1/1',
  ],
  ['two bootstrap servers', { ...GOOD, '/0/1/1': true }, 'there are several bootstrap accounts'],
  [
    'a URI of another scheme',
    { ...GOOD, '/0/1/0': 'http://x' },
    '/0/1 can not be used: /0/1/0 is no URI of a server, but "http://x": expected the scheme coap or coaps, found http',
  ],
  ['coap with a key', { ...GOOD, '/0/1/2': 0 }, '/0/1 can not be used: /0/1 has a coap URI with the Security Mode 0'],
  [
    'coaps without one',
    { ...GOOD, '/0/1/0': 'coaps://x' },
    '/0/1 can not be used: /0/1 has a coaps URI with the Security Mode 3',
  ],
  [
    'no identity',
    without({ ...GOOD, ...psk }, '/0/1/3'),
    '/0/1 can not be used: /0/1 has no public key or identity (3)',
  ],
  ['no key', { ...GOOD, ...psk, '/0/1/5': bytes('') }, '/0/1 can not be used: /0/1 has no secret key (5)'],
  [
    'an identity that is no text',
    { ...GOOD, ...psk, '/0/1/3': Uint8Array.of(255) },
    '/0/1 can not be used: /0/1 has an identity that is not UTF-8',
  ],
  [
    'no server certificate',
    without({ ...GOOD, ...x509 }, '/0/1/4'),
    '/0/1 can not be used: /0/1 has no public key of the server (4)',
  ],
  [
    'a key that is none',
    { ...GOOD, ...x509, '/0/1/5': bytes('key') },
    '/0/1 can not be used: the private key can not be read',
  ],
  [
    'another mode',
    { ...GOOD, ...x509, '/0/1/2': 5 },
    '/0/1 can not be used: /0/1 has the Security Mode 5, which this device does not have',
  ],
  [
    'EST without a certificate',
    { ...without(GOOD), ...without(x509, '/0/1/3', '/0/1/5'), '/0/1/2': 4 },
    '/0/1 can not be used: /0/1 has no public key or identity (3)',
  ],
  [
    'OSCORE',
    { ...GOOD, '/0/1/17': { objectId: 21, objectInstanceId: 0 } },
    '/0/1 has OSCORE, which this device does not have',
  ],
])('%s is found', (_, contents, problem) => {
  expect(inconsistency(treeOf(contents))).toContain(problem);
});

test('a link to no OSCORE instance is none', () => {
  expect(inconsistency(treeOf({ ...GOOD, '/0/1/17': { objectId: 65_535, objectInstanceId: 65_535 } }))).toBeUndefined();
});

test('accounts that are complete, in the order of their Short Server IDs', () => {
  const tree = treeOf({ ...GOOD, ...serverAccount(3, 9), '/0/8/0': 'coap://x', '/0/8/1': false, '/0/8/10': 99 });
  expect(
    registrationAccounts(tree).map(({ shortServerId, serverInstance }) => [shortServerId, serverInstance]),
  ).toEqual([
    [1, 1],
    [3, 9],
    [20, 2],
  ]);
});
