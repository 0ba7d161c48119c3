import { expect, test } from 'vitest';
import { parseCertificate } from '../../src/auth/certificate.ts';
import { testCertificate } from '../../src/testing/index.ts';

/** 1.2.840.10045.4.3.2: ECDSA with SHA-256. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

test.each([
  ['the one that is signed', (bytes: Buffer) => bytes.indexOf(ECDSA_WITH_SHA256)],
  ['the other one', (bytes: Buffer) => bytes.lastIndexOf(ECDSA_WITH_SHA256)],
])('a certificate that names two signature algorithms is refused: %s differs (RFC 5280 §4.1.1.2)', (_what, find) => {
  const bytes = Buffer.from(testCertificate().der);
  expect(() => parseCertificate(bytes)).not.toThrow();
  const last = find(bytes) + ECDSA_WITH_SHA256.length - 1;
  bytes[last] = 3;
  expect(() => parseCertificate(bytes)).toThrow(expect.objectContaining({ alert: 'bad_certificate' }));
});
