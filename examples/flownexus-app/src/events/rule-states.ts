/** Takes a change back, unless there was another one since. */
export type Undo = () => void;

/** What a rule knows of each endpoint. Its states do not change: they are replaced. */
export class RuleStates<S extends object> {
  readonly #states = new Map<string, S>();
  readonly #maximum: number;

  /** Beyond the maximum the endpoint that came first is forgotten: it is as if it had sent nothing yet. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get(endpoint: string): S | undefined {
    return this.#states.get(endpoint);
  }

  set(endpoint: string, state: S): Undo {
    const before = this.#states.get(endpoint);
    this.#states.set(endpoint, state);
    if (this.#states.size > this.#maximum) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    return () => {
      if (this.#states.get(endpoint) !== state) return;
      if (before === undefined) this.#states.delete(endpoint);
      else this.#states.set(endpoint, before);
    };
  }

  delete(endpoint: string): void {
    this.#states.delete(endpoint);
  }
}
