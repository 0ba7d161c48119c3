import type { Timer, TimerQueue } from '@flownexus/datagram';

/** What a lifetime is kept for. Both fields belong to {@link RegistrationExpiry}. */
export interface Expiring {
  readonly registration: { readonly lifetime: number };
  /** Undefined while nothing will expire. It may be due before the lifetime ends. */
  expiryTimer: Timer | undefined;
  /** When the lifetime ends, on the clock of the timers. */
  expiresAtMs: number;
}

/**
 * Ends registrations whose lifetime has passed (TS Core §6.2.3). One entry per registration in a {@link TimerQueue}, and nothing is ever
 * scanned: an Update only notes when the lifetime will end, and the timer, when it is due, finds out that it has to wait on.
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
    const keptForMs = this.keptForMs(endpoint.registration);
    const now = this.#timers.nowMs;
    const expiresAtMs = now + Math.max(0, keptForMs - elapsedMs);
    const isLater = expiresAtMs >= endpoint.expiresAtMs;
    endpoint.expiresAtMs = expiresAtMs;
    if (isLater && endpoint.expiryTimer !== undefined && expiresAtMs < Infinity) return;
    this.cancel(endpoint);
    if (expiresAtMs < Infinity) this.#wait(endpoint, now);
  }

  cancel(endpoint: T): void {
    endpoint.expiryTimer?.cancel();
    endpoint.expiryTimer = undefined;
  }

  #wait(endpoint: T, now: number): void {
    endpoint.expiryTimer = this.#timers.schedule(endpoint.expiresAtMs - now, this.#due, endpoint);
  }

  readonly #due = (endpoint: T): void => {
    endpoint.expiryTimer = undefined;
    const now = this.#timers.nowMs;
    if (endpoint.expiresAtMs > now) this.#wait(endpoint, now);
    else this.#onExpired(endpoint);
  };
}
