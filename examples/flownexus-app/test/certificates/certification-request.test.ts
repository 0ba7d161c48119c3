import { expect, test } from 'vitest';
import { checkRequest, requestBytes, RequestRefusedError } from '../../src/certificates/certification-request.ts';
import { OpenSsl } from '../support/openssl.ts';

const EC = (curve: string): string[] => ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const san = (names: string): string[] => [...EC('P-256'), '-addext', `subjectAltName=${names}`];

async function check(csr: string, endpoint = 'dev'): Promise<Uint8Array> {
  return checkRequest(requestBytes(csr), endpoint);
}

test.each([
  ['of P-256', '/CN=dev', EC('P-256')],
  ['of P-384 with SHA-384', '/CN=dev', [...EC('P-384'), '-sha384']],
  ['with SHA-512', '/CN=dev', [...EC('P-256'), '-sha512']],
  ['that names nobody', '/', EC('P-256')],
  ['that says more of its owner', '/O=somebody/CN=dev', EC('P-256')],
  ['whose SubjectAltName is the endpoint', '/CN=dev', san('DNS:dev,URI:dev')],
])('a request %s gives its key', async (_name, subject, options) => {
  const openssl = new OpenSsl();
  const { csr } = openssl.request('dev', subject, ...options);
  openssl.run('pkey', '-in', 'dev.key', '-pubout', '-outform', 'DER', '-out', 'dev.pub');
  const expected = openssl.run('base64', '-A', '-in', 'dev.pub');
  expect(Buffer.from(await check(csr)).toString('base64')).toBe(expected);
  // The same as base64 of DER, on lines.
  openssl.run('req', '-in', 'dev.csr', '-outform', 'DER', '-out', 'dev.der');
  expect(Buffer.from(await check(openssl.run('base64', '-in', 'dev.der'))).toString('base64')).toBe(expected);
});

test.each([
  ['a weak RSA key', '/CN=dev', ['-newkey', 'rsa:1024'], 'the key is RSA of 1024 bits: devices need an EC key on P-256 or P-384, with an uncompressed point'],
  ['an RSA key, which our DTLS does not take', '/CN=dev', ['-newkey', 'rsa:2048'], /RSA of 2048 bits/],
  ['another curve', '/CN=dev', EC('P-521'), /the key is an EC key on secp521r1/],
  ['a curve that looks alike', '/CN=dev', EC('secp256k1'), /secp256k1/],
  ['an Edwards curve', '/CN=dev', ['-newkey', 'ed25519'], /the key is ed25519/],
  ['a compressed point', '/CN=dev', [...EC('P-256'), '-pkeyopt', 'ec_param_enc:explicit'], /the key is/],
  ['the common name of another', '/CN=other', EC('P-256'), 'the request is for "other", and not for this endpoint'],
  ['two common names', '/CN=dev/CN=other', EC('P-256'), /is for "other"/],
  ['a host name of another', '/CN=dev', san('DNS:dev,DNS:other'), /is for "other"/],
  ['an address', '/CN=dev', san('IP:192.0.2.1'), /is for "192\.0\.2\.1"/],
  ['a URI of another', '/CN=dev', san('URI:urn:dev:2'), /is for "urn:dev:2"/],
])('refused is %s', async (_name, subject, options, reason) => {
  const { csr } = new OpenSsl().request('dev', subject, ...options);
  await expect(check(csr)).rejects.toThrow(RequestRefusedError);
  await expect(check(csr)).rejects.toThrow(reason);
}); // prettier-ignore

test('refused is a request that somebody else has signed, and one that was changed', async () => {
  const openssl = new OpenSsl();
  openssl.request('dev', '/CN=dev');
  openssl.run('req', '-in', 'dev.csr', '-outform', 'DER', '-out', 'dev.der');
  const der = Buffer.from(openssl.run('base64', '-A', '-in', 'dev.der'), 'base64');
  const changed = Buffer.from(der);
  changed[der.indexOf('dev')] = 'D'.charCodeAt(0);
  await expect(check(changed.toString('base64'), 'Dev')).rejects.toThrow(
    'the request is not signed with the key that it is for',
  );
  // With the key of another in the place of its own: the point is the last that the curve's OID is before.
  const { csr } = openssl.request('other', '/CN=dev');
  openssl.run('req', '-in', 'other.csr', '-outform', 'DER', '-out', 'other.der');
  expect(csr).toContain('BEGIN CERTIFICATE REQUEST');
  const other = Buffer.from(openssl.run('base64', '-A', '-in', 'other.der'), 'base64');
  const point = (bytes: Buffer): number => bytes.indexOf(Buffer.from('03420004', 'hex')) + 4;
  const stolen = Buffer.from(der);
  other.copy(stolen, point(der), point(other), point(other) + 64);
  await expect(check(stolen.toString('base64'))).rejects.toThrow('not signed with the key');
});

test.each([
  ['nothing', '', 'it is neither PEM nor base64 of DER'],
  ['any text', 'certificate, please', 'it is neither PEM nor base64 of DER'],
  ['any bytes', Buffer.from('certificate, please').toString('base64'), 'it is no certification request (PKCS #10)'],
  ['an empty SEQUENCE', 'MAA=', 'it is no certification request (PKCS #10)'],
  ['PEM of something else', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----', 'the PEM has no CERTIFICATE REQUEST'],
  ['a line of PEM', '-----BEGIN CERTIFICATE REQUEST-----', 'the PEM has no CERTIFICATE REQUEST'],
])('refused is %s', async (_name, csr, reason) => {
  await expect(check(csr)).rejects.toThrow(RequestRefusedError);
  await expect(check(csr)).rejects.toThrow(reason);
}); // prettier-ignore

test('a request that is cut or changed anywhere is refused in words', async () => {
  const openssl = new OpenSsl();
  openssl.request('dev', '/CN=dev', ...san('DNS:dev'));
  openssl.run('req', '-in', 'dev.csr', '-outform', 'DER', '-out', 'dev.der');
  const der = Buffer.from(openssl.run('base64', '-A', '-in', 'dev.der'), 'base64');
  for (let at = 0; at < der.length; at += 3) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0x21;
    for (const bytes of [changed, der.subarray(0, at)]) {
      await expect(checkRequest(Uint8Array.from(bytes), 'dev'), String(at)).rejects.toThrow(RequestRefusedError);
    }
  }
});
