import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { der, derInteger, derOid, derText, derTime } from './der-writer.ts';

/** A certificate of a test, with its private key. */
export interface TestCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly privateKeyPem: string;
  /** DER of its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER of its subject. */
  readonly subject: Uint8Array;
}

/** What a certificate of a test says. All is valid unless told otherwise. */
export interface TestCertificateOptions {
  /** The common names of its subject. Default: `test`. */
  readonly commonName?: string | readonly string[];
  /** The tag of the common names. Default 0x0c: UTF8String. */
  readonly nameTag?: number;
  /** Who signs it. Default: itself. */
  readonly issuer?: TestCertificate;
  /** Default: a new key on `curve`. */
  readonly privateKey?: KeyObject;
  /** DER of the SubjectPublicKeyInfo of somebody else, in the place of a key of its own: `privateKey` of the result is not that of the certificate then. */
  readonly publicKey?: Uint8Array;
  /** Default P-256. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521';
  /** An RSA key instead. */
  readonly rsa?: boolean;
  /** Of the signature. Default `sha256`. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512';
  /** Both in milliseconds since 1970. Default: 2020 to 2100. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Whether it may certify others. Default: false. */
  readonly authority?: boolean;
  /** How many authorities may be below it. Default: not said. */
  readonly pathLength?: number;
  /** The 16 bits of KeyUsage, digitalSignature the highest. Default: keyCertSign for authorities, digitalSignature for others; null: not said. */
  readonly keyUsage?: number | null;
  /** Object identifiers of ExtendedKeyUsage. Default: not said. */
  readonly keyPurposes?: readonly string[];
  /** DNS names. Default: none. */
  readonly names?: readonly string[];
  /** IPv4 addresses. Default: none. */
  readonly addresses?: readonly string[];
  /** More extensions: object identifier, whether it is critical, DER of its value. */
  readonly extensions?: readonly { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }[];
}

const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const;
const DIGITAL_SIGNATURE = 0x8000;
const KEY_CERT_SIGN = 0x0400;

/**
 * Makes a certificate for tests, synchronously and with a new key: also such as no authority would make.
 *
 * @example
 * const root = testCertificate({ commonName: 'root', authority: true });
 * const device = testCertificate({ commonName: 'urn:dev:1', issuer: root });
 */
export function testCertificate(options: TestCertificateOptions = {}): TestCertificate {
  const { issuer, commonName = 'test' } = options;
  const keys = keyPair(options);
  const subject = name(typeof commonName === 'string' ? [commonName] : commonName, options.nameTag ?? 0x0c);
  const signerKey = issuer?.privateKey ?? keys.privateKey;
  const { hash = 'sha256', notBefore = Date.UTC(2020, 0), notAfter = Date.UTC(2100, 0) } = options;
  const algorithm = signatureAlgorithm(signerKey, hash);
  const body = der(
    0x30,
    der(0xa0, derInteger(2)),
    der(0x02, Uint8Array.of(1, ...createHash('sha256').update(keys.publicKey).update(subject).digest().subarray(0, 8))),
    algorithm,
    issuer?.subject ?? subject,
    der(0x30, derTime(new Date(notBefore)), derTime(new Date(notAfter))),
    subject,
    keys.publicKey,
    der(0xa3, der(0x30, ...extensions(options))),
  );
  const signature = sign(hash, body, signerKey);
  const bytes = der(0x30, body, algorithm, der(0x03, Uint8Array.of(0), signature));
  return {
    der: bytes,
    pem: pemOf(bytes),
    privateKey: keys.privateKey,
    privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: keys.publicKey,
    subject,
  };
}

function keyPair(options: TestCertificateOptions): { publicKey: Uint8Array; privateKey: KeyObject } {
  const privateKey = options.privateKey ?? newKey(options);
  const publicKey = options.publicKey ?? createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { publicKey: Uint8Array.from(publicKey), privateKey };
}

function newKey({ rsa = false, curve = 'P-256' }: TestCertificateOptions): KeyObject {
  if (rsa) return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: CURVES[curve] }).privateKey;
}

function name(commonNames: readonly string[], tag: number): Uint8Array {
  return der(0x30, ...commonNames.map((text) => der(0x31, der(0x30, derOid('2.5.4.3'), derText(tag, text)))));
}

function signatureAlgorithm(key: KeyObject, hash: 'sha256' | 'sha384' | 'sha512'): Uint8Array {
  const last = { sha256: 2, sha384: 3, sha512: 4 }[hash];
  // RFC 5758 §3.2: no parameters with ECDSA; RFC 4055 §5: NULL with RSA.
  if (key.asymmetricKeyType === 'ec') return der(0x30, derOid(`1.2.840.10045.4.3.${last}`));
  return der(0x30, derOid(`1.2.840.113549.1.1.${last + 9}`), der(0x05));
}

function extensions(options: TestCertificateOptions): Uint8Array[] {
  const { authority = false, pathLength, keyUsage = authority ? KEY_CERT_SIGN : DIGITAL_SIGNATURE } = options;
  const limit = pathLength === undefined ? [] : [derInteger(pathLength)];
  const list = [
    extension('2.5.29.19', true, der(0x30, ...(authority ? [der(0x01, Uint8Array.of(0xff))] : []), ...limit)),
  ];
  if (keyUsage !== null) {
    const bits = Uint8Array.of(0, keyUsage >> 8, keyUsage & 0xff);
    list.push(extension('2.5.29.15', true, der(0x03, bits)));
  }
  if (options.keyPurposes !== undefined) {
    list.push(extension('2.5.29.37', false, der(0x30, ...options.keyPurposes.map(derOid))));
  }
  const { names = [], addresses = [] } = options;
  if (names.length + addresses.length > 0) {
    const all = [
      ...names.map((text) => derText(0x82, text)),
      ...addresses.map((text) => der(0x87, Uint8Array.from(text.split('.').map(Number)))),
    ];
    list.push(extension('2.5.29.17', false, der(0x30, ...all)));
  }
  return [...list, ...(options.extensions ?? []).map(({ id, critical, value }) => extension(id, critical, value))];
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return der(0x30, derOid(id), ...(critical ? [der(0x01, Uint8Array.of(0xff))] : []), der(0x04, value));
}

function pemOf(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
