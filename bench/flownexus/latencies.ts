/** Times in milliseconds, of which percentiles are asked; kept in steps of a hundredth up to ten seconds. */
export class Latencies {
  readonly #counts = new Uint32Array(1_000_000);
  #total = 0;

  add(milliseconds: number): void {
    const step = Math.min(this.#counts.length - 1, Math.floor(milliseconds * 100));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total += 1;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** NaN of nothing. */
  percentile(percent: number): number {
    let left = (this.#total * percent) / 100;
    for (const [step, count] of this.#counts.entries()) {
      left -= count;
      if (count > 0 && left <= 0) return (step + 1) / 100;
    }
    return NaN;
  }
}
