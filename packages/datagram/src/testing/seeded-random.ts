import type { RandomSource } from '../random.ts';

/** The same seed gives the same numbers. For tests only: anyone can predict them. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  // mulberry32, public domain, by Tommy Ettinger.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    unit: () => next() / 2 ** 32,
  };
}
