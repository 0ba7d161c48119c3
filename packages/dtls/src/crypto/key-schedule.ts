import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { concatBytes, writeU16 } from '../bytes.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import type { HandshakeMessage } from '../handshake/handshake-message.ts';
import { KEY_BLOCK_SIZE, type Role, type TrafficKeys } from './traffic-keys.ts';

/** RFC 5246 §8.1 */
const MASTER_SECRET_SIZE = 48;
/** RFC 5246 §7.4.9: the verify data of all suites of this package, in bytes. */
export const VERIFY_DATA_SIZE = 12;

/** The pseudorandom function with SHA-256 (RFC 5246 §5): `length` bytes in an array of their own. `label` is ASCII. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelledSeed = new Uint8Array(label.length + seed.length);
  // Labels are ASCII: TextEncoder takes longer than the HMAC of so few bytes.
  for (let index = 0; index < label.length; index += 1) labelledSeed[index] = label.charCodeAt(index);
  labelledSeed.set(seed, label.length);
  const output = new Uint8Array(length);
  // Node 24 takes a raw key at four times the cost of a key object.
  const key = createSecretKey(secret);
  let a: Uint8Array = labelledSeed;
  for (let offset = 0; offset < length;) {
    a = createHmac('sha256', key).update(a).digest();
    const part = createHmac('sha256', key).update(a).update(labelledSeed).digest();
    output.set(part.subarray(0, length - offset), offset);
    offset += part.length;
  }
  return output;
}

/** The premaster secret of PSK (RFC 4279 §2), or with `other`, the ECDH shared secret, of ECDHE_PSK (RFC 5489 §2). */
export function pskPremaster(psk: Uint8Array, other: Uint8Array = new Uint8Array(psk.length)): Uint8Array {
  const premaster = new Uint8Array(4 + other.length + psk.length);
  writeU16(premaster, 0, other.length);
  premaster.set(other, 2);
  writeU16(premaster, 2 + other.length, psk.length);
  premaster.set(psk, 4 + other.length);
  return premaster;
}

/** The master secret of a handshake without the extended one, 48 bytes (RFC 5246 §8.1). */
export function masterSecret(premaster: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): Uint8Array {
  return prf(premaster, 'master secret', concatBytes(clientRandom, serverRandom), MASTER_SECRET_SIZE);
}

/** The extended master secret, 48 bytes (RFC 7627 §4). `sessionHash` covers the messages up to ClientKeyExchange, with it. */
export function extendedMasterSecret(premaster: Uint8Array, sessionHash: Uint8Array): Uint8Array {
  return prf(premaster, 'extended master secret', sessionHash, MASTER_SECRET_SIZE);
}

/** The keys of both directions (RFC 5246 §6.3). `encryptThenMac` (RFC 7366) matters to CBC only: with an AEAD it comes out false. */
export function trafficKeys(
  suite: CipherSuite,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  encryptThenMac: boolean,
): TrafficKeys {
  const { cipher } = suite;
  return {
    cipher,
    block: prf(master, 'key expansion', concatBytes(serverRandom, clientRandom), KEY_BLOCK_SIZE[cipher]),
    encryptThenMac: encryptThenMac && cipher === 'aes-128-cbc-sha256',
  };
}

/** What a Finished carries, 12 bytes (RFC 5246 §7.4.9). `role` is that of its sender. */
export function verifyData(master: Uint8Array, role: Role, hash: Uint8Array): Uint8Array {
  return prf(master, `${role} finished`, hash, VERIFY_DATA_SIZE);
}

/** SHA-256 of messages in order, each with the header of an unfragmented message (RFC 6347 §4.2.6). */
export function transcriptHash(messages: readonly HandshakeMessage[]): Uint8Array {
  const hash = createHash('sha256');
  for (const { raw } of messages) hash.update(raw);
  return new Uint8Array(hash.digest());
}

/** Whether two byte strings are the same, in a time that does not tell where they differ. Lengths are no secret. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
