import { enlarged } from './columns.ts';

/** Bytes of a page. A larger reply has a page of its own, so that an offset is always less. */
const PAGE_BYTES = 8192;
/** Pages that are kept although nothing is in them. */
const MAX_SPARES = 64;
/** The length of a reply has 16 bits. */
const MAX_REPLY_LENGTH = 0xffff;

interface Page {
  readonly bytes: Uint8Array;
  /** Replies that are still wanted. */
  held: number;
}

/**
 * Replies by slot, copied one after the other into pages of bytes: a million small replies are no million objects. A page is
 * free again when none of its replies is wanted any more.
 */
export class ReplyPages {
  readonly #maxBytes: number;
  /** Where the reply of a slot is: page number times `PAGE_BYTES` plus offset. */
  #positions: Uint32Array;
  /** 0: no reply. */
  #lengths: Uint16Array;
  readonly #pages: (Page | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** The page that is being filled, and how far. */
  #current = -1;
  #filled = PAGE_BYTES;
  /** Kept for the next time that one is needed: memory that is new costs more than memory that is there. */
  readonly #spares: Uint8Array[] = [];
  #heldBytes = 0;

  /** For slots 1 to `capacity`. Pages have no more than `maxBytes` in all. */
  constructor(capacity: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#positions = new Uint32Array(capacity + 1);
    this.#lengths = new Uint16Array(capacity + 1);
  }

  /** Bytes of all pages in use. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  enlarge(capacity: number): void {
    this.#positions = enlarged(this.#positions, new Uint32Array(capacity + 1));
    this.#lengths = enlarged(this.#lengths, new Uint16Array(capacity + 1));
  }

  /** Whether there could be room for a reply of this length if all others left. */
  canHold(length: number): boolean {
    return length <= MAX_REPLY_LENGTH && Math.max(length, PAGE_BYTES) <= this.#maxBytes;
  }

  /** Keeps a copy for a slot that has no reply. A reply has bytes: the header at least. False when there is no room. */
  put(slot: number, reply: Uint8Array): boolean {
    const { length } = reply;
    if (this.#filled + length > PAGE_BYTES && !this.#nextPage(length)) return false;
    const page = this.#pages[this.#current];
    if (page === undefined) return false;
    page.bytes.set(reply, this.#filled);
    page.held += 1;
    this.#positions[slot] = this.#current * PAGE_BYTES + this.#filled;
    this.#lengths[slot] = length;
    this.#filled += length;
    return true;
  }

  /** A copy of the reply of a slot. */
  get(slot: number): Uint8Array | undefined {
    const length = this.#lengths[slot] ?? 0;
    if (length === 0) return undefined;
    const position = this.#positions[slot] ?? 0;
    const offset = position % PAGE_BYTES;
    return this.#pages[(position - offset) / PAGE_BYTES]?.bytes.slice(offset, offset + length);
  }

  /** The reply of a slot, if it has one, is not wanted any more. */
  release(slot: number): void {
    if (this.#lengths[slot] === 0) return;
    this.#lengths[slot] = 0;
    const number = Math.floor((this.#positions[slot] ?? 0) / PAGE_BYTES);
    const page = this.#pages[number];
    if (page === undefined) return;
    page.held -= 1;
    if (page.held === 0) this.#free(number, page);
  }

  #nextPage(length: number): boolean {
    const size = Math.max(length, PAGE_BYTES);
    if (this.#heldBytes + size > this.#maxBytes) return false;
    const spare = size === PAGE_BYTES ? this.#spares.pop() : undefined;
    this.#heldBytes += size;
    this.#current = this.#freeNumbers.pop() ?? this.#pages.length;
    this.#pages[this.#current] = { bytes: spare ?? new Uint8Array(size), held: 0 };
    this.#filled = 0;
    return true;
  }

  #free(number: number, { bytes }: Page): void {
    this.#pages[number] = undefined;
    this.#freeNumbers.push(number);
    this.#heldBytes -= bytes.length;
    if (bytes.length === PAGE_BYTES && this.#spares.length < MAX_SPARES) this.#spares.push(bytes);
    if (number !== this.#current) return;
    this.#current = -1;
    this.#filled = PAGE_BYTES;
  }
}
