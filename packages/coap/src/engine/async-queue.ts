interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Items for one consumer, as an async iterator. Whoever pushes bounds how many may wait. `next` rejects once when the queue ended
 * with an error, after all items.
 */
export class AsyncQueue<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #items: T[] = [];
  readonly #waiting: Waiting<T>[] = [];
  readonly #onReturn: () => void;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  /** `onReturn` is called when the consumer wants no more. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  /** Items that nobody has taken. */
  get size(): number {
    return this.#items.length;
  }

  /** Takes away the oldest item. */
  drop(): void {
    this.#items.shift();
  }

  /** Takes away all items. */
  clear(): void {
    this.#items.length = 0;
  }

  push(item: T): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve({ done: false, value: item });
  }

  /** No more comes. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    for (const waiting of this.#waiting.splice(0)) this.#settle(waiting);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const item = this.#items.shift();
      if (item !== undefined) resolve({ done: false, value: item });
      else if (this.#ended) this.#settle({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.clear();
    this.end();
    this.#failure = undefined;
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle({ resolve, reject }: Waiting<T>): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) resolve({ done: true, value: undefined });
    else reject(failure.error);
  }
}
