import { checkDelay } from '../clock.ts';
import type { Clock, Timer } from '../clock.ts';
import { DeadlineHeap } from '../deadline-heap.ts';
import { DatagramLimits } from '../limits.ts';

// Taken here so that a test runner that replaces timers doesn't stop the flush.
const nextTurn = globalThis.setImmediate;

/** Where a virtual clock begins. */
export interface VirtualClockOptions {
  /** `now()` at the start, in milliseconds. Default 0. */
  readonly now?: number;
  /** `wallTime()` at the start, in milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly wallTime?: number;
}

/** A clock that stands still until a test advances it. Timers run in the order of their deadlines, ties in that of `schedule`. */
export class VirtualClock implements Clock {
  readonly #timers = new DeadlineHeap();
  readonly #wallOffset: number;
  #now: number;

  constructor(options: VirtualClockOptions = {}) {
    this.#now = options.now ?? 0;
    this.#wallOffset = (options.wallTime ?? Date.UTC(2026, 0, 1)) - this.#now;
  }

  /** Timers that have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The `now()` at which the next timer runs. */
  get nextDeadline(): number | undefined {
    return this.#timers.first?.atMs;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now + this.#wallOffset;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return this.#timers.add(this.#now + checkDelay(delayMs), callback);
  }

  /**
   * Moves time by `ms` and runs every timer that becomes due, those too that timers schedule. Synchronous: no promise callback
   * runs in between. What a timer throws is thrown here, and the rest of the timers wait for the next advance.
   */
  advance(ms: number): void {
    const end = this.#endOf(ms);
    for (let count = 0; this.#runNext(end); count += 1) checkEndless(count);
    this.#now = end;
  }

  /** Like `advance`, but lets promise callbacks run to their end before the first timer and after each one. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#endOf(ms);
    await flush();
    for (let count = 0; this.#runNext(end); count += 1) {
      checkEndless(count);
      await flush();
    }
    this.#now = end;
  }

  /** Runs what is due now and all promise callbacks, until neither is left. Time doesn't move. */
  async settle(): Promise<void> {
    await this.advanceAsync(0);
  }

  /**
   * Advances from timer to timer until `work` settles, and settles like it. Rejects when `work` is still pending after `limitMs`
   * of virtual time (default one day) or when no timer is left that could bring it about.
   */
  async runUntil<T>(work: Promise<T>, limitMs: number = 86_400_000): Promise<T> {
    const end = this.#endOf(limitMs);
    const progress = { settled: false };
    const mark = (): void => {
      progress.settled = true;
    };
    work.then(mark, mark);
    await flush();
    for (let count = 0; !progress.settled && this.#runNext(end); count += 1) {
      checkEndless(count);
      await flush();
    }
    if (progress.settled) return work;
    const next = this.#timers.size === 0 ? 'no timer is left' : `${limitMs} ms of virtual time have passed`;
    if (this.#timers.size > 0) this.#now = end;
    throw new Error(`the promise is still pending and ${next}`);
  }

  #endOf(ms: number): number {
    if (ms < 0) throw new RangeError(`time can not go back by ${-ms} ms`);
    return this.#now + checkDelay(ms);
  }

  #runNext(end: number): boolean {
    const first = this.#timers.first;
    if (first === undefined || first.atMs > end) return false;
    this.#timers.shift();
    this.#now = Math.max(this.#now, first.atMs);
    first.run();
    return true;
  }
}

function checkEndless(count: number): void {
  if (count >= DatagramLimits.maxTimersPerAdvance) {
    throw new Error(
      `${count} timers ran in one advance of the virtual clock: timers seem to schedule each other without end`,
    );
  }
}

/** Resolves when every promise callback that can run now has run: the event loop gets to the next turn only after that. */
function flush(): Promise<void> {
  return new Promise((resolve) => {
    nextTurn(resolve);
  });
}
