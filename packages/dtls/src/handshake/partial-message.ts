import { MAX_FRAGMENT_RANGES } from '../limits.ts';

/** Consecutive bytes of a message, from `start` on. Never empty, and never next to another range. */
interface Range {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * A handshake message of which not all bytes may be here (RFC 6347 §4.2.3). Fragments may overlap, repeat and be cut differently each
 * time. Holds copies of what arrived and nothing for what did not: a length that is only claimed costs no memory.
 */
export class PartialMessage {
  readonly type: number;
  /** Bytes of the whole body. */
  readonly length: number;
  /** In order, disjoint. */
  #ranges: Range[] = [];

  constructor(type: number, length: number) {
    this.type = type;
    this.length = length;
  }

  /** Bytes that are here. */
  get bytes(): number {
    return this.#ranges.reduce((sum, range) => sum + range.bytes.length, 0);
  }

  /** The whole body; undefined while bytes are missing. A view of what is held here. */
  get body(): Uint8Array | undefined {
    if (this.length === 0) return new Uint8Array(0);
    const first = this.#ranges[0];
    return first?.bytes.length === this.length ? first.bytes : undefined;
  }

  /**
   * Takes a fragment that lies within the message. Where bytes are here already, they stay. A fragment that would open one range more
   * than `MAX_FRAGMENT_RANGES` is dropped: the peer sends it again.
   */
  add(offset: number, fragment: Uint8Array): void {
    const end = offset + fragment.length;
    if (fragment.length === 0 || this.#has(offset, end)) return;
    // Ranges that overlap the fragment or are next to it become one with it.
    const before = this.#ranges.filter((range) => endOf(range) < offset);
    const after = this.#ranges.filter((range) => range.start > end);
    const touched = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    if (touched.length === 0 && this.#ranges.length >= MAX_FRAGMENT_RANGES) return;
    this.#ranges = [...before, join({ start: offset, bytes: fragment }, touched), ...after];
  }

  #has(start: number, end: number): boolean {
    return this.#ranges.some((range) => range.start <= start && endOf(range) >= end);
  }
}

function endOf(range: Range): number {
  return range.start + range.bytes.length;
}

/** One range in memory of its own. The bytes of `held` win over those of `added`. */
function join(added: Range, held: readonly Range[]): Range {
  const start = Math.min(added.start, held[0]?.start ?? added.start);
  const last = held.at(-1);
  const end = Math.max(endOf(added), last === undefined ? 0 : endOf(last));
  const bytes = new Uint8Array(end - start);
  for (const range of [added, ...held]) bytes.set(range.bytes, range.start - start);
  return { start, bytes };
}
