/** Does one piece of work after another, in the order in which they come: so that what is in memory changes in the order of the database. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Gives what `work` gives, or rejects as it does; the next goes on in either case. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
