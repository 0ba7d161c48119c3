/** The value when it is in its range. Throws `RangeError` otherwise, also for what is no number. */
export function checkRange(name: string, value: number, minimum: number, maximum: number): number {
  if (value >= minimum && value <= maximum) return value;
  throw new RangeError(`${name} is ${minimum} to ${maximum}, not ${value}`);
}
