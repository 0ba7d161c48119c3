import type { Clock, RandomSource } from '@flownexus/datagram';

const SEGMENTS = 16;

/** Message IDs of one kind of message. */
export interface MessageIdRange {
  readonly first: number;
  /** A multiple of 16. */
  readonly count: number;
}

/**
 * A member of a group that can't tell what came by the group finds duplicates among all that we send, so that requests to groups
 * and messages to their members have different Message IDs (RFC 7252 §4.4, implementation note).
 */
const UNICAST_IDS: MessageIdRange = { first: 0, count: 65_280 };
export const MULTICAST_IDS: MessageIdRange = { first: 65_280, count: 256 };

/**
 * Message IDs for one peer, or for all groups: a random start, then one after the other. None comes back within
 * EXCHANGE_LIFETIME (RFC 7252 §4.4): the cycle is cut into 16 segments, and a segment is entered again only when its last use is
 * that long ago.
 */
export class MessageIdSource {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #range: MessageIdRange;
  #next: number;
  #lastUsedMs = -Infinity;
  /** When each segment was left; made when the first is, which most peers never see. */
  #leftAtMs: Float64Array | undefined;

  constructor(clock: Clock, random: RandomSource, lifetimeMs: number, range: MessageIdRange = UNICAST_IDS) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#range = range;
    this.#next = Math.floor(random.unit() * range.count);
  }

  /** The next Message ID, or undefined when all that could be next are too young. */
  take(): number | undefined {
    const { first, count } = this.#range;
    const index = this.#next;
    const now = this.#clock.now();
    const segmentSize = count / SEGMENTS;
    if (index % segmentSize === 0 && !this.#enter(index / segmentSize, now)) return undefined;
    this.#next = index + 1 === count ? 0 : index + 1;
    this.#lastUsedMs = now;
    return first + index;
  }

  #enter(segment: number, now: number): boolean {
    if (this.#leftAtMs === undefined) this.#leftAtMs = new Float64Array(SEGMENTS).fill(-Infinity);
    else if (now - (this.#leftAtMs[segment] ?? -Infinity) < this.#lifetimeMs) return false;
    this.#leftAtMs[(segment + SEGMENTS - 1) % SEGMENTS] = this.#lastUsedMs;
    return true;
  }
}
