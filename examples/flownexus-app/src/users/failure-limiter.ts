export interface FailureLimiterOptions {
  /** Failures of one key within the window; beyond, it has to wait for the end of the window. */
  readonly failures: number;
  readonly windowMs: number;
  /** Keys that are remembered; the oldest make room. */
  readonly keys: number;
  readonly now: () => number;
}

interface Counted {
  count: number;
  readonly since: number;
}

/** Counts what failed by key, such as an address. An attempt counts from its begin on, so that many at once do not get past the bound. */
export class FailureLimiter {
  readonly #options: FailureLimiterOptions;
  /** In the order of their windows. */
  readonly #counted = new Map<string, Counted>();

  constructor(options: FailureLimiterOptions) {
    this.#options = options;
  }

  /** Counts an attempt and gives 0; or, when there were too many, how many milliseconds it is until the next one is allowed. */
  take(key: string): number {
    const { failures, windowMs, keys, now } = this.#options;
    const at = now();
    const known = this.#counted.get(key);
    if (known !== undefined && at < known.since + windowMs) {
      if (known.count >= failures) return known.since + windowMs - at;
      known.count += 1;
      return 0;
    }
    this.#counted.delete(key);
    if (this.#counted.size >= keys) {
      const [oldest] = this.#counted.keys();
      if (oldest !== undefined) this.#counted.delete(oldest);
    }
    this.#counted.set(key, { count: 1, since: at });
    return 0;
  }

  /** The attempt was none: it is not counted after all. */
  giveBack(key: string): void {
    const known = this.#counted.get(key);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count <= 0) this.#counted.delete(key);
  }

  /** All failures of the key are forgotten. */
  forget(key: string): void {
    this.#counted.delete(key);
  }
}
