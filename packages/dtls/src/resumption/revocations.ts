import type { PeerIdentity } from '@flownexus/datagram';
import { identityKey } from '../identity-key.ts';

/** How much is remembered. */
export interface RevocationsOptions {
  /** One more forgets the oldest, and with it revokes every session as old as that one. */
  readonly maxIdentities: number;
  /** How long a session can be resumed: what was revoked longer ago is gone anyway. */
  readonly sessionMs: number;
}

/**
 * Whose sessions must not be resumed any more: all that began up to the moment of their revocation. A session in a ticket is out of reach,
 * so identities are remembered and not sessions. Bounded, and never forgets in favour of a session: what does not fit revokes more than it
 * has to.
 */
export class Revocations {
  readonly #maxIdentities: number;
  readonly #sessionMs: number;
  /** The moment of revocation by identity, oldest first. */
  readonly #revokedAtMs = new Map<string, number>();
  #allUpToMs = -Infinity;

  constructor(options: RevocationsOptions) {
    this.#maxIdentities = options.maxIdentities;
    this.#sessionMs = options.sessionMs;
  }

  /** Identities that are remembered. */
  get size(): number {
    return this.#revokedAtMs.size;
  }

  revoke(identity: PeerIdentity, nowMs: number): void {
    const key = identityKey(identity);
    this.#revokedAtMs.delete(key);
    this.#revokedAtMs.set(key, nowMs);
    for (const [oldest, atMs] of this.#revokedAtMs) {
      const isOver = atMs + this.#sessionMs <= nowMs;
      if (!isOver && this.#revokedAtMs.size <= this.#maxIdentities) break;
      this.#revokedAtMs.delete(oldest);
      if (!isOver) this.#allUpToMs = Math.max(this.#allUpToMs, atMs);
    }
  }

  revokeAll(nowMs: number): void {
    this.#revokedAtMs.clear();
    this.#allUpToMs = nowMs;
  }

  /** Whether a session that began at `startedAtMs` has been revoked since. */
  isRevoked(identity: PeerIdentity, startedAtMs: number): boolean {
    if (startedAtMs <= this.#allUpToMs) return true;
    if (this.#revokedAtMs.size === 0) return false;
    return startedAtMs <= (this.#revokedAtMs.get(identityKey(identity)) ?? -Infinity);
  }
}
