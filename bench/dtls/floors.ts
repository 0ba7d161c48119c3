// What one handshake and one record cost at the very least: the primitives of node:crypto that they can't do without, in a loop.
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHmac,
  createSecretKey,
  hash,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import type { ServerCredentials } from './credentials.ts';

const SECRET = new Uint8Array(48).fill(7);
const COOKIE_KEY = createSecretKey(SECRET);
const TICKET_KEY = createSecretKey(new Uint8Array(32));
const SEED = new Uint8Array(64).fill(9);
// As long as what the clients of this benchmark send and get.
const HELLO = new Uint8Array(120);
const PSK_TRANSCRIPT = new Uint8Array(300);
const ECDSA_TRANSCRIPT = new Uint8Array(1500);
const SESSION = new Uint8Array(75);

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

/** RFC 5077 §4, with AES-256-GCM. */
function sealTicket(): readonly Uint8Array[] {
  const cipher = createCipheriv('aes-256-gcm', TICKET_KEY, SEED.subarray(0, 12), { authTagLength: 16 });
  cipher.setAAD(SEED.subarray(0, 16));
  const encrypted = cipher.update(SESSION);
  cipher.final();
  return [encrypted, cipher.getAuthTag()];
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
 * A PSK handshake with cookie, extended master secret and a ticket on a server: two cookies, three hashes of the transcript (for the master secret and
 * each Finished), master secret (48 bytes), key block (40 bytes), two Finished (12 bytes each), keys of both directions, a record in, a record out, and
 * the ticket that the client asks for. Each in the fastest way that is known: `hash` of Node 24 is faster than `createHash`.
 */
export function pskFloor(transcript: Uint8Array = PSK_TRANSCRIPT): () => unknown {
  const record = recordFloor(24);
  return () => {
    hmac(COOKIE_KEY, HELLO);
    hmac(COOKIE_KEY, HELLO);
    createSecretKey(SECRET.subarray(0, 16));
    createSecretKey(SECRET.subarray(0, 16));
    for (let count = 0; count < 3; count += 1) hash('sha256', transcript, 'buffer');
    sealTicket();
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
  const rest = pskFloor(ECDSA_TRANSCRIPT);
  const peer = createECDH('prime256v1');
  const point = peer.generateKeys();
  const signed = sign('sha256', ECDSA_TRANSCRIPT, clientKey);
  const issuer = new X509Certificate(root);
  return () => {
    const own = createECDH('prime256v1');
    own.generateKeys();
    sign('sha256', HELLO, privateKey);
    own.computeSecret(point);
    const certificate = new X509Certificate(clientCertificate);
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
      throw new Error('not issued by the root');
    if (!verify('sha256', ECDSA_TRANSCRIPT, certificate.publicKey, signed)) throw new Error('not signed by the client');
    return rest();
  };
}
