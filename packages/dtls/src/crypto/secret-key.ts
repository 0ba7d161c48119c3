import { createSecretKey, type KeyObject } from 'node:crypto';

/**
 * Since key objects hide their parts (Node 24), `node:crypto` tells a raw key from one by an exception that it throws and catches, twice for each
 * cipher and HMAC: 20 µs, five times what the cipher takes. Before that a key object cost more than it saved.
 */
const RAW_KEYS_ARE_CHEAP = Object.getOwnPropertySymbols(createSecretKey(new Uint8Array(16))).length > 0;

/** A raw key as `createCipheriv` and `createHmac` take it at the least cost. For the moment alone: a key object is a kilobyte. */
export function secretKey(bytes: Uint8Array): Uint8Array | KeyObject {
  return RAW_KEYS_ARE_CHEAP ? bytes : createSecretKey(bytes);
}
