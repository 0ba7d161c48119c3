import type { Timer, TimerQueue } from '@flownexus/datagram';

/** What a lifetime is kept for. */
export interface Expiring {
  readonly registration: { readonly lifetime: number };
  /** Belongs to {@link RegistrationExpiry}; undefined while nothing will expire. */
  expiryTimer: Timer | undefined;
}

/**
 * Ends registrations whose lifetime has passed (TS Core §6.2.3). One entry per registration in a {@link TimerQueue}:
 * an Update costs O(log n) and nothing is ever scanned.
 */
export class RegistrationExpiry<T extends Expiring> {
  readonly #timers: TimerQueue;
  readonly #gracePeriodMs: number;
  readonly #onExpired: (endpoint: T) => void;

  /** @throws RangeError when `gracePeriodMs` is not a number of 0 or more */
  constructor(timers: TimerQueue, gracePeriodMs: number, onExpired: (endpoint: T) => void) {
    if (!(gracePeriodMs >= 0 && gracePeriodMs < Infinity)) {
      throw new RangeError('the grace period is a number of milliseconds, 0 or more');
    }
    this.#timers = timers;
    this.#gracePeriodMs = gracePeriodMs;
    this.#onExpired = onExpired;
  }

  /** How long after its beginning a lifetime ends, in milliseconds. */
  keptForMs({ lifetime }: Expiring['registration']): number {
    return lifetime === 0 ? Infinity : lifetime * 1000 + this.#gracePeriodMs;
  }

  /**
   * Begins the lifetime anew, or as it was begun so many milliseconds ago: one that has passed meanwhile ends in the next turn of the
   * clock. A lifetime of 0 never ends (TS Core 1.2 §6.2.1).
   */
  restart(endpoint: T, elapsedMs: number = 0): void {
    this.cancel(endpoint);
    const keptForMs = this.keptForMs(endpoint.registration);
    if (keptForMs === Infinity) return;
    endpoint.expiryTimer = this.#timers.schedule(Math.max(0, keptForMs - elapsedMs), () => {
      endpoint.expiryTimer = undefined;
      this.#onExpired(endpoint);
    });
  }

  cancel(endpoint: T): void {
    endpoint.expiryTimer?.cancel();
    endpoint.expiryTimer = undefined;
  }
}
