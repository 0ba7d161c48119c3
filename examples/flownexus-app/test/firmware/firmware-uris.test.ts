import { bytesSource, CoapFiles } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { firmwareUris, type FirmwareUrisOptions, type Listening } from '../../src/firmware/firmware-uris.ts';
import { hostFor, type Interfaces } from '../../src/firmware/host-for.ts';
import type { StoredPackage } from '../../src/firmware/firmware-repository.ts';

const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAA';
const stored: StoredPackage = {
  id: 'app',
  version: '1.0',
  fileName: 'app.bin',
  size: 3,
  sha256: '',
  notes: null,
  token: TOKEN,
  createdAt: 0,
  createdBy: '',
  damage: undefined,
};

function listening(host: string): Listening {
  const at = (scheme: string, port: number) => ({ scheme, host, port });
  return { http: at('http', 8000), coap: at('coap', 5683), coaps: at('coaps', 5684) };
}

const network = (address: string, cidr: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({ address, cidr, family, internal, netmask: '', mac: '', scopeid: 0 }) as NonNullable<Interfaces[string]>[number];
const interfaces = (): Interfaces => ({
  lo: [network('127.0.0.1', '127.0.0.1/8', 'IPv4', true)],
  a: [network('198.51.100.7', '198.51.100.7/24', 'IPv4'), network('fe80::1', 'fe80::1/64', 'IPv6')],
  b: [network('192.0.2.7', '192.0.2.7/24', 'IPv4'), network('2001:db8::7', '2001:db8::7/64', 'IPv6')],
});

/** The addresses by scheme. */
function uris(options: Partial<FirmwareUrisOptions> = {}, of: Partial<StoredPackage> = {}) {
  const files = new CoapFiles();
  files.add(bytesSource(new Uint8Array(3)), { packageId: 'app', name: TOKEN });
  const uriOf = firmwareUris({
    packages: { byId: (id) => (id === 'app' ? { ...stored, ...of } : undefined) },
    files,
    settings: { values: { firmwareUri: 'absolute' } },
    publicUrl: undefined,
    coapPublicHost: undefined,
    listening: () => listening('0.0.0.0'),
    deviceHost: () => '192.0.2.1',
    interfaces,
    ...options,
  });
  return (scheme: string, packageId = 'app') => uriOf({ update: { packageId, endpointName: 'dev' }, scheme });
}

test('with a public URL the addresses are at its host, and CoAP has the real ports', () => {
  const uriOf = uris({ publicUrl: 'https://flownexus.example:8443/' });
  expect(uriOf('https')).toBe(`https://flownexus.example:8443/media/firmware/${TOKEN}/app.bin`);
  expect(uriOf('http')).toBeUndefined();
  expect(uriOf('coap')).toBe(`coap://flownexus.example:5683/f/${TOKEN}`);
  expect(uriOf('coaps')).toBe(`coaps://flownexus.example:5684/f/${TOKEN}`);
  expect(uriOf('coap+tcp')).toBeUndefined();
  expect(uriOf('https', 'other')).toBeUndefined();
  expect(uris({ publicUrl: 'http://[2001:db8::1]/' })('coap')).toBe(`coap://[2001:db8::1]:5683/f/${TOKEN}`);
  expect(uris({ publicUrl: 'https://a/', coapPublicHost: '2001:db8::2' })('coaps')).toBe(`coaps://[2001:db8::2]:5684/f/${TOKEN}`); // prettier-ignore
});

test('without one they are where the device reaches us', () => {
  expect(uris()('http')).toBe(`http://192.0.2.7:8000/media/firmware/${TOKEN}/app.bin`);
  expect(uris()('https')).toBeUndefined();
  expect(uris({ deviceHost: () => '2001:db8::1' })('coap')).toBe(`coap://[2001:db8::7]:5683/f/${TOKEN}`);
  expect(uris({ deviceHost: () => '127.0.0.1' })('coap')).toBe(`coap://127.0.0.1:5683/f/${TOKEN}`);
  const local = { listening: () => listening('127.0.0.1') };
  expect(uris(local)('http')).toBeUndefined();
  expect(uris(local)('coap')).toBeUndefined();
  expect(uris({ ...local, deviceHost: () => '::ffff:127.0.0.1' })('http')).toBe(`http://127.0.0.1:8000/media/firmware/${TOKEN}/app.bin`); // prettier-ignore
  for (const scheme of ['http', 'coap', 'coaps']) expect(uris({ listening: () => undefined })(scheme)).toBeUndefined();
});

test.each([
  ['::1', '127.0.0.1', '::1'],
  ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
  ['::', '::1', '::1'],
  ['::', '127.0.0.1', '127.0.0.1'],
  ['::', '192.0.2.9', '192.0.2.7'],
  ['::', '203.0.113.1', '198.51.100.7'],
  ['::', '2001:db8::9', '2001:db8::7'],
  ['::', undefined, '198.51.100.7'],
  ['192.0.2.44', '203.0.113.1', '192.0.2.44'],
  ['localhost', '192.0.2.9', undefined],
  ['127.0.0.1', undefined, undefined],
])('what listens at %s is for a device at %s at %s', (at, device, host) => {
  expect(hostFor(at, device, interfaces)).toBe(host);
});

test('devices that have our address built in get the path, whatever they fetch by', () => {
  const uriOf = uris({ settings: { values: { firmwareUri: 'relative' } }, publicUrl: 'https://flownexus.example/' });
  for (const scheme of ['coap', 'http']) expect(uriOf(scheme)).toBe(`/media/firmware/${TOKEN}/app.bin`);
});

test('an address has 128 bytes at most where that can be, and 255 at any rate', () => {
  const fileName = 'ä'.repeat(40);
  expect(uris({ publicUrl: 'https://flownexus.example/' }, { fileName })('https')).toBe(`https://flownexus.example/media/firmware/${TOKEN}`); // prettier-ignore
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
  expect(uris({ publicUrl: `https://${host}/` })('https')).toBe(`https://${host}/media/firmware/${TOKEN}`);
  expect(uris({ publicUrl: `https://${'d'.repeat(40)}.${host}/` })('https')).toBeUndefined();
});

test('a package whose file can not be used has no address', () => {
  for (const scheme of ['http', 'coap']) expect(uris({}, { damage: 'gone' })(scheme)).toBeUndefined();
});
