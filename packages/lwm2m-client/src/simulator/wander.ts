import type { RandomSource } from '@flownexus/datagram';

/** The next value of a measurement that drifts by at most `step` and stays between `low` and `high`. */
export function wander(value: number, step: number, low: number, high: number, random: RandomSource): number {
  const next = value + (random.unit() * 2 - 1) * step;
  return Math.min(high, Math.max(low, next));
}
