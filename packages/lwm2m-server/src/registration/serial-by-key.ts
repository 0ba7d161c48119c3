/**
 * Runs tasks of one key after one another, and tasks of different keys side by side.
 *
 * It has no bound of its own. Each lane has a task under way: a request, of which the CoAP engine handles a bounded number
 * per peer, or the expiry of one of the registrations, which are bounded (`maxRegistrations`). How many tasks wait in a
 * lane its user bounds (`maxWaitingRequestsPerEndpoint`).
 */
export class SerialByKey {
  readonly #lanes = new Map<string, { tail: Promise<unknown>; length: number }>();

  /** How many tasks of a key run or wait. */
  length(key: string): number {
    return this.#lanes.get(key)?.length ?? 0;
  }

  /**
   * Runs a task at once and synchronously when none of its key is under way, else after those. Its outcome is the
   * task's own, and a failed task doesn't hold up the next.
   */
  run<T>(key: string, task: () => T | Promise<T>): T | Promise<T> {
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      const result = lane.tail.then(task, task);
      this.#extend(key, lane, result);
      return result;
    }
    const result = task();
    if (result instanceof Promise) {
      const opened = { tail: result, length: 0 };
      this.#lanes.set(key, opened);
      this.#extend(key, opened, result);
    }
    return result;
  }

  #extend(key: string, lane: { tail: Promise<unknown>; length: number }, result: Promise<unknown>): void {
    lane.length += 1;
    const done = (): void => {
      lane.length -= 1;
      if (lane.length === 0) this.#lanes.delete(key);
    };
    // The caller has the result and its error; the lane only needs to know that it is over.
    lane.tail = result.then(done, done);
  }
}
