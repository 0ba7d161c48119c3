/** An amount, of bytes or of things, that many holders share. */
export class Budget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes `amount` where there is as much left. */
  take(amount: number): boolean {
    if (this.#used + amount > this.#limit) return false;
    this.#used += amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#used -= amount;
  }
}
