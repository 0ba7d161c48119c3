import { MAX_ABANDONED_UPLOADS_PER_PEER } from '../limits.ts';

/**
 * The resources of a peer at which an upload in blocks was given up: the peer may still hold a part of its body, and must not
 * put it together with blocks of another (RFC 9175 §3.4). At most as many as the bound says, the oldest is forgotten first.
 */
export class AbandonedUploads {
  readonly #untilMs = new Map<string, number>();

  get size(): number {
    return this.#untilMs.size;
  }

  /** Notes a resource until a time after which the peer has forgotten too. */
  add(resource: string, untilMs: number, nowMs: number): void {
    this.#untilMs.delete(resource); // to the end of the order
    for (const [oldest, endMs] of this.#untilMs) {
      if (endMs > nowMs && this.#untilMs.size < MAX_ABANDONED_UPLOADS_PER_PEER) break;
      this.#untilMs.delete(oldest);
    }
    this.#untilMs.set(resource, untilMs);
  }

  has(resource: string, nowMs: number): boolean {
    return (this.#untilMs.get(resource) ?? -Infinity) > nowMs;
  }
}
