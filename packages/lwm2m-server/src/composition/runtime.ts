import { systemClock, systemRandom, TimerQueue, type Clock, type RandomSource } from '@flownexus/datagram';
import { safeReporter, type ErrorReporter } from '../events.ts';

/** Where a server gets its time, its randomness, and who hears of its errors. */
export interface RuntimeOptions {
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly onError?: ErrorReporter;
}

/** What any server has: time, randomness, and what is under way until it stops. */
export class Runtime {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Told of errors that have no caller. Never throws. */
  readonly report: ErrorReporter;
  readonly timers: TimerQueue;
  /** Handlers that run. The CoAP engine bounds them: so many messages of so many peers are handled at a time. */
  readonly #underway = new Set<Promise<unknown>>();
  readonly #stopped = new AbortController();

  constructor(options: RuntimeOptions) {
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom;
    this.report = safeReporter(options.onError);
    this.timers = new TimerQueue({
      clock: this.clock,
      onError: (error) => this.report(error, 'a timer of the server threw'),
    });
  }

  /** Aborted when the server stops, or could not start. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Aborts `stopped`. */
  abort(): void {
    this.#stopped.abort();
  }

  /** Notes work that `stop` waits for; returns it. */
  readonly track = <T>(work: Promise<T>): Promise<T> => {
    this.#underway.add(work);
    const done = (): void => {
      this.#underway.delete(work);
    };
    work.then(done, done);
    return work;
  };

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
  }
}
