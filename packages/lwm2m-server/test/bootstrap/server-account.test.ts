import { describe, expect, test } from 'vitest';
import {
  bootstrapServerAccount,
  checkBootstrapConfiguration,
  serverAccount,
  type AccountSecurity,
  type BootstrapInstance,
} from '../../src/index.ts';

/** The values of an Object Instance by the ids of its Resources. */
function valuesOf(instance: BootstrapInstance | undefined): Readonly<Record<number, unknown>> {
  const entries = (instance?.resources ?? []).map((resource) => [
    resource.id,
    resource.kind === 'singleResource' ? resource.value : resource.instances,
  ]);
  return Object.fromEntries(entries) as Record<number, unknown>;
}

const NONE = new Uint8Array(0);
const [OWN, SERVER, SECRET] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];

describe('serverAccount', () => {
  test.each<readonly [AccountSecurity, Readonly<Record<number, unknown>>]>([
    [{ mode: 'noSec' }, { 2: 3, 3: NONE, 4: NONE, 5: NONE }],
    [
      { mode: 'psk', identity: 'é', key: SECRET },
      { 2: 0, 3: Uint8Array.of(0xc3, 0xa9), 4: NONE, 5: SECRET },
    ],
    [
      { mode: 'rpk', publicKey: OWN, secretKey: SECRET, serverPublicKey: SERVER },
      { 2: 1, 3: OWN, 4: SERVER, 5: SECRET },
    ],
    [
      { mode: 'x509', certificate: OWN, secretKey: SECRET, serverCertificate: SERVER },
      { 2: 2, 3: OWN, 4: SERVER, 5: SECRET },
    ],
    [
      { mode: 'est', serverCertificate: SERVER },
      { 2: 4, 3: NONE, 4: SERVER, 5: NONE },
    ],
    [
      {
        mode: 'x509',
        certificate: OWN,
        secretKey: SECRET,
        serverCertificate: SERVER,
        certificateUsage: 2,
        serverName: 'a',
      },
      { 2: 2, 3: OWN, 4: SERVER, 5: SECRET, 14: 'a', 15: 2 },
    ],
  ])('has what $mode takes', (security, expected) => {
    const uri = security.mode === 'noSec' ? 'coap://a' : 'coaps://a';
    const [account] = serverAccount({ shortServerId: 5, uri, security });
    expect(account?.path).toBe('/0');
    expect(valuesOf(account)).toEqual({ 0: uri, 1: false, 10: 5, ...expected });
  });

  test('has a Server Object with what is usual', () => {
    const [, server] = serverAccount({ shortServerId: 5, uri: 'coap://a' });
    expect(server?.path).toBe('/1/5');
    expect(valuesOf(server)).toEqual({ 0: 5, 1: 86_400, 6: true, 7: 'U' });
  });

  test('has what it is told', () => {
    const instances = serverAccount({
      shortServerId: 5,
      uri: 'coap://a',
      lifetime: 60,
      binding: 'UQ',
      storeNotifications: false,
      defaultMinPeriod: 1,
      defaultMaxPeriod: 10,
      disableTimeout: 100,
      holdOffTime: 7,
      securityInstanceId: 3,
      serverInstanceId: 0,
    });
    expect(instances.map(({ path }) => path)).toEqual(['/0/3', '/1/0']);
    expect(valuesOf(instances[0])).toMatchObject({ 11: 7 });
    expect(valuesOf(instances[1])).toEqual({ 0: 5, 1: 60, 2: 1, 3: 10, 5: 100, 6: false, 7: 'UQ' });
    checkBootstrapConfiguration({ instances });
  });

  test.each([0, 65_535, 1.5])('%s is no Short Server ID', (shortServerId) => {
    expect(() => serverAccount({ shortServerId, uri: 'coap://a' })).toThrow(RangeError);
  });
});

