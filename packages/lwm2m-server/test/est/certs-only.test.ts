import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { testCertificate } from '@flownexus/dtls/testing';
import { describe, expect, test } from 'vitest';
import { encodeCertsOnly } from '../../src/est/certs-only.ts';

const OPENSSL = 'openssl';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a certificates-only message', () => {
  test('is a SignedData without signers (RFC 5652 §5.1)', () => {
    expect(hex(encodeCertsOnly([Uint8Array.of(0x30, 0)]))).toBe(
      '3027' + // ContentInfo
        '06092a864886f70d010702' + // signedData
        'a01a' +
        '3018' +
        '020101' + // version
        '3100' + // digestAlgorithms
        '300b06092a864886f70d010701' + // data, without content
        'a0023000' + // certificates
        '3100', // signerInfos
    );
  });

  test.each([
    [0x7f, '7f'],
    [0x80, '8180'],
    [0xff, '81ff'],
    [0x100, '820100'],
  ])('of %i bytes has lengths in the shortest form', (length, expected) => {
    expect(hex(encodeCertsOnly([new Uint8Array(length)]))).toContain(`a0${expected}`);
  });

  test.skipIf(!hasOpenssl())('is read by OpenSSL', () => {
    const authority = testCertificate({ commonName: 'authority', authority: true });
    const device = testCertificate({ commonName: 'device', issuer: authority });
    const message = encodeCertsOnly([authority.der, device.der]);
    const printed = execFileSync(OPENSSL, ['pkcs7', '-inform', 'DER', '-print_certs'], { input: message }).toString();
    const certificates = printed.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    const names = certificates.map((pem) => new X509Certificate(pem).subject);
    expect(names.toSorted()).toEqual(['CN=authority', 'CN=device']);
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync(OPENSSL, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
