/** A scheduled callback. */
export interface Timer {
  /** The callback will not run. Harmless after it ran or when called twice. */
  cancel(): void;
}

/** Time as engines see it. */
export interface Clock {
  /** Monotonic milliseconds with an arbitrary origin. */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  wallTime(): number;
  /**
   * Runs `callback` once after `delayMs`, never synchronously. A negative delay counts as 0; `RangeError` when it is
   * not a finite number.
   */
  schedule(delayMs: number, callback: () => void): Timer;
  /**
   * Keeps the process running until the function that it returns is called, which is harmless when called twice. For what has been started
   * and waits with no socket open. A clock whose timers have nothing to do with the process has none.
   */
  hold?(): () => void;
}

/** The delay that a `Clock` waits: 0 for what is overdue. Throws a `RangeError` for what is no finite number. */
export function checkDelay(delayMs: number): number {
  if (!Number.isFinite(delayMs)) throw new RangeError(`delayMs must be a finite number, is ${delayMs}`);
  return Math.max(0, delayMs);
}