describe.each([
  ['serverAccount', (uri: string, security: AccountSecurity) => serverAccount({ shortServerId: 1, uri, security })],
  ['bootstrapServerAccount', (uri: string, security: AccountSecurity) => bootstrapServerAccount({ uri, security })],
] as const)('%s', (_name, account) => {
  const psk = { mode: 'psk', identity: 'a', key: SECRET } as const;

  test.each([
    ['192.0.2.1:5683', '192.0.2.1:5683 is no URI of a server'],
    ['http://192.0.2.1', 'expected the scheme coap or coaps, found http'],
    ['coap://192.0.2.1:x', 'expected a port of digits after the host'],
    ['coap://', 'expected a host, found none'],
    ['coap+tcp://', 'is no URI of a server'],
    ['coaps://192.0.2.1', 'the security of a coaps URI has the mode psk, rpk, x509, est, not noSec'],
  ])('%s is refused in words', (uri, reason) => {
    expect(() => account(uri, { mode: 'noSec' })).toThrow(RangeError);
    expect(() => account(uri, { mode: 'noSec' })).toThrow(reason);
  });

  test('a key is of no use without DTLS', () => {
    expect(() => account('coap://192.0.2.1', psk)).toThrow(
      new RangeError('the security of a coap URI has the mode noSec, not psk'),
    );
  });

  test.each(['coap+tcp://192.0.2.1', 'coaps+tcp://example.com:5684'])('%s is left to the device', (uri) => {
    expect(valuesOf(account(uri, psk)[0])).toMatchObject({ 0: uri, 2: 0 });
  });
});

test('bootstrapServerAccount makes an account without a Short Server ID', () => {
  const [account, ...others] = bootstrapServerAccount({ uri: 'coap://a', holdOffTime: 1, accountTimeout: 2 });
  expect(others).toEqual([]);
  expect(valuesOf(account)).toEqual({ 0: 'coap://a', 1: true, 2: 3, 3: NONE, 4: NONE, 5: NONE, 11: 1, 12: 2 });
});

describe('checkBootstrapConfiguration refuses', () => {
  const resource = { kind: 'singleResource', id: 0, type: 'string', value: '' } as const;
  test.each([
    [
      'a Delete of a Resource',
      { deletes: ['/1/0/0'], instances: [] },
      'a Delete is of /, an Object or an Object Instance',
    ],
    ['a Delete of what is no path', { deletes: ['1//'], instances: [] }, 'expected an id'],
    ['a Delete behind a gateway', { deletes: ['/d01/1'], instances: [] }, 'a Delete is of /'],
    ['an instance of the root', { instances: [{ path: '/', resources: [] }] }, 'what is written is an Object Instance'],
    [
      'what is written twice',
      { instances: ['/1/0', '/1/0'].map((path) => ({ path, resources: [] })) },
      '/1/0 is written twice',
    ],
    [
      'a Resource twice',
      { instances: [{ path: '/1/0', resources: [resource, resource] }] },
      'a Resource of /1/0 is there twice',
    ],
    [
      'a Read of keys',
      { instances: [], queries: [{ operation: 'read', path: '/0' }] as const },
      'a Bootstrap-Read is of what is in the Objects 1 and 2',
    ],
    [
      'a Read of a Resource',
      { instances: [], queries: [{ operation: 'read', path: '/1/0/0' }] as const },
      'a Bootstrap-Read is of an Object or an Object Instance',
    ],
    [
      'a Discover of an Object Instance',
      { instances: [], queries: [{ operation: 'discover', path: '/1/0' }] as const },
      'a Bootstrap-Discover is of / or of an Object',
    ],
    ['a format for one value', { instances: [], contentFormat: 0 }, 'in the Content-Format 0'],
    [
      'too many',
      { instances: [], deletes: Array.from({ length: 257 }, () => '/1') },
      'a bootstrap configuration has at most 256 of each',
    ],
  ])('%s', (_name, configuration, reason) => {
    expect(() => checkBootstrapConfiguration(configuration)).toThrow(reason);
  });
});
