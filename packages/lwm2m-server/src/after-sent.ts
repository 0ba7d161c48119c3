import type { TimerQueue } from '@flownexus/datagram';

/**
 * Runs what shall happen once the acknowledgement of a notification has left: in the next turn of the clock, since the
 * CoAP engine acknowledges in this one. A burst shares one timer, and is bounded by what arrives in one turn.
 */
export class AfterSent {
  readonly #timers: TimerQueue;
  #waiting: (() => void)[] = [];

  constructor(timers: TimerQueue) {
    this.#timers = timers;
  }

  add(task: () => void): void {
    this.#waiting.push(task);
    if (this.#waiting.length === 1) this.#timers.schedule(0, () => this.flush());
  }

  /** Runs everything now. */
  flush(): void {
    for (const task of this.#waiting.splice(0)) task();
  }
}
