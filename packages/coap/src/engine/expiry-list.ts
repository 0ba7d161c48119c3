import type { Clock, Timer, TimerQueue } from '@flownexus/datagram';

/** What an entry of an `ExpiryList` has. The list sets the fields. */
export interface Expiring<T> {
  /** When it was added or refreshed. */
  sinceMs: number;
  expiresAtMs: number;
  previous: T | undefined;
  next: T | undefined;
}

export interface ExpiryListOptions<T> {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly lifetimeMs: number;
  /** The lifetime of an entry that may have a longer one. It may then stay for up to one `lifetimeMs` more. */
  readonly lifetimeOf?: (entry: T) => number;
  /** The entry has left the list when this is called. */
  readonly onExpired: (entry: T) => void;
}

/** Between two sweeps: expiry may come this much late, so that many entries don't mean many wake-ups. */
const SWEEP_INTERVAL_MS = 1000;

/**
 * Entries with one lifetime, in the order in which they expire. One timer for all of them, and constant time for each
 * operation. Entries are the list's own nodes: an entry is in one list at a time.
 */
export class ExpiryList<T extends Expiring<T>> {
  readonly #options: ExpiryListOptions<T>;
  #first: T | undefined;
  #last: T | undefined;
  #timer: Timer | undefined;

  constructor(options: ExpiryListOptions<T>) {
    this.#options = options;
  }

  /** The entry that expires next. */
  get first(): T | undefined {
    return this.#first;
  }

  get lifetimeMs(): number {
    return this.#options.lifetimeMs;
  }

  add(entry: T): void {
    const now = this.#options.clock.now();
    entry.sinceMs = now;
    this.#append(entry, now);
  }

  #append(entry: T, now: number): void {
    entry.expiresAtMs = now + this.#options.lifetimeMs;
    entry.previous = this.#last;
    entry.next = undefined;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#timer ??= this.#schedule(this.#options.lifetimeMs);
  }

  /** `entry` must be in the list. */
  remove(entry: T): void {
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
  }

  /** Its lifetime starts again. `entry` must be in the list. */
  refresh(entry: T): void {
    this.remove(entry);
    this.add(entry);
  }

  #schedule(delayMs: number): Timer {
    return this.#options.timers.schedule(delayMs, this.#sweep);
  }

  readonly #sweep = (): void => {
    const now = this.#options.clock.now();
    for (let entry = this.first; entry !== undefined && entry.expiresAtMs <= now; entry = this.first) {
      this.remove(entry);
      const lifetimeMs = this.#options.lifetimeOf?.(entry) ?? 0;
      if (entry.sinceMs + lifetimeMs > now) this.#append(entry, now);
      else this.#options.onExpired(entry);
    }
    const next = this.first;
    this.#timer = next && this.#schedule(Math.max(next.expiresAtMs - now, SWEEP_INTERVAL_MS));
  };
}
