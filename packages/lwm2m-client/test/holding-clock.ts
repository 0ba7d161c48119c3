import type { Clock, Timer } from '@flownexus/datagram';

/** Another clock, with what holds a process: it counts. */
export class HoldingClock implements Clock {
  readonly #clock: Clock;
  readonly #held = new Set<object>();
  /** How often it was held. */
  holds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.#clock.schedule(delayMs, callback);
  }

  hold(): () => void {
    const one = {};
    this.#held.add(one);
    this.holds += 1;
    return () => void this.#held.delete(one);
  }
}
