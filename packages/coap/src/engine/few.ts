interface Entry<Key, Value> {
  readonly key: Key;
  value: Value;
  next: Entry<Key, Value> | undefined;
}

/** More entries than this are a `Map`, which takes longer to make and some 200 bytes, and finds one of many at once. */
const FEW = 4;

/**
 * What a `Map` does, for the case that there are many of them, nearly all with a few entries: a chain of these. In the order in which the keys
 * came.
 */
export class Few<Key, Value extends object> {
  #entries: Entry<Key, Value> | Map<Key, Value> | undefined;

  get size(): number {
    if (this.#entries instanceof Map) return this.#entries.size;
    let size = 0;
    for (let entry = this.#entries; entry !== undefined; entry = entry.next) size += 1;
    return size;
  }

  get isEmpty(): boolean {
    return this.#entries === undefined;
  }

  get(key: Key): Value | undefined {
    if (this.#entries instanceof Map) return this.#entries.get(key);
    for (let entry = this.#entries; entry !== undefined; entry = entry.next) if (entry.key === key) return entry.value;
    return undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  set(key: Key, value: Value): void {
    if (this.#entries instanceof Map) {
      this.#entries.set(key, value);
      return;
    }
    let last: Entry<Key, Value> | undefined;
    let size = 0;
    for (let entry = this.#entries; entry !== undefined; entry = entry.next) {
      if (entry.key === key) {
        entry.value = value;
        return;
      }
      last = entry;
      size += 1;
    }
    if (size === FEW) this.#entries = new Map(this).set(key, value);
    else if (last === undefined) this.#entries = { key, value, next: undefined };
    else last.next = { key, value, next: undefined };
  }

  delete(key: Key): void {
    if (this.#entries instanceof Map) {
      this.#entries.delete(key);
      if (this.#entries.size === 0) this.#entries = undefined;
      return;
    }
    let before: Entry<Key, Value> | undefined;
    for (let entry = this.#entries; entry !== undefined; before = entry, entry = entry.next) {
      if (entry.key !== key) continue;
      if (before === undefined) this.#entries = entry.next;
      else before.next = entry.next;
      return;
    }
  }

  /** The values at present: what is set or deleted meanwhile makes no difference. */
  values(): Value[] {
    return Array.from(this, ([, value]) => value);
  }

  *[Symbol.iterator](): Generator<[Key, Value], void, undefined> {
    if (this.#entries instanceof Map) yield* this.#entries;
    else for (let entry = this.#entries; entry !== undefined; entry = entry.next) yield [entry.key, entry.value];
  }
}
