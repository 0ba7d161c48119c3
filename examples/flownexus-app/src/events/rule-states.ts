/** Takes a change back. Where there was another one since, that one stays, and gives way to the state from before both when it is taken back, too. */
export type Undo = () => void;

/** What all rules together may keep. */
export class StateBudget {
  readonly maximum: number;
  readonly ofEach: number;
  used = 0;

  /** Each rule may keep `ofEach` states whatever the others keep. */
  constructor(maximum: number, ofEach: number) {
    this.maximum = maximum;
    this.ofEach = ofEach;
  }
}

/** What a rule knows of each endpoint. Its states do not change: they are replaced. */
export class RuleStates<S extends object> {
  readonly #states = new Map<string, S>();
  readonly #budget: StateBudget;
  /** States that were taken back while another one had followed, and what was there before each. */
  readonly #takenBack = new WeakMap<S, { readonly before: S | undefined }>();

  /** Beyond the budget the endpoint that came first is forgotten: it is as if it had sent nothing yet. */
  constructor(budget: StateBudget) {
    this.#budget = budget;
  }

  get(endpoint: string): S | undefined {
    return this.#states.get(endpoint);
  }

  set(endpoint: string, state: S): Undo {
    const before = this.#states.get(endpoint);
    this.#states.set(endpoint, state);
    if (before === undefined) this.#added();
    return () => {
      if (this.#states.get(endpoint) !== state) {
        this.#takenBack.set(state, { before });
        return;
      }
      const standing = this.#standing(before);
      if (standing === undefined) this.delete(endpoint);
      else this.#states.set(endpoint, standing);
    };
  }

  delete(endpoint: string): void {
    if (this.#states.delete(endpoint)) this.#budget.used -= 1;
  }

  /** Of a rule that is gone: others may use its part of the budget. */
  clear(): void {
    this.#budget.used -= this.#states.size;
    this.#states.clear();
  }

  /** The state itself, or the latest one before it that was not taken back. */
  #standing(state: S | undefined): S | undefined {
    let standing = state;
    while (standing !== undefined) {
      const taken = this.#takenBack.get(standing);
      if (taken === undefined) break;
      standing = taken.before;
    }
    return standing;
  }

  #added(): void {
    this.#budget.used += 1;
    if (this.#budget.used <= this.#budget.maximum || this.#states.size <= this.#budget.ofEach) return;
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.delete(oldest);
  }
}
