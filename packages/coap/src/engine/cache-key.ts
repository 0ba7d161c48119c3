import type { IncomingRequest } from '../api.ts';
import { Code } from '../code.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { findOption } from '../option-values.ts';
import { isCritical, isNoCacheKey, OptionNumber } from '../options.ts';
import { digest } from './digest.ts';
import type { PeerState } from './peer-state.ts';

/** They differ among the requests for one body, or don't say which it is. */
const NOT_IN_KEY: ReadonlySet<number> = new Set([
  OptionNumber.BLOCK1,
  OptionNumber.BLOCK2,
  OptionNumber.OBSERVE, // RFC 7641 §2
  OptionNumber.ETAG,
  OptionNumber.IF_NONE_MATCH, // RFC 7959 §2.10: in the first block of a request alone
  OptionNumber.HOP_LIMIT, // RFC 8768 §3: the way it came
  OptionNumber.NO_RESPONSE, // RFC 7967 §2: a client wants to hear of all blocks but the last
]);

/**
 * What makes two requests of a peer ask for blocks of one body: the cache key (RFC 7252 §5.4.6, §5.6), which for a FETCH has
 * its payload in it (RFC 8132 §2). Content-Format is about the payload, which requests for further blocks of a POST don't
 * have, nor those that follow a FETCH in blocks: there Request-Tag tells bodies apart (RFC 9175 §3).
 */
export function representationKey(state: PeerState, message: CoapMessage, options: readonly CoapOption[]): string {
  const hasPayload = message.code === Code.FETCH && findOption(options, OptionNumber.BLOCK1) === undefined;
  const key = [state.peer.key];
  pushOptions(key, message.code, options);
  if (hasPayload && message.payload.length > 0) pushBytes(key, digest(message.payload));
  return flat(key);
}

/** What makes observations of any peers ask for the same. Not a digest of the payload: a peer could choose one for another's. */
export function observedKey({ method, options, payload }: IncomingRequest): string {
  const key: string[] = [];
  pushOptions(key, method, options);
  pushBytes(key, payload);
  return flat(key);
}

function pushOptions(key: string[], code: number, options: readonly CoapOption[]): void {
  key.push(` ${code}`);
  for (const { number, value } of options) {
    if (isNoCacheKey(number) || NOT_IN_KEY.has(number)) continue;
    if (number === OptionNumber.CONTENT_FORMAT && code !== Code.FETCH) continue;
    pushOption(key, number, value);
  }
}

/**
 * What makes two blocks parts of one request body: peer, method, and all options but the elective NoCacheKey ones and the blocks
 * themselves (RFC 9175 §3.3). So each Request-Tag counts, and a block with another Content-Format is none of the body
 * (RFC 7959 §2.3). The token says nothing: it may change from block to block (§2.5).
 */
export function uploadKey(state: PeerState, message: CoapMessage, options: readonly CoapOption[]): string {
  const key = [`${state.peer.key} ${message.code}`];
  for (const { number, value } of options) {
    if (NOT_IN_KEY.has(number) || (isNoCacheKey(number) && !isCritical(number))) continue;
    pushOption(key, number, value);
  }
  return flat(key);
}

function pushOption(key: string[], number: number, value: Uint8Array): void {
  key.push(` ${number}:`);
  pushBytes(key, value);
}

/** Arguments of one call. */
const CHUNK = 1024;

/** A character for each byte, and their number ahead of them: what follows can't be mistaken for a part. */
function pushBytes(key: string[], bytes: Uint8Array): void {
  key.push(` ${bytes.length}:`);
  for (let offset = 0; offset < bytes.length; offset += CHUNK) {
    key.push(String.fromCharCode(...bytes.subarray(offset, offset + CHUNK)));
  }
}

/**
 * One piece. What `+` makes of strings stays a tree with a node for each of them, 32 bytes: as a key that is kept it would take
 * many times what is counted for it.
 */
function flat(parts: readonly string[]): string {
  return parts.join('');
}
