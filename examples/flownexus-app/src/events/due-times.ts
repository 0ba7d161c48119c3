/** Endpoints by the time at which a rule has to look at them: a second each has a bucket. */
export class DueTimes {
  readonly #buckets = new Map<number, Set<string>>();
  readonly #waiting = new Set<string>();

  /** An endpoint that waits already stays at its time: it is looked at then, and added again when it is not due yet. */
  add(endpoint: string, at: number): void {
    if (this.#waiting.has(endpoint)) return;
    this.#waiting.add(endpoint);
    // Rounded up: what is taken is due.
    const second = Math.ceil(at / 1000);
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
}
