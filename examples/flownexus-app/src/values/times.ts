/** Bounds of what a calendar, and with it ISO 8601 in JavaScript, can express in milliseconds since 1970. */
export const EARLIEST = -8.64e15;
export const LATEST = 8.64e15;

/** The resolution of table ResourceAggregate, in milliseconds. */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Seconds to milliseconds; null for no time, and for one that no calendar has. */
export function deviceTime(seconds: number | undefined): number | null {
  if (seconds === undefined) return null;
  const milliseconds = Math.round(seconds * 1000);
  return milliseconds >= EARLIEST && milliseconds <= LATEST ? milliseconds : null;
}

/** The beginning of the stretch of `length` milliseconds that a time is in; those of 1970 begin with the year. */
export function beginningOf(time: number, length: number): number {
  return Math.floor(time / length) * length;
}
