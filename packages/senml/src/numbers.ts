import type { SenmlNumber } from './record.ts';

/** The range of integers that are kept exactly: int64 and uint64 together. */
export const MIN_INTEGER: bigint = -(2n ** 63n);
export const MAX_INTEGER: bigint = 2n ** 64n - 1n;

/** A bigint as a `number` where that is safe. */
export function narrowInteger(value: bigint): SenmlNumber {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** True for a value that is known exactly as an integer: a bigint, or a safe integer. */
export function isExactInteger(value: SenmlNumber): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** The sum, exact when both are integers and the result has 64 bits. */
export function addNumbers(a: SenmlNumber, b: SenmlNumber): SenmlNumber {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum) || !Number.isInteger(sum)) return sum;
  }
  if (!isExactInteger(a) || !isExactInteger(b)) return Number(a) + Number(b);
  const sum = BigInt(a) + BigInt(b);
  return sum >= MIN_INTEGER && sum <= MAX_INTEGER ? narrowInteger(sum) : Number(sum);
}
