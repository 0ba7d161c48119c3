import { formatAddress, type Clock, type Peer, type RandomSource } from '@flownexus/datagram';
import type { EchoOptions, EchoRequest } from '../api.ts';
import { Code } from '../code.ts';
import { encodeMessage } from '../codec.ts';
import { MessageType, type CoapMessage, type CoapOption } from '../message.ts';
import { makeOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { PeerState } from './peer-state.ts';
import { rareOption } from './rare-option.ts';
import type { Slice } from './representations.ts';
import { sipHash } from './siphash.ts';
import { Standing } from './tiers.ts';

const KEY_LENGTH = 16;
const TIME_LENGTH = 8;
const DEFAULT_FRESHNESS_MS = 60_000;

/** RFC 9175 §2.4: a reply of this size is no gain for an attacker, however small the request was. */
const UNPROBLEMATIC_SIZE = 136;

/**
 * Echo in the server role (RFC 9175 §2). Nothing is kept of a challenge: its value is the time when it was made, and a tag over that
 * and over whom it was made for and where, the construction of appendix A item 2.
 */
export class EchoGuard {
  readonly #clock: Clock;
  readonly #key: Uint8Array;
  readonly #options: EchoOptions;
  readonly #freshnessMs: number;

  /** Throws `RangeError` for options out of their range. */
  constructor(clock: Clock, random: RandomSource, options: EchoOptions) {
    const { freshnessMs = DEFAULT_FRESHNESS_MS, amplificationFactor = 1 } = options;
    if (!(freshnessMs > 0)) throw new RangeError(`freshnessMs is more than 0, not ${freshnessMs}`);
    if (!(amplificationFactor >= 1))
      throw new RangeError(`amplificationFactor is at least 1, not ${amplificationFactor}`);
    this.#clock = clock;
    this.#key = random.bytes(KEY_LENGTH);
    this.#options = options;
    this.#freshnessMs = freshnessMs;
  }

  /** Whether the request carries a challenge that its peer was given not too long ago, where it is now. */
  isFresh(peer: Peer, options: readonly CoapOption[]): boolean {
    const value = rareOption(options, OptionNumber.ECHO)?.value;
    if (value?.length !== 2 * TIME_LENGTH) return false;
    const time = value.subarray(0, TIME_LENGTH);
    if (!sameTag(this.#tag(peer, time), value.subarray(TIME_LENGTH))) return false;
    const madeAt = new DataView(time.buffer, time.byteOffset, TIME_LENGTH).getFloat64(0);
    return this.#clock.now() - madeAt < this.#freshnessMs;
  }

  /** Whether a request without a fresh Echo is not performed. Throws what the application throws. */
  requires(request: EchoRequest): boolean {
    return this.#options.required?.(request) ?? false;
  }

  /**
   * Whether a reply is so much larger than its request that somebody else may be meant to suffer from it: the peer has never shown that
   * it receives at its address (RFC 9175 §2.4 item 3).
   */
  amplifies(state: PeerState, request: CoapMessage, reply: Slice): boolean {
    const { amplificationFactor } = this.#options;
    const { peer, standing } = state;
    if (amplificationFactor === undefined) return false;
    if (standing === Standing.PROVEN && peer.pathValidated) return false;
    const { messageId, token } = request;
    const size = encodeMessage({ type: MessageType.ACK, messageId, token, ...reply }).length;
    return size > UNPROBLEMATIC_SIZE && size > amplificationFactor * encodeMessage(request).length;
  }

  /** The 4.01 that asks the peer to send its request again with this Echo. */
  challenge(peer: Peer): Slice {
    const value = new Uint8Array(2 * TIME_LENGTH);
    new DataView(value.buffer).setFloat64(0, this.#clock.now());
    value.set(this.#tag(peer, value.subarray(0, TIME_LENGTH)), TIME_LENGTH);
    const options = [makeOption(OptionNumber.ECHO, value)];
    return { code: Code.UNAUTHORIZED, options, payload: new Uint8Array(0) };
  }

  #tag({ key, host, port }: Peer, time: Uint8Array): Uint8Array {
    const who = encodeUtf8(`${key} ${formatAddress(host, port)}`);
    const data = new Uint8Array(TIME_LENGTH + who.length);
    data.set(time);
    data.set(who, TIME_LENGTH);
    return sipHash(this.#key, data);
  }
}

/** In the same time whatever the tags have in common. */
function sameTag(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
