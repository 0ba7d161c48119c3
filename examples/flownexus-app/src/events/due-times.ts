/** Endpoints by the time at which a rule has to look at them: a second each has a bucket. */
export class DueTimes {
  readonly #buckets = new Map<number, Set<string>>();
  /** The bucket that each endpoint is in. */
  readonly #waiting = new Map<string, number>();

  /** An endpoint that waits already is looked at at the earlier of both times; it is added again when it is not due yet. */
  add(endpoint: string, at: number): void {
    // Rounded up: what is taken is due.
    const second = Math.ceil(at / 1000);
    const before = this.#waiting.get(endpoint);
    if (before !== undefined) {
      if (before <= second) return;
      this.#leave(endpoint, before);
    }
    this.#waiting.set(endpoint, second);
    const bucket = this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, new Set([endpoint]));
    else bucket.add(endpoint);
  }

  /** Takes out those that are due, the earliest first. */
  take(now: number): string[] {
    const due = [...this.#buckets.keys()].filter((second) => second * 1000 <= now).sort((a, b) => a - b);
    const endpoints: string[] = [];
    for (const second of due) {
      for (const endpoint of this.#buckets.get(second) ?? []) endpoints.push(endpoint);
      this.#buckets.delete(second);
    }
    for (const endpoint of endpoints) this.#waiting.delete(endpoint);
    return endpoints;
  }

  #leave(endpoint: string, second: number): void {
    const bucket = this.#buckets.get(second);
    bucket?.delete(endpoint);
    if (bucket?.size === 0) this.#buckets.delete(second);
  }
}
