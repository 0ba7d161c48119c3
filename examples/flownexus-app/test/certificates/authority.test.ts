import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test } from 'vitest';
import { Authority } from '../../src/certificates/authority.ts';
import { encodePem } from '../../src/certificates/encode-pem.ts';
import { publicKeyOf } from '../../src/certificates/signing-key.ts';
import { PemConverter, X509CrlReason } from '../../src/certificates/x509.ts';
import { StartError } from '../../src/start-error.ts';
import { OpenSsl } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/test-database.ts';

const key = (): Uint8Array<ArrayBuffer> => publicKeyOf(testCertificate().privateKey);
const own = (dataDirectory: string) =>
  Authority.open({ dataDirectory, keyFile: undefined, certificateFile: undefined });
const device = { endpoint: 'urn:dev:1', days: 30, crlUrl: 'http://flownexus.example/api/v1/certificates/crl' };

test('the first start makes a root that only the owner reads, and the next has the same', async () => {
  const directory = temporaryDirectory();
  const first = await own(directory);
  for (const name of ['authority.key', 'authority.crt'])
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  const openssl = new OpenSsl();
  const text = openssl.run('x509', '-in', join(directory, 'authority.crt'), '-noout', '-text');
  expect(text).toMatch(/Subject: CN = FlowNexus device authority [0-9a-f]{8}\n/);
  expect(text).toContain('CA:TRUE, pathlen:0');
  expect(text).toContain('Certificate Sign, CRL Sign');
  expect(text).toContain('prime256v1');
  expect((first.notAfter - Date.now()) / (365.25 * 86_400_000)).toBeCloseTo(20, 1);
  expect((await own(directory)).fingerprint).toBe(first.fingerprint);
  expect((await own(temporaryDirectory())).fingerprint).not.toBe(first.fingerprint);
});

test('a start that was cut short after the key goes on, and one without the key ends', async () => {
  const directory = temporaryDirectory();
  await own(directory);
  const before = readFileSync(join(directory, 'authority.key'), 'utf8');
  rmSync(join(directory, 'authority.crt'));
  await own(directory);
  expect(readFileSync(join(directory, 'authority.key'), 'utf8')).toBe(before);
  rmSync(join(directory, 'authority.key'));
  await expect(own(directory)).rejects.toThrow(/authority\.key is missing: .*authority\.crt is there without it$/);
});

test('a certificate of a device says what it is for, and openssl agrees', async () => {
  const directory = temporaryDirectory();
  const authority = await own(directory);
  const { der, serial, notBefore, notAfter } = await authority.signDevice({ ...device, publicKey: key() });
  const openssl = new OpenSsl();
  openssl.file('device.der', der);
  const text = openssl.run('x509', '-in', 'device.der', '-inform', 'DER', '-noout', '-text');
  expect(text).toContain('Version: 3');
  expect(text).toContain('Subject: CN = urn:dev:1\n');
  expect(text).toContain('Digital Signature\n');
  expect(text).toContain('TLS Web Client Authentication\n');
  expect(text).toContain('CA:FALSE');
  expect(text).toContain('Subject Key Identifier');
  expect(text).toContain('Authority Key Identifier');
  expect(text).toContain(`URI:${device.crlUrl}`);
  expect(serial).toMatch(/^[0-9a-f]{32}$/);
  expect(openssl.run('x509', '-in', 'device.der', '-inform', 'DER', '-noout', '-serial')).toBe(
    `serial=${serial.toUpperCase()}\n`,
  );
  expect(notBefore).toBeLessThan(Date.now());
  expect((notAfter - Date.now()) / 86_400_000).toBeCloseTo(30, 2);
  openssl.run('x509', '-in', 'device.der', '-inform', 'DER', '-out', 'device.crt');
  const verify = ['verify', '-x509_strict', '-CAfile', join(directory, 'authority.crt')];
  expect(openssl.run(...verify, '-purpose', 'sslclient', 'device.crt')).toContain('OK');
  expect(openssl.result(...verify, '-purpose', 'sslserver', 'device.crt').code).toBe(2);
  const other = await authority.signDevice({ ...device, publicKey: key() });
  expect(other.serial).not.toBe(serial);
});

