/** Which updates are about to begin: so that none begins for an endpoint that is being removed, and nobody could take it back. */
export class Beginnings {
  readonly #running = new Set<Promise<unknown>>();
  readonly #leaving = new Set<string>();

  /** Whether no update may begin for an endpoint. To be asked within {@link run}. */
  isLeaving(endpoint: string): boolean {
    return this.#leaving.has(endpoint);
  }

  /** Does what chooses endpoints and begins their updates; gives what it gives, or rejects as it does. */
  async run<T>(begin: () => Promise<T>): Promise<T> {
    const running = begin();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** No update begins for an endpoint from now on. Resolves when those that may have been about to are stored, or have failed. */
  async leave(endpoint: string): Promise<void> {
    this.#leaving.add(endpoint);
    await Promise.allSettled(this.#running);
  }

  /** Updates may begin for it again. */
  stay(endpoint: string): void {
    this.#leaving.delete(endpoint);
  }
}
