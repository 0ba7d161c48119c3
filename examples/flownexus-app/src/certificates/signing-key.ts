import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto';

/** The curves that our DTLS has, by the names that Node and WebCrypto have for them, and the hash that goes with each. */
const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
};

/** A private key that signs certificates. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly signingKey: webcrypto.CryptoKey;
  readonly signingAlgorithm: { readonly name: 'ECDSA'; readonly hash: string };
  /** DER of the SubjectPublicKeyInfo, with an uncompressed point. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

/** A new key on P-256, as PEM of PKCS #8. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * Reads a key in PEM.
 *
 * @throws Error with one line that says what is wrong, and nothing of the key
 */
export function signingKey(pem: string): SigningKey {
  const privateKey = readKey(pem);
  const curve = CURVES[privateKey.asymmetricKeyDetails?.namedCurve ?? ''];
  if (privateKey.asymmetricKeyType !== 'ec' || curve === undefined) {
    throw new Error('the key is not an EC key on P-256 or P-384');
  }
  const { namedCurve, hash } = curve;
  return {
    privateKey,
    signingKey: privateKey.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign']),
    signingAlgorithm: { name: 'ECDSA', hash },
    publicKey: publicKeyOf(privateKey),
  };
}

/** DER of the SubjectPublicKeyInfo of a key, with an uncompressed point whatever the key was stored with. */
export function publicKeyOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  const publicKey = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  return Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The message of OpenSSL says nothing that helps, and must not carry anything of the key.
    throw new Error('the key is not PEM of PKCS #8 or SEC 1 without a password');
  }
}
