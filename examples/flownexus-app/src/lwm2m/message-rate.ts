const MINUTE_MS = 60_000;

export interface MessageRateOptions {
  /** Messages of one endpoint in a minute; asked at each. */
  readonly perMinute: () => number;
  /** Endpoints that are counted in a minute. The messages of those beyond are not. */
  readonly maximum: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Counts the messages of endpoints by the minute. */
export class MessageRate {
  readonly #options: MessageRateOptions;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #minute = -1;

  constructor(options: MessageRateOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Counts a message. Gives after how many seconds the endpoint is heard again when it was one too many. */
  take(endpoint: string): number | undefined {
    const now = this.#now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const count = this.#counts.get(endpoint) ?? 0;
    if (count >= this.#options.perMinute()) return Math.ceil(((minute + 1) * MINUTE_MS - now) / 1000);
    if (count > 0 || this.#counts.size < this.#options.maximum) this.#counts.set(endpoint, count + 1);
    return undefined;
  }
}
