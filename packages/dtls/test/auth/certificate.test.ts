import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../src/auth/certificate.ts';
import { commonNameOf, KeyPurpose } from '../../src/auth/certificate-fields.ts';
import { certificatesIn } from '../../src/auth/pem.ts';
import { DtlsError } from '../../src/errors.ts';
import { der, derText } from '../../src/testing/der-writer.ts';
import { testCertificate } from '../../src/testing/test-certificate.ts';
import opensslChain from '../vectors/openssl-chain.json' with { type: 'json' };

const load = (pem: string): ReturnType<typeof parseCertificate> => {
  const [bytes = new Uint8Array(0)] = certificatesIn(pem);
  return parseCertificate(bytes);
};
const parsing =
  (bytes: Uint8Array): (() => unknown) =>
  () =>
    parseCertificate(bytes);
const withAlert = (alert: string): unknown => expect.objectContaining({ code: 'ERR_DTLS_AUTHENTICATION', alert });

describe('certificates that OpenSSL made', () => {
  test('the root', () => {
    const root = load(opensslChain.root);
    expect(root).toMatchObject({
      signatureAlgorithm: '1.2.840.10045.4.3.3',
      isAuthority: true,
      pathLength: 1,
      keyUsage: 0x0600,
      keyPurposes: undefined,
      unknownCritical: undefined,
    });
    expect(root.subject).toEqual(root.issuer);
    expect(new Date(root.notBefore).toUTCString()).toBe(new Date(root.x509.validFrom).toUTCString());
    expect(new Date(root.notAfter).toUTCString()).toBe(new Date(root.x509.validTo).toUTCString());
  });

  test('the device', () => {
    const device = load(opensslChain.device);
    expect(device).toMatchObject({
      signatureAlgorithm: '1.2.840.10045.4.3.2',
      isAuthority: false,
      pathLength: undefined,
      keyUsage: 0x8800,
      keyPurposes: [KeyPurpose.clientAuth, KeyPurpose.serverAuth],
    });
    expect(commonNameOf(device.subject)).toBe('urn:dev:mac:0011223344556677');
    expect(device.issuer).toEqual(load(opensslChain.issuer).subject);
    expect(device.publicKey).toEqual(Uint8Array.from(device.x509.publicKey.export({ type: 'spki', format: 'der' })));
  });
});

describe('common names', () => {
  const commonName = (...names: string[]): string | undefined =>
    commonNameOf(parseCertificate(testCertificate({ commonName: names }).der).subject);

  test('the only one', () => {
    expect(commonName('Gerät 1')).toBe('Gerät 1');
    expect(commonName('a\0b')).toBe('a\0b');
    expect(commonName('')).toBe('');
  });

  test('none, or one of several, is no name', () => {
    expect(commonName()).toBeUndefined();
    expect(commonName('a', 'b')).toBeUndefined();
    expect(commonName('a', 'a')).toBeUndefined();
  });

  test('a string of another type, or that is no UTF-8, is no name', () => {
    const printable = parseCertificate(testCertificate({ commonName: 'a', nameTag: 0x13 }).der);
    expect(commonNameOf(printable.subject)).toBe('a');
    const bmp = parseCertificate(testCertificate({ commonName: '\0a', nameTag: 0x1e }).der);
    expect(commonNameOf(bmp.subject)).toBeUndefined();
    const attribute = der(0x30, Uint8Array.of(0x06, 3, 0x55, 4, 3), der(0x0c, Uint8Array.of(0xff)));
    expect(commonNameOf(der(0x30, der(0x31, attribute)))).toBeUndefined();
  });

  test('a name of very many parts is refused', () => {
    expect(() => commonName(...Array.from({ length: 65 }, () => 'a'))).toThrow(withAlert('bad_certificate'));
  });
});

describe('refused', () => {
  test('keys of another kind, before they come near the cryptography', () => {
    expect(parsing(testCertificate({ rsa: true }).der)).toThrow(withAlert('unsupported_certificate'));
    expect(parsing(testCertificate({ curve: 'P-521' }).der)).toThrow(withAlert('unsupported_certificate'));
  });

  test('a point that is not on its curve', () => {
    const certificate = testCertificate();
    const at = Buffer.from(certificate.der).indexOf(certificate.publicKey) + certificate.publicKey.length - 1;
    const changed = Uint8Array.from(certificate.der);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(parsing(changed)).toThrow(withAlert('bad_certificate'));
  });

  test.each([
    ['an extension twice', [1, 2].map(() => ({ id: '1.2.3', critical: false, value: new Uint8Array(0) }))],
    ['a basicConstraints that is none', [{ id: '2.5.29.19', critical: true, value: Uint8Array.of(2, 1, 1) }]],
    [
      'very many extensions',
      Array.from({ length: 64 }, (_, index) => ({ id: `1.2.${index}`, critical: false, value: new Uint8Array(0) })),
    ],
  ])('%s', (_name, extensions) => {
    expect(parsing(testCertificate({ extensions }).der)).toThrow(withAlert('bad_certificate'));
  });

  test('key usages and purposes that are none', () => {
    const bad = (id: string, value: Uint8Array): (() => unknown) =>
      parsing(testCertificate({ keyUsage: null, extensions: [{ id, critical: true, value }] }).der);
    expect(bad('2.5.29.15', der(0x03, Uint8Array.of(8)))).toThrow(withAlert('bad_certificate'));
    expect(bad('2.5.29.15', der(0x03))).toThrow(withAlert('bad_certificate'));
    expect(bad('2.5.29.15', der(0x03, new Uint8Array(4)))).toThrow(withAlert('bad_certificate'));
    expect(bad('2.5.29.37', der(0x30, derText(0x0c, 'x')))).toThrow(withAlert('bad_certificate'));
  });

  test('bytes that follow, and bytes that are missing', () => {
    const { der: bytes } = testCertificate();
    expect(parsing(Uint8Array.of(...bytes, 0))).toThrow(withAlert('bad_certificate'));
    expect(parsing(bytes.subarray(0, -1))).toThrow(withAlert('bad_certificate'));
    expect(parsing(new Uint8Array(0))).toThrow(withAlert('bad_certificate'));
  });
});

test('a certificate with any bytes changed parses, or throws a DtlsError', () => {
  const { der: bytes } = testCertificate({ authority: true, pathLength: 3, keyPurposes: [KeyPurpose.any] });
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, value] of changes) changed[at] = value;
      try {
        commonNameOf(parseCertificate(changed).subject);
      } catch (error) {
        expect(error).toBeInstanceOf(DtlsError);
      }
    }),
    { numRuns: 1_000 },
  );
});
