import type { RandomSource } from '@flownexus/datagram';

/** The next value of a measurement that drifts by at most `step` between `low` and `high`, and turns back there. */
export function wander(value: number, step: number, low: number, high: number, random: RandomSource): number {
  const next = value + (random.unit() * 2 - 1) * step;
  if (next > high) return Math.max(low, 2 * high - next);
  return next < low ? Math.min(high, 2 * low - next) : next;
}
