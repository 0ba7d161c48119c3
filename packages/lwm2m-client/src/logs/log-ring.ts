/** The latest bytes of a log, piece by piece: the oldest piece makes room. */
export class LogRing {
  readonly #capacity: number;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #end = 0;

  /** @throws RangeError when the capacity is no whole number of bytes from 1 on */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`no capacity of a log: ${capacity}`);
    this.#capacity = capacity;
  }

  /** Bytes that are held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that there ever were: a position for {@link since}. */
  get end(): number {
    return this.#end;
  }

  /** Appends a piece; of one that is too large the end. */
  push(piece: Uint8Array): void {
    // It would take up room, and never make any.
    if (piece.length === 0) return;
    const kept = piece.subarray(Math.max(0, piece.length - this.#capacity));
    this.#pieces.push(kept);
    this.#size += kept.length;
    this.#end += kept.length;
    while (this.#size > this.#capacity) this.#size -= this.#pieces.shift()?.length ?? this.#size;
  }

  /** What came after a position and is still there; default all of it. */
  since(position: number = 0): Uint8Array {
    let start = this.#end - this.#size;
    const wanted = this.#pieces.filter((piece) => {
      start += piece.length;
      return start > position;
    });
    const bytes = new Uint8Array(wanted.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of wanted) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Throws away what came before a position. */
  dropUntil(position: number): void {
    let start = this.#end - this.#size;
    for (const piece of [...this.#pieces]) {
      start += piece.length;
      if (start > position) return;
      this.#pieces.shift();
      this.#size -= piece.length;
    }
  }

  clear(): void {
    this.#pieces = [];
    this.#size = 0;
  }
}
