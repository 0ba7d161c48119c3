import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';

/** A code of the second factor counts once (RFC 6238 §5.2). */
export class UsedCodes {
  readonly #now: () => number;
  /** Until when, by user and code, the oldest first. */
  readonly #used = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a code, before it is checked. False when it has been taken already. */
  take(userId: string, code: string): boolean {
    const key = keyOf(userId, code);
    const at = this.#now();
    if ((this.#used.get(key) ?? 0) > at) return false;
    this.#used.delete(key);
    for (const [old, until] of this.#used) {
      if (until > at && this.#used.size < limits.usedCodes) break;
      this.#used.delete(old);
    }
    this.#used.set(key, at + limits.usedCodeMs);
    return true;
  }

  /** The code was wrong: another time it may be right. */
  giveBack(userId: string, code: string): void {
    this.#used.delete(keyOf(userId, code));
  }
}

function keyOf(userId: string, code: string): string {
  return createHash('sha256').update(`${userId} ${code}`).digest('base64');
}
