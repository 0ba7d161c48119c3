import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadCredential, type CredentialSource } from '../../src/auth/credential.ts';
import { certificatesIn } from '../../src/auth/pem.ts';
import { testCertificate } from '../../src/testing/test-certificate.ts';
import opensslChain from '../vectors/openssl-chain.json' with { type: 'json' };

const root = testCertificate({ commonName: 'root', authority: true });
const issuer = testCertificate({ commonName: 'issuer', authority: true, issuer: root });
const own = testCertificate({ commonName: 'server', issuer });
const { privateKey } = own;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const exported = (key: KeyObject, type: 'pkcs8' | 'sec1'): Uint8Array =>
  Uint8Array.from(key.export({ type, format: 'der' }));
const failing = (source: CredentialSource, message: RegExp): void => {
  expect(() => loadCredential(source)).toThrow(
    expect.objectContaining({ code: 'ERR_DTLS_CREDENTIAL', message: expect.stringMatching(message) as unknown }),
  );
};

describe('keys', () => {
  const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }) as string;

  test.each<[string, CredentialSource['privateKey']]>([
    ['a key object', privateKey],
    ['PEM of PKCS #8', own.privateKeyPem],
    ['PEM of SEC 1', sec1],
    ['the bytes of a PEM file', bytesOf(own.privateKeyPem)],
    [
      'a PEM file that has more in it',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
    ],
    ['DER of PKCS #8', exported(privateKey, 'pkcs8')],
    ['DER of SEC 1', exported(privateKey, 'sec1')],
  ])('%s', (_name, key) => {
    const credential = loadCredential({ privateKey: key });
    expect(credential).toMatchObject({ chain: undefined, rawPublicKey: own.publicKey, group: 23 });
    expect(credential.privateKey.equals(privateKey)).toBe(true);
    expect(credential.rawPublicKey?.buffer.byteLength).toBe(own.publicKey.length);
  });

  test('on P-384', () => {
    const { privateKey: key } = testCertificate({ curve: 'P-384' });
    expect(loadCredential({ privateKey: key }).group).toBe(24);
  });

  test('a public key is written uncompressed, however the private key is stored', () => {
    // RFC 5915: version 1, the secret, [1] the public key with a compressed point.
    const jwk = privateKey.export({ format: 'jwk' });
    const part = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
    const compressed = Buffer.concat([Buffer.of((part(jwk.y).at(-1) ?? 0) & 1 ? 3 : 2), part(jwk.x)]);
    const sec1Der = Buffer.concat([
      Buffer.from('3057020101' + '0420', 'hex'),
      part(jwk.d),
      Buffer.from('a00a06082a8648ce3d030107' + 'a124' + '032200', 'hex'),
      compressed,
    ]);
    expect(loadCredential({ privateKey: Uint8Array.from(sec1Der) }).rawPublicKey).toEqual(own.publicKey);
  });

  test('of another kind', () => {
    failing({ privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }, /it is rsa$/);
    failing({ privateKey: generateKeyPairSync('ed25519').privateKey }, /it is ed25519$/);
    failing({ privateKey: generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey }, /it is ec secp521r1$/);
    failing({ privateKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey }, /not a private key/);
  });

  test('that can not be read', () => {
    failing({ privateKey: 'nothing' }, /can not be read/);
    failing({ privateKey: Uint8Array.of(0x30, 0) }, /can not be read/);
    failing({ privateKey: new Uint8Array(0) }, /can not be read/);
    failing({ privateKey: own.pem }, /can not be read/);
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
    failing({ privateKey: encrypted }, /without a password/);
  });
});

describe('certificates', () => {
  test.each<[string, NonNullable<CredentialSource['certificate']>]>([
    ['PEM', own.pem + issuer.pem],
    ['PEM with text between', `subject=server\n${own.pem}\nissuer:\n${issuer.pem}\n`],
    ['the bytes of a PEM file', bytesOf(own.pem + issuer.pem)],
    ['a list of DER', [own.der, issuer.der]],
    ['with the root, which is not sent', own.pem + issuer.pem + root.pem],
  ])('%s', (_name, certificate) => {
    const credential = loadCredential({ privateKey, certificate });
    expect(credential.chain).toEqual([own.der, issuer.der]);
    expect(credential.rawPublicKey).toBeUndefined();
  });

  test('DER of one, self-signed too, and a raw public key beside it', () => {
    const single = testCertificate();
    const credential = loadCredential({ privateKey: single.privateKey, certificate: single.der, rawPublicKey: true });
    expect(credential.chain).toEqual([single.der]);
    expect(credential.rawPublicKey).toEqual(single.publicKey);
  });

  test('that OpenSSL made', () => {
    const certificate = opensslChain.device + opensslChain.issuer + opensslChain.root;
    expect(loadCredential({ privateKey: opensslChain.deviceKey, certificate }).chain).toEqual(
      certificatesIn(opensslChain.device + opensslChain.issuer),
    );
  });

  test('are copied', () => {
    const bytes = Uint8Array.from(own.der);
    const { chain } = loadCredential({ privateKey, certificate: bytes });
    bytes.fill(0);
    expect(chain).toEqual([own.der]);
  });

  test('of another key', () => {
    failing({ privateKey, certificate: root.pem }, /does not belong to the private key/);
    failing({ privateKey, certificate: issuer.pem + own.pem }, /does not belong to the private key/);
    const other = createPrivateKey(testCertificate().privateKeyPem);
    failing({ privateKey: other, certificate: own.der }, /does not belong to the private key/);
  });

  test('out of order, or with one missing', () => {
    failing({ privateKey, certificate: own.pem + root.pem }, /certificate 1 of the chain was not signed by the next/);
    failing({ privateKey, certificate: [own.der, issuer.der, own.der] }, /certificate 2 of the chain/);
  });

  test('in too long a chain', () => {
    let above = root;
    const chain = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      above = testCertificate({ commonName: name, authority: true, keyUsage: 0x8400, issuer: above });
      chain.unshift(above.der);
    }
    failing({ privateKey: above.privateKey, certificate: chain }, /more than 4/);
    failing({ privateKey, certificate: [] }, /empty/);
  });

  test('that can not be read, or not be used for signatures', () => {
    failing({ privateKey, certificate: 'nothing' }, /BEGIN CERTIFICATE/);
    failing({ privateKey, certificate: Uint8Array.of(0x30, 0) }, /can not be used/);
    const cut = own.pem.replace(/\n[^\n]+\n-----END/, '\n-----END');
    failing({ privateKey, certificate: cut }, /can not be used/);
    const signer = testCertificate({ keyUsage: 0x0800 });
    failing({ privateKey: signer.privateKey, certificate: signer.der }, /keyUsage/);
  });
});

test('a credential that shows nothing is misuse', () => {
  expect(() => loadCredential({ privateKey, rawPublicKey: false })).toThrow(TypeError);
});
