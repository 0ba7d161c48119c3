import type { RandomSource } from '@flownexus/datagram';

/** How many times as much each attack does: `LWM2M_ATTACK=20 npx vitest run packages/lwm2m-server/test/attack`. */
export const FACTOR: number = Number(process.env.LWM2M_ATTACK ?? 1);
export const TIMEOUT_MS: number = FACTOR * 60_000;

/** Chance with a few words for it. */
export class Dice {
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** From 0 on, below `end`. */
  below(end: number): number {
    return Math.floor(this.#random.unit() * end);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  one<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to choose from');
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from(this.#random.bytes(length));
  }

  /** A few of the items, in any order, some of them twice. */
  some<T>(items: readonly T[], most: number): T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.one(items));
  }

  /** A copy in which some bytes are others, or missing, or there twice. */
  mutated(bytes: Uint8Array): Uint8Array {
    const copy = [...bytes];
    for (let changes = 1 + this.below(4); changes > 0; changes -= 1) {
      const at = this.below(copy.length + 1);
      const what = this.below(5);
      if (what === 0) copy.splice(at, 1 + this.below(4));
      else if (what === 1) copy.splice(at, 0, ...this.bytes(1 + this.below(8)));
      else if (what === 2) copy.splice(at, 0, ...copy.slice(at, at + 16));
      else if (copy.length > 0) copy[at % copy.length] = this.one([0, 1, 0x7f, 0x80, 0xff, this.below(256)]);
    }
    return Uint8Array.from(copy.slice(0, 4_096));
  }
}
