import type { RandomSource, Timer, TimerQueue } from '@flownexus/datagram';

/** RFC 7252 §5.10.5. */
const DEFAULT_MAX_AGE = 60;
/** RFC 7641 §3.3.1: how long a client waits beyond Max-Age before it registers again, for not all to do so together. */
const LEAST_WAIT_MS = 5000;
const MOST_WAIT_MS = 15_000;

export interface FreshnessOptions {
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  /** The newest representation is as old as its Max-Age. Called once for each. */
  readonly onStale: () => void;
  /** It has been so for 5 to 15 s. Undefined: nobody wants to know. */
  readonly onOverdue: (() => void) | undefined;
}

/** Watches the age of the newest representation of an observation (RFC 7641 §3.3.1). */
export class Freshness {
  readonly #options: FreshnessOptions;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /** A newer representation has come, with its Max-Age in seconds. */
  renew(maxAge: number = DEFAULT_MAX_AGE): void {
    this.#start(maxAge * 1000, () => {
      this.#options.onStale();
      this.waitAgain();
    });
  }

  /** It is stale still: `onOverdue` comes again in 5 to 15 s. */
  waitAgain(): void {
    const { onOverdue, random } = this.#options;
    if (onOverdue !== undefined) {
      this.#start(LEAST_WAIT_MS + (MOST_WAIT_MS - LEAST_WAIT_MS) * random.unit(), onOverdue);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #start(delayMs: number, callback: () => void): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#options.timers.schedule(delayMs, callback);
  }
}
