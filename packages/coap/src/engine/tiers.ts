import { ExpiryList, type Expiring, type ExpiryListOptions } from './expiry-list.ts';

/**
 * Who makes room at a bound: those of the lower standing first. A datagram costs nothing but a made-up address, more of them
 * cost more of the same, and an answer that only the receiver of our message could give proves the address.
 */
export const Standing = {
  /** Heard of once. */
  NEW: 0,
  /** Went on with what it began. */
  CONTINUED: 1,
  /** The peer receives what is sent to it, or the transport knows who it is. */
  PROVEN: 2,
} as const;
export type Standing = (typeof Standing)[keyof typeof Standing];

/** What an entry of `Tiers` has. The tiers set the fields. */
export interface Tiered<T> extends Expiring<T> {
  standing: Standing;
}

/** A search must not cost more than the message that it makes room for. */
const TRIES = 16;
/** The new are left this share (an eighth) of the places, so that those that came to stay do not keep everybody else out. */
const NEW_SHARE = 8;

/** Entries with one lifetime, in the order in which they make room: by standing, then those longest without a sign of life. */
export class Tiers<T extends Tiered<T>> {
  readonly #lists: readonly [ExpiryList<T>, ExpiryList<T>, ExpiryList<T>];
  readonly #sizes: [number, number, number] = [0, 0, 0];

  constructor(options: ExpiryListOptions<T>) {
    const onExpired = (entry: T): void => {
      this.#sizes[entry.standing] -= 1;
      options.onExpired(entry);
    };
    const list = (): ExpiryList<T> => new ExpiryList({ ...options, onExpired });
    this.#lists = [list(), list(), list()];
  }

  add(entry: T, standing: Standing): void {
    entry.standing = standing;
    this.#lists[standing].add(entry);
    this.#sizes[standing] += 1;
  }

  /** `entry` must be in the tiers. */
  remove(entry: T): void {
    this.#lists[entry.standing].remove(entry);
    this.#sizes[entry.standing] -= 1;
  }

  /** Its lifetime starts again, and its standing gets better, never worse. `entry` must be in the tiers. */
  refresh(entry: T, standing: Standing): void {
    if (standing <= entry.standing) {
      this.#lists[entry.standing].refresh(entry);
      return;
    }
    this.remove(entry);
    this.add(entry, standing);
  }

  /** The first to make room that is not `spared`. */
  first(spared: T): T | undefined {
    for (const { first } of this.#order()) {
      const candidate = first === spared ? spared.next : first;
      if (candidate !== undefined) return candidate;
    }
    return undefined;
  }

  /** The first to make room that `mayLeave`, within a few tries: those that may not go to the end of their tier. */
  firstWhere(mayLeave: (entry: T) => boolean): T | undefined {
    for (const list of this.#order()) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const { first } = list;
        if (first === undefined) break;
        if (mayLeave(first)) return first;
        list.refresh(first);
      }
    }
    return undefined;
  }

  #order(): readonly ExpiryList<T>[] {
    const [fresh, continued, proven] = this.#sizes;
    if (fresh * NEW_SHARE > fresh + continued + proven) return this.#lists;
    const [newList, ...others] = this.#lists;
    return [...others, newList];
  }
}
