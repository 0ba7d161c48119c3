/** RFC 7641 §3.4: after this long, order says nothing any more. */
const REORDERING_MS = 128_000;
const HALF = 2 ** 23;

/**
 * Which notifications are the newest (RFC 7641 §3.4). Devices repeat a number in different notifications: an equal one
 * is not older.
 */
export class NotificationOrder {
  #number: number | undefined;
  #atMs = 0;

  /** Whether a notification that arrived now is at least as new as all before it. */
  accept(number: number, nowMs: number): boolean {
    const fresh = this.#number === undefined || this.#isFresh(this.#number, number, nowMs);
    if (fresh) {
      this.#number = number;
      this.#atMs = nowMs;
    }
    return fresh;
  }

  #isFresh(v1: number, v2: number, nowMs: number): boolean {
    return (
      v1 === v2 || (v1 < v2 && v2 - v1 < HALF) || (v1 > v2 && v1 - v2 > HALF) || nowMs > this.#atMs + REORDERING_MS
    );
  }
}
