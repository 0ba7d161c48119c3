const SECONDS = 60;

/** How much happened in the last minute, to the second. */
export class MinuteRate {
  readonly #now: () => number;
  readonly #counts = new Float64Array(SECONDS);
  #total = 0;
  /** The second that is being counted. */
  #second: number;

  /** `now` gives milliseconds of a clock that is never set back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#second = this.#secondNow();
  }

  add(count: number): void {
    this.#advance();
    const place = this.#second % SECONDS;
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
    this.#total += count;
  }

  get perMinute(): number {
    this.#advance();
    return this.#total;
  }

  #advance(): void {
    const second = this.#secondNow();
    const passed = Math.min(second - this.#second, SECONDS);
    for (let step = 1; step <= passed; step += 1) {
      const place = (this.#second + step) % SECONDS;
      this.#total -= this.#counts[place] ?? 0;
      this.#counts[place] = 0;
    }
    this.#second = second;
  }

  #secondNow(): number {
    return Math.floor(this.#now() / 1000);
  }
}
