import type { Clock, RandomSource } from '@flownexus/datagram';

const SEGMENTS = 16;
const SEGMENT_SIZE = 65_536 / SEGMENTS;

/**
 * Message IDs for one peer: a random start, then one after the other. None comes back within EXCHANGE_LIFETIME
 * (RFC 7252 §4.4): the cycle is cut into 16 segments, and a segment is entered again only when its last use is that
 * long ago.
 */
export class MessageIdSource {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  #next: number;
  #lastUsedMs = -Infinity;
  /** When each segment was left; made when the first is, which most peers never see. */
  #leftAtMs: Float64Array | undefined;

  constructor(clock: Clock, random: RandomSource, lifetimeMs: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#next = Math.floor(random.unit() * 65_536);
  }

  /** The next Message ID, or undefined when all that could be next are too young. */
  take(): number | undefined {
    const messageId = this.#next;
    const now = this.#clock.now();
    if (messageId % SEGMENT_SIZE === 0 && !this.#enter(messageId / SEGMENT_SIZE, now)) return undefined;
    this.#next = (messageId + 1) & 0xffff;
    this.#lastUsedMs = now;
    return messageId;
  }

  #enter(segment: number, now: number): boolean {
    if (this.#leftAtMs === undefined) this.#leftAtMs = new Float64Array(SEGMENTS).fill(-Infinity);
    else if (now - (this.#leftAtMs[segment] ?? -Infinity) < this.#lifetimeMs) return false;
    this.#leftAtMs[(segment + SEGMENTS - 1) % SEGMENTS] = this.#lastUsedMs;
    return true;
  }
}
