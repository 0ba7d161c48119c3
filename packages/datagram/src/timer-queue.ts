import { checkDelay } from './clock.ts';
import type { Clock, Timer } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';

/** What a `TimerQueue` runs on. */
export interface TimerQueueOptions {
  readonly clock: Clock;
  /** Gets what a callback throws. Default: it is thrown in a microtask of its own, so that nothing swallows it. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Any number of timers over one timer of a `Clock`. An engine has one queue for all that it waits for, so that 100 000 endpoints
 * don't mean 100 000 timers of the runtime.
 *
 * `schedule` and `cancel` take O(log n); a cancelled timer leaves at once. Timers run in the order of their deadlines, ties in
 * that of `schedule`. The queue has no bound of its own: what an engine waits for has one.
 *
 * @example
 * const timers = new TimerQueue({ clock: systemClock });
 * const timer = timers.schedule(2000, () => retransmit());
 * timer.cancel();
 */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #heap = new DeadlineHeap(() => {
    this.#arm();
  });
  #wake: Timer | undefined;
  #wakeAtMs = Infinity;
  #running = false;

  constructor(options: TimerQueueOptions) {
    this.#clock = options.clock;
    this.#onError = options.onError ?? throwLater;
  }

  /** Timers that have neither run nor been cancelled. */
  get size(): number {
    return this.#heap.size;
  }

  /** The time of its clock, in milliseconds. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /**
   * Runs `callback` once after `delayMs`, never synchronously. It gets `subject`: where there are many timers, a function of its own for each of
   * them would take more than the timer.
   */
  schedule(delayMs: number, callback: () => void): Timer;
  schedule<T>(delayMs: number, callback: (subject: T) => void, subject: T): Timer;
  schedule<T>(delayMs: number, callback: (subject: T) => void, subject?: T): Timer {
    const entry = this.#heap.add(
      this.#clock.now() + checkDelay(delayMs),
      callback as (subject: unknown) => void,
      subject,
    );
    this.#arm();
    return entry;
  }

  /** Cancels all timers. The queue can be used again. */
  clear(): void {
    this.#heap.clear();
    this.#arm();
  }

  #arm(): void {
    if (this.#running) return;
    const first = this.#heap.first;
    // Waking up for a timer that was cancelled costs less than moving the wake-up with every cancellation.
    if (first !== undefined && this.#wakeAtMs <= first.atMs) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    this.#wakeAtMs = Infinity;
    if (first === undefined) return;
    this.#wakeAtMs = first.atMs;
    this.#wake = this.#clock.schedule(first.atMs - this.#clock.now(), this.#run);
  }

  readonly #run = (): void => {
    this.#wake = undefined;
    this.#wakeAtMs = Infinity;
    this.#running = true;
    const now = this.#clock.now();
    // Timers that the callbacks schedule wait for the next turn, or one that repeats without delay would never let go.
    const end = this.#heap.nextOrder;
    for (;;) {
      const first = this.#heap.first;
      if (first === undefined || first.atMs > now || first.order >= end) break;
      this.#heap.shift();
      try {
        first.run();
      } catch (error) {
        this.#report(error);
      }
    }
    this.#running = false;
    this.#arm();
  };

  #report(error: unknown): void {
    try {
      this.#onError(error);
    } catch (thrown) {
      throwLater(thrown);
    }
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
