// What one handshake and one record cost at the very least: the primitives of node:crypto that they can't do without, in a loop.
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createSecretKey,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import type { ServerCredentials } from './credentials.ts';

const SECRET = new Uint8Array(48).fill(7);
const COOKIE_KEY = createSecretKey(SECRET);
const SEED = new Uint8Array(64).fill(9);
const TRANSCRIPT = new Uint8Array(600);

function hmac(key: KeyObject, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}

/** PRF of RFC 5246 §5 for `blocks` times 32 bytes. A key object is made for each: raw keys cost more (Node 24). */
function prf(blocks: number): void {
  const secret = createSecretKey(SECRET);
  let a: Uint8Array = SEED;
  for (let block = 0; block < blocks; block += 1) {
    a = hmac(secret, a);
    createHmac('sha256', secret).update(a).update(SEED).digest();
  }
}

/** One record in and out: 64 bytes, AES-128-CCM-8. */
export function recordFloor(size: number): () => unknown {
  const key = createSecretKey(new Uint8Array(16));
  const nonce = new Uint8Array(12);
  const aad = new Uint8Array(13);
  const plaintext = new Uint8Array(size);
  const seal = (): { readonly encrypted: Uint8Array; readonly tag: Uint8Array } => {
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 });
    cipher.setAAD(aad, { plaintextLength: size });
    const encrypted = cipher.update(plaintext);
    cipher.final();
    return { encrypted, tag: cipher.getAuthTag() };
  };
  const { encrypted, tag } = seal();
  return () => {
    const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 });
    decipher.setAuthTag(tag);
    decipher.setAAD(aad, { plaintextLength: size });
    const opened = decipher.update(encrypted);
    decipher.final();
    return [opened, seal()];
  };
}

/**
 * A PSK handshake with cookie and extended master secret on a server: two cookies, two transcript hashes for the master secret and each Finished,
 * master secret (48 bytes), key block (40 bytes), two Finished (12 bytes each), keys of both directions, a record in and a record out.
 */
export function pskFloor(): () => unknown {
  const record = recordFloor(24);
  return () => {
    hmac(COOKIE_KEY, TRANSCRIPT);
    hmac(COOKIE_KEY, TRANSCRIPT);
    createSecretKey(SECRET.subarray(0, 16));
    createSecretKey(SECRET.subarray(0, 16));
    for (let hash = 0; hash < 3; hash += 1) createHash('sha256').update(TRANSCRIPT).digest();
    prf(2);
    prf(2);
    prf(1);
    prf(1);
    return record();
  };
}

/**
 * An ECDHE_ECDSA handshake with a certificate of the client on a server: what PSK has, and a key pair, its signature, the shared secret, the
 * client's certificate read and verified with its issuer's key, and its CertificateVerify.
 */
export function ecdsaFloor({ privateKey, root, clientCertificate, clientKey }: ServerCredentials): () => unknown {
  const rest = pskFloor();
  const peer = createECDH('prime256v1');
  const point = peer.generateKeys();
  const signed = sign('sha256', TRANSCRIPT, clientKey);
  const issuer = new X509Certificate(root);
  return () => {
    const own = createECDH('prime256v1');
    own.generateKeys();
    sign('sha256', TRANSCRIPT, privateKey);
    own.computeSecret(point);
    const certificate = new X509Certificate(clientCertificate);
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw new Error('not issued by the root');
    if (!verify('sha256', TRANSCRIPT, certificate.publicKey, signed)) throw new Error('not signed by the client');
    return rest();
  };
}
