import { MAX_EARLY_BYTES, MAX_EARLY_RECORDS } from '../../limits.ts';

/** What arrived before it can be used, bounded in number and bytes. What does not fit is refused: the peer sends it again. */
export class EarlyList<T> {
  #items: T[] = [];
  #bytes = 0;

  /** Keeps an item of so many bytes. Gives false when it does not fit. */
  keep(item: T, bytes: number): boolean {
    if (this.#items.length >= MAX_EARLY_RECORDS || this.#bytes + bytes > MAX_EARLY_BYTES) return false;
    this.#items.push(item);
    this.#bytes += bytes;
    return true;
  }

  /** All items in the order in which they came. The list is empty afterwards. */
  take(): readonly T[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    return items;
  }
}
