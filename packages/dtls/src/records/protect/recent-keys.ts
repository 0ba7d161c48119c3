import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Role } from '../../crypto/traffic-keys.ts';
import { MAX_RECENT_KEYS } from '../../limits.ts';

const KEY_SIZE = 16;

/** The write keys of both sides, each made when it is needed. */
interface KeyPair {
  client: KeyObject | undefined;
  server: KeyObject | undefined;
}

/** By the array that an association lives with, in the order in which they came. */
const pairs = new Map<Uint8Array, KeyPair>();

function pairOf(keys: Uint8Array): KeyPair {
  const known = pairs.get(keys);
  if (known !== undefined) return known;
  if (pairs.size >= MAX_RECENT_KEYS) {
    const oldest = pairs.keys().next();
    if (oldest.done !== true) pairs.delete(oldest.value);
  }
  const made = { client: undefined, server: undefined };
  pairs.set(keys, made);
  return made;
}

/**
 * The write key of one side of an AEAD as a key object, which is kept for the associations of late. Node 24 takes 20 µs to find out that a
 * raw key is not a key object, five times as long as the cipher; to make one takes 3 µs, but one is a kilobyte, too much to keep for every
 * association. `keys` begin with the client write key and the server write key (RFC 5246 §6.3), and are always the same array.
 */
export function recentKey(keys: Uint8Array, sender: Role): KeyObject {
  const begin = sender === 'client' ? 0 : KEY_SIZE;
  return (pairOf(keys)[sender] ??= createSecretKey(keys.slice(begin, begin + KEY_SIZE)));
}
