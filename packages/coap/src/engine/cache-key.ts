import { Code } from '../code.ts';
import type { CoapMessage, CoapOption } from '../message.ts';
import { findOption, stringOptions } from '../option-values.ts';
import { isNoCacheKey, OptionNumber } from '../options.ts';
import { digest } from './digest.ts';
import type { PeerState } from './peer-state.ts';
import { resourceKey } from './request-options.ts';
import { tokenKey } from './token.ts';

/** They differ among the requests for one body, or don't say which it is. */
const NOT_IN_KEY: ReadonlySet<number> = new Set([
  OptionNumber.BLOCK1,
  OptionNumber.BLOCK2,
  OptionNumber.OBSERVE, // RFC 7641 §2
  OptionNumber.ETAG,
]);

/**
 * What makes two requests of a peer ask for blocks of one body: the cache key (RFC 7252 §5.4.6, §5.6), which for a FETCH has
 * its payload in it (RFC 8132 §2). Content-Format is about the payload, which requests for further blocks of a POST don't
 * have, nor those that follow a FETCH in blocks: there Request-Tag tells bodies apart (RFC 9175 §3).
 */
export function representationKey(state: PeerState, message: CoapMessage, options: readonly CoapOption[]): string {
  const hasPayload = message.code === Code.FETCH && findOption(options, OptionNumber.BLOCK1) === undefined;
  let key = `${state.peer.key} ${message.code}`;
  for (const { number, value } of options) {
    if (isNoCacheKey(number) || NOT_IN_KEY.has(number)) continue;
    if (number === OptionNumber.CONTENT_FORMAT && message.code !== Code.FETCH) continue;
    key += ` ${number}:${latin1(value)}`;
  }
  return hasPayload && message.payload.length > 0 ? `${key} ${latin1(digest(message.payload))}` : key;
}

/**
 * What makes two blocks parts of one request body. The token says nothing, it may change from block to block (RFC 7959
 * §2.5); Request-Tag does (RFC 9175 §3.3).
 */
export function uploadKey(state: PeerState, message: CoapMessage, options: readonly CoapOption[]): string {
  const path = stringOptions(options, OptionNumber.URI_PATH);
  const query = stringOptions(options, OptionNumber.URI_QUERY);
  const tag = findOption(options, OptionNumber.REQUEST_TAG)?.value;
  return `${state.peer.key} ${resourceKey(message.code, path, query)} ${tag === undefined ? '' : tokenKey(tag)}`;
}

/** A character for each byte, and their number ahead of them: what follows can't be mistaken for a part. */
function latin1(bytes: Uint8Array): string {
  let text = `${bytes.length}:`;
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
