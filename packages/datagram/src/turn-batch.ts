// Taken here so that a test runner that replaces timers doesn't hold back what is added.
const whenTurnEnds = globalThis.setImmediate;

/** Takes what is added during one turn of the event loop, and hands it on when the turn ends: one after the other, in order. */
export class TurnBatch<T> {
  readonly #limit: number;
  readonly #deliver: (item: T) => void;
  #items: T[] = [];

  /** `deliver` must not throw. A batch that reaches `limit` does not wait for the end of the turn. */
  constructor(limit: number, deliver: (item: T) => void) {
    this.#limit = limit;
    this.#deliver = deliver;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit) this.#flush();
    else if (this.#items.length === 1) whenTurnEnds(this.#flush);
  }

  readonly #flush = (): void => {
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.#deliver(item);
  };
}
