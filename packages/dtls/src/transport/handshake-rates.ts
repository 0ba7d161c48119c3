import type { Clock } from '@flownexus/datagram';
import type { DtlsLimits } from '../limits.ts';

/** A token bucket of one network. */
interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * How many handshakes a network begins, and how many of it are under way. Networks that were not heard of for longest are forgotten
 * first, which gives them a full bucket: the memory is bounded, and nobody is refused for what others do.
 */
export class HandshakeRates {
  readonly #clock: Clock;
  readonly #limits: DtlsLimits;
  /** In the order of their last handshake. */
  readonly #buckets = new Map<string, Bucket>();
  /** Handshakes under way; networks without any are not in it, so that it has at most as many entries as there are handshakes. */
  readonly #underWay = new Map<string, number>();

  constructor(clock: Clock, limits: DtlsLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether one more handshake may begin; if so it counts as under way until `ended`. */
  begin(network: string): boolean {
    const underWay = this.#underWay.get(network) ?? 0;
    if (underWay >= this.#limits.handshakesPerNetwork || !this.#takeToken(network)) return false;
    this.#underWay.set(network, underWay + 1);
    return true;
  }

  /** A handshake that began is over, one way or the other. */
  ended(network: string): void {
    const underWay = this.#underWay.get(network) ?? 0;
    if (underWay > 1) this.#underWay.set(network, underWay - 1);
    else this.#underWay.delete(network);
  }

  #takeToken(network: string): boolean {
    const { handshakeRatePerNetwork: rate, handshakeBurstPerNetwork: burst, networks } = this.#limits;
    const now = this.#clock.now();
    const bucket = this.#buckets.get(network) ?? { tokens: burst, filledAtMs: now };
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    if (this.#buckets.size > networks) this.#forgetOldest();
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) * rate) / 1000);
    bucket.filledAtMs = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #forgetOldest(): void {
    for (const network of this.#buckets.keys()) {
      this.#buckets.delete(network);
      return;
    }
  }
}
