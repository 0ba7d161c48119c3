import type { Timer } from './clock.ts';

/** One entry of a `DeadlineHeap`. Cancelling takes it out at once, in O(log n). */
export class Deadline implements Timer {
  readonly atMs: number;
  /** Ties run in the order of insertion. */
  readonly order: number;
  /** Its place in the heap, or -1 once it has left. */
  index = -1;
  #callback: ((subject: unknown) => void) | undefined;
  #subject: unknown;
  readonly #heap: DeadlineHeap;

  constructor(heap: DeadlineHeap, atMs: number, order: number, callback: (subject: unknown) => void, subject: unknown) {
    this.#heap = heap;
    this.atMs = atMs;
    this.order = order;
    this.#callback = callback;
    this.#subject = subject;
  }

  cancel(): void {
    this.#heap.remove(this);
    // Whoever still holds the timer must not hold what the callback closes over.
    this.#callback = undefined;
    this.#subject = undefined;
  }

  /** Runs the callback with its subject, at most once. */
  run(): void {
    const callback = this.#callback;
    const subject = this.#subject;
    this.#callback = undefined;
    this.#subject = undefined;
    callback?.(subject);
  }
}

/** A binary heap of deadlines that knows where each entry stands, so that cancelled ones don't pile up. */
export class DeadlineHeap {
  readonly #entries: Deadline[] = [];
  readonly #onRemoved: (() => void) | undefined;
  #nextOrder = 0;

  /** `onRemoved` is called after an entry was cancelled. */
  constructor(onRemoved?: () => void) {
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The order that the next entry will have. */
  get nextOrder(): number {
    return this.#nextOrder;
  }

  /** The earliest entry. */
  get first(): Deadline | undefined {
    return this.#entries[0];
  }

  add(atMs: number, callback: (subject: unknown) => void, subject?: unknown): Deadline {
    const entry = new Deadline(this, atMs, this.#nextOrder++, callback, subject);
    this.#siftUp(entry, this.#entries.length);
    return entry;
  }

  /** Takes out the earliest entry. */
  shift(): Deadline | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.#takeOut(first);
    return first;
  }

  remove(entry: Deadline): void {
    if (entry.index < 0) return;
    this.#takeOut(entry);
    this.#onRemoved?.();
  }

  clear(): void {
    const entries = this.#entries.splice(0);
    for (const entry of entries) {
      entry.index = -1;
      entry.cancel();
    }
  }

  #takeOut(entry: Deadline): void {
    const { index } = entry;
    entry.index = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    const parent = this.#entries[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && isBefore(last, parent)) this.#siftUp(last, index);
    else this.#siftDown(last, index);
  }

  #siftUp(entry: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#entries[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(entry, index);
  }

  #siftDown(entry: Deadline, from: number): void {
    let index = from;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = this.#entries[leftIndex];
      if (left === undefined) break;
      const right = this.#entries[leftIndex + 1];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, entry)) break;
      const childIndex = child.index;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(entry, index);
  }

  #place(entry: Deadline, index: number): void {
    this.#entries[index] = entry;
    entry.index = index;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
