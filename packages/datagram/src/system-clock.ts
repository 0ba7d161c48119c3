import { checkDelay } from './clock.ts';
import type { Clock, Timer } from './clock.ts';

/** The longest delay of `setTimeout`; more would run at once. */
const longestTimeoutMs = 2 ** 31 - 1;

class SystemTimer implements Timer {
  readonly #deadline: number;
  #callback: (() => void) | undefined;
  #timeout: NodeJS.Timeout;

  constructor(delayMs: number, callback: () => void) {
    this.#deadline = performance.now() + delayMs;
    this.#callback = callback;
    this.#timeout = this.#start(delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    this.#callback = undefined;
  }

  #start(delayMs: number): NodeJS.Timeout {
    // Rounded up: setTimeout cuts the fraction off and would run before the deadline.
    const timeout = setTimeout(this.#elapsed, Math.min(Math.ceil(delayMs), longestTimeoutMs));
    timeout.unref();
    return timeout;
  }

  readonly #elapsed = (): void => {
    const remaining = this.#deadline - performance.now();
    if (remaining > 0) {
      this.#timeout = this.#start(remaining);
      return;
    }
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  };
}

/**
 * The time of the machine. Its timers don't keep the process alive: a library that only waits is no reason to stay, an open
 * socket is, and so is what `hold` was called for. Delays may be longer than the 24.8 days of `setTimeout`, and no timer runs early.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule: (delayMs, callback) => new SystemTimer(checkDelay(delayMs), callback),
  hold: () => {
    // Node runs as long as there is a timer that is referenced. It has nothing to do.
    const interval = setInterval(() => undefined, longestTimeoutMs);
    return () => {
      clearInterval(interval);
    };
  },
};