test.each([['a, b=c+"d"\\#;<>'], ['"><script>'], ['ü€😀'], [' blanks '], ['#1'], ['CN=x,O=y']])(
  'the endpoint %j is the common name as it is',
  async (endpoint) => {
    const authority = await own(temporaryDirectory());
    const { der } = await authority.signDevice({ ...device, endpoint, publicKey: key() });
    const openssl = new OpenSsl();
    openssl.file('device.der', der);
    const shown = openssl.run(
      'x509',
      '-in',
      'device.der',
      '-inform',
      'DER',
      '-noout',
      '-subject',
      '-nameopt',
      'utf8,sep_multiline,lname',
    );
    expect(shown).toContain(`commonName=${endpoint}\n`);
  },
);

test('nothing is valid for longer than the authority', async () => {
  const authority = await own(temporaryDirectory());
  await expect(authority.signDevice({ ...device, days: 8_000, publicKey: key() })).rejects.toThrow(RangeError);
});

test('a revocation list with its number and reasons is one that openssl verifies', async () => {
  const directory = temporaryDirectory();
  const authority = await own(directory);
  const thisUpdate = Date.UTC(2026, 5, 1);
  const der = await authority.signRevocationList({
    number: 128,
    thisUpdate,
    nextUpdate: thisUpdate + 86_400_000,
    entries: [
      {
        serial: '4a00000000000000000000000000000f',
        revokedAt: thisUpdate - 5_000,
        reason: X509CrlReason.keyCompromise,
      },
      { serial: '4b000000000000000000000000000010', revokedAt: thisUpdate - 4_000, reason: X509CrlReason.unspecified },
    ],
  });
  const openssl = new OpenSsl();
  openssl.file('list.der', der);
  const { text } = openssl.result('crl', '-in', 'list.der', '-inform', 'DER', '-noout', '-text', '-CAfile', join(directory, 'authority.crt'), '-verify'); // prettier-ignore
  expect(text).toContain('verify OK');
  expect(text).toMatch(/X509v3 CRL Number: *\n *128\n/);
  expect(text).toContain('Next Update: Jun  2 00:00:00 2026 GMT');
  expect(text).toMatch(
    /Serial Number: 4A0{29}F\n +Revocation Date: May 31 23:59:55 2026 GMT\n(?:.*\n){2} +Key Compromise/,
  );
  const empty = await authority.signRevocationList({
    number: 1,
    thisUpdate,
    nextUpdate: thisUpdate + 1_000,
    entries: [],
  });
  openssl.file('empty.der', empty);
  expect(openssl.run('crl', '-in', 'empty.der', '-inform', 'DER', '-noout', '-text')).toContain(
    'No Revoked Certificates',
  );
});

test('a list of twenty thousand is made in a moment', async () => {
  const authority = await own(temporaryDirectory());
  const serial = (index: number): string => `4a${index.toString(16).padStart(30, '0')}`;
  const revoked = { revokedAt: 0, reason: X509CrlReason.superseded };
  const entries = Array.from({ length: 20_000 }, (_, index) => ({ ...revoked, serial: serial(index) }));
  const began = performance.now();
  const der = await authority.signRevocationList({ number: 1, thisUpdate: 0, nextUpdate: 1_000, entries });
  // With the library it took minutes.
  expect(performance.now() - began).toBeLessThan(10_000);
  const openssl = new OpenSsl();
  openssl.file('list.der', der);
  const serials = openssl
    .run('crl', '-in', 'list.der', '-inform', 'DER', '-noout', '-text')
    .matchAll(/Serial Number: (\w+)/g);
  expect([...serials].map(([, found]) => found?.toLowerCase())).toEqual(entries.map((entry) => entry.serial));
});

test('a list may be longer than a call has arguments', async () => {
  const authority = await own(temporaryDirectory());
  const entry = { serial: '4a', revokedAt: 0, reason: X509CrlReason.superseded };
  const list = { number: 1, thisUpdate: 0, nextUpdate: 1_000 };
  const one = await authority.signRevocationList({ ...list, entries: [entry] });
  const many = await authority.signRevocationList({ ...list, entries: Array.from({ length: 200_000 }, () => entry) });
  expect(many.length).toBeGreaterThan(one.length + 199_999 * 32);
  const lines = encodePem('X509 CRL', many).split('\n');
  expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual(['-----BEGIN X509 CRL-----', '-----END X509 CRL-----', '']);
  expect(encodePem('X509 CRL', one)).toBe(`${PemConverter.encode(one, 'X509 CRL')}\n`);
});

