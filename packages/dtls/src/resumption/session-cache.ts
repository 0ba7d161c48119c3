import type { RandomSource } from '@flownexus/datagram';

/** Of our own session ids in bytes; RFC 5246 §7.4.1.2 allows up to 32. */
const SESSION_ID_SIZE = 16;

/** How much a cache holds. */
export interface SessionCacheOptions {
  readonly random: RandomSource;
  /** One more takes the place of the one that was used longest ago. */
  readonly maxSessions: number;
}

interface CachedSession {
  readonly content: Uint8Array;
  readonly endsAtMs: number;
}

/**
 * Sessions as bytes, by session id (RFC 5246 §7.3). Bounded; the least recently used leaves first. Times are milliseconds of a clock that
 * never goes back.
 */
export class SessionCache {
  readonly #random: RandomSource;
  readonly #maxSessions: number;
  /** Least recently used first. Keys have a byte of the id in each character: such a string takes no more room than the id. */
  readonly #sessions = new Map<string, CachedSession>();

  constructor(options: SessionCacheOptions) {
    this.#random = options.random;
    this.#maxSessions = options.maxSessions;
  }

  /** Sessions that are held, those among them whose time is over and that have not left yet. */
  get size(): number {
    return this.#sessions.size;
  }

  /** An id that nobody can guess, 16 bytes. */
  newId(): Uint8Array {
    return new Uint8Array(this.#random.bytes(SESSION_ID_SIZE));
  }

  /** Keeps `content` itself, which therefore has to own its bytes, until `endsAtMs`. An id that `newId` did not make is not kept. */
  set(id: Uint8Array, content: Uint8Array, endsAtMs: number, nowMs: number): void {
    if (id.length !== SESSION_ID_SIZE || this.#maxSessions <= 0) return;
    const key = keyOf(id);
    this.#sessions.delete(key);
    for (const [oldest, session] of this.#sessions) {
      if (session.endsAtMs > nowMs && this.#sessions.size < this.#maxSessions) break;
      this.#sessions.delete(oldest);
    }
    this.#sessions.set(key, { content, endsAtMs });
  }

  /** The content of a session whose time is not over; that counts as a use of it. */
  get(id: Uint8Array, nowMs: number): Uint8Array | undefined {
    if (id.length !== SESSION_ID_SIZE) return undefined;
    const key = keyOf(id);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    this.#sessions.delete(key);
    if (session.endsAtMs <= nowMs) return undefined;
    this.#sessions.set(key, session);
    return session.content;
  }

  delete(id: Uint8Array): void {
    if (id.length === SESSION_ID_SIZE) this.#sessions.delete(keyOf(id));
  }
}

function keyOf(id: Uint8Array): string {
  return String.fromCharCode(...id);
}
