import { MAX_FRAGMENT_RANGES } from '../limits.ts';

/** Consecutive bytes of a message that are here. Never empty, and never next to another range. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes that are allocated at a time. */
const PAGE_SIZE = 256;

/**
 * A handshake message of which not all bytes may be here (RFC 6347 §4.2.3). Fragments may overlap, repeat and be cut differently each
 * time. Memory is taken in pages where bytes have arrived: none for a length that is only claimed, and fragments of a byte each do not
 * cause copies of all that came before.
 */
export class PartialMessage {
  readonly type: number;
  /** Bytes of the whole body. */
  readonly length: number;
  /** In order, disjoint. */
  #ranges: readonly Range[] = [];
  readonly #pages = new Map<number, Uint8Array>();
  /** The body when it came in one fragment, as most do: no pages then. */
  #whole: Uint8Array | undefined;

  constructor(type: number, length: number) {
    this.type = type;
    this.length = length;
  }

  /** Bytes that are here. */
  get bytes(): number {
    return this.#whole !== undefined ? this.length : this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  get isComplete(): boolean {
    return this.bytes === this.length;
  }

  /** The body, in an array of its own; zeros where bytes are missing. */
  body(): Uint8Array {
    if (this.#whole !== undefined) return this.#whole;
    const body = new Uint8Array(this.length);
    for (const [page, bytes] of this.#pages) body.set(bytes, page * PAGE_SIZE);
    return body;
  }

  /**
   * Takes a fragment that lies within the message. Where bytes are here already, they stay. A fragment that would open one range more
   * than `MAX_FRAGMENT_RANGES` is dropped: the peer sends it again.
   */
  add(offset: number, fragment: Uint8Array): void {
    const end = offset + fragment.length;
    if (fragment.length === 0 || this.#whole !== undefined) return;
    if (fragment.length === this.length && this.#ranges.length === 0) {
      this.#whole = new Uint8Array(fragment);
      return;
    }
    // Ranges that overlap the fragment or are next to it become one with it.
    const before = this.#ranges.filter((range) => range.end < offset);
    const after = this.#ranges.filter((range) => range.start > end);
    const touched = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    if (touched.length === 0 && this.#ranges.length >= MAX_FRAGMENT_RANGES) return;
    let missing = offset;
    for (const range of touched) {
      if (missing < range.start) this.#write(missing, fragment.subarray(missing - offset, range.start - offset));
      missing = range.end;
    }
    if (missing < end) this.#write(missing, fragment.subarray(missing - offset));
    const joined = {
      start: Math.min(offset, touched[0]?.start ?? offset),
      end: Math.max(end, touched.at(-1)?.end ?? end),
    };
    this.#ranges = [...before, joined, ...after];
  }

  #write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const within = (offset + done) % PAGE_SIZE;
      const part = bytes.subarray(done, done + PAGE_SIZE - within);
      this.#page(Math.floor((offset + done) / PAGE_SIZE)).set(part, within);
      done += part.length;
    }
  }

  #page(index: number): Uint8Array {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const page = new Uint8Array(Math.min(PAGE_SIZE, this.length - index * PAGE_SIZE));
    this.#pages.set(index, page);
    return page;
  }
}