test('an authority that was configured signs in the place of our own', async () => {
  const openssl = new OpenSsl();
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes'];
  openssl.run(
    'req',
    '-x509',
    ...ec,
    '-sha384',
    '-keyout',
    'root.key',
    '-out',
    'root.crt',
    '-subj',
    '/CN=root',
    '-days',
    '400',
  );
  openssl.run('req', '-new', ...ec, '-keyout', 'sub.key', '-out', 'sub.csr', '-subj', '/O=a company/CN=issuing');
  openssl.file(
    'sub.ext',
    'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
  );
  openssl.run('x509', '-req', '-in', 'sub.csr', '-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial', '-out', 'sub.crt', '-days', '300', '-sha384', '-extfile', 'sub.ext'); // prettier-ignore
  const chain = `${openssl.run('x509', '-in', 'sub.crt')}${openssl.run('x509', '-in', 'root.crt')}`;
  const directory = temporaryDirectory();
  const authority = await Authority.open({ dataDirectory: directory, keyFile: join(openssl.directory, 'sub.key'), certificateFile: openssl.file('chain.crt', chain) }); // prettier-ignore
  expect(authority.certificates).toHaveLength(2);
  expect(authority.pem).toBe(chain);
  const { der } = await authority.signDevice({ ...device, publicKey: key() });
  openssl.file('device.der', der);
  openssl.run('x509', '-in', 'device.der', '-inform', 'DER', '-out', 'device.crt');
  expect(openssl.run('verify', '-CAfile', 'root.crt', '-untrusted', 'sub.crt', 'device.crt')).toContain('OK');
  expect(() => statSync(join(directory, 'authority.key'))).toThrow('ENOENT');
});

test.each([
  ['a key without its certificate', ['ca.key', undefined], /^FLOWNEXUS_CA_KEY needs its certificate: FLOWNEXUS_CA_CERT$/],
  ['a certificate without its key', [undefined, 'ca.crt'], /^FLOWNEXUS_CA_CERT needs its key: FLOWNEXUS_CA_KEY$/],
  ['a key that is not there', ['no.key', 'ca.crt'], /^FLOWNEXUS_CA_KEY .*no\.key can not be read: ENOENT/],
  ['what is no key', ['ca.crt', 'ca.crt'], /can not be used: the key is not PEM of PKCS #8 or SEC 1 without a password$/],
  ['what is no certificate', ['ca.key', 'ca.key'], /^FLOWNEXUS_CA_KEY and FLOWNEXUS_CA_CERT can not be used: /],
  ['a key of RSA', ['rsa.key', 'rsa.crt'], /the key is not an EC key on P-256 or P-384$/],
  ['the key of another', ['device.key', 'ca.crt'], /the certificate does not belong to the key$/],
  ['a certificate of no authority', ['device.key', 'device.crt'], /the certificate is not that of an authority$/],
  ['one that has expired', ['old.key', 'old.crt'], /the certificate has expired$/],
])('%s is said at the start', async (_name, [keyFile, certificateFile], reason) => {
  const openssl = new OpenSsl();
  const certificates = {
    ca: testCertificate({ authority: true, keyUsage: 0x0600 }),
    rsa: testCertificate({ authority: true, rsa: true, keyUsage: 0x0600 }),
    device: testCertificate(),
    old: testCertificate({ authority: true, keyUsage: 0x0600, notAfter: Date.UTC(2021, 0) }),
  };
  for (const [name, { pem, privateKeyPem }] of Object.entries(certificates)) {
    openssl.file(`${name}.crt`, pem);
    openssl.file(`${name}.key`, privateKeyPem);
  }
  const path = (name: string | undefined) => name && join(openssl.directory, name);
  const opening = Authority.open({ dataDirectory: temporaryDirectory(), keyFile: path(keyFile), certificateFile: path(certificateFile) }); // prettier-ignore
  await expect(opening).rejects.toThrow(StartError);
  await expect(opening).rejects.toThrow(reason);
}); // prettier-ignore
