/** How the observers of a resource are notified (RFC 7641 §4.5). */
export interface ObservableOptions {
  /**
   * Whether notifications are Confirmable. Default `auto`: like the request that registered the observer. Of the others one in
   * `confirmableEvery`, and at least one in 24 hours, is Confirmable: it finds out whether the observer is still there.
   */
  readonly confirmable?: boolean | 'auto';
  /**
   * The least time between two notifications to an observer, 0 to 2^31. Default 3000 after a Non-confirmable one (RFC 7641
   * §4.5.1), and none after a Confirmable one, where the next waits for the acknowledgement. What changes meanwhile goes out
   * once, as it is then.
   */
  readonly minIntervalMs?: number;
  /** 1 to 1000, default 10. */
  readonly confirmableEvery?: number;
}

/** The same without gaps. */
export interface Pacing {
  readonly confirmable: boolean | 'auto';
  /** After a notification of either type. */
  readonly confirmableIntervalMs: number;
  readonly nonConfirmableIntervalMs: number;
  readonly confirmableEvery: number;
}

/** RFC 7641 §4.5.1: for who doesn't know the round-trip time. */
const MIN_INTERVAL_MS = 3000;
/** RFC 7641 §4.5. */
export const MAX_CONFIRMABLE_INTERVAL_MS: number = 24 * 3600 * 1000;

/** Undefined: not observable. Throws `RangeError` for a number out of its range. */
export function pacingOf(observable: boolean | ObservableOptions): Pacing | undefined {
  if (observable === false) return undefined;
  const { confirmable = 'auto', minIntervalMs, confirmableEvery = 10 } = observable === true ? {} : observable;
  if (minIntervalMs !== undefined && !(minIntervalMs >= 0 && minIntervalMs <= 2 ** 31)) {
    throw new RangeError(`minIntervalMs is 0 to 2^31, not ${minIntervalMs}`);
  }
  if (!(confirmableEvery >= 1 && confirmableEvery <= 1000)) {
    throw new RangeError(`confirmableEvery is 1 to 1000, not ${confirmableEvery}`);
  }
  return {
    confirmable,
    confirmableIntervalMs: minIntervalMs ?? 0,
    nonConfirmableIntervalMs: minIntervalMs ?? MIN_INTERVAL_MS,
    confirmableEvery,
  };
}
