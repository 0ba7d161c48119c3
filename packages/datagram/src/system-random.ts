import { randomFillSync } from 'node:crypto';
import { DatagramLimits } from './limits.ts';
import type { RandomSource } from './random.ts';

const pool = new Uint8Array(DatagramLimits.randomPoolSize);
let used = pool.length;

/** Takes `length` unused bytes of the pool, at most all of it. Valid until the next call. */
function draw(length: number): Uint8Array {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}

/** Cryptographically strong randomness of the machine. Small draws, such as tokens, come from a pool and cost little. */
export const systemRandom: RandomSource = {
  bytes(length) {
    if (length > pool.length / 4) return randomFillSync(new Uint8Array(length));
    const drawn = draw(length);
    const bytes = drawn.slice();
    // What was handed out may become a key: it must not stay here.
    drawn.fill(0);
    return bytes;
  },
  unit() {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = draw(6);
    return (((a << 16) | (b << 8) | c) * 2 ** 24 + ((d << 16) | (e << 8) | f)) / 2 ** 48;
  },
};
