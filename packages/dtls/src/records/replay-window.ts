/** How many sequence numbers below the newest are told apart (RFC 6347 §4.1.2.6). */
const WINDOW_SIZE = 64;

/**
 * Which sequence numbers of one epoch were received: the newest and the 63 before it, in two integers. There is no limit to how far
 * a sequence number may jump ahead. Only records that have authenticated may be accepted, or a forged one moves the window.
 */
export class ReplayWindow {
  #ceiling: number;
  /** Bit i stands for ceiling - i. */
  #low: number;
  /** Bit i stands for ceiling - 32 - i. */
  #high: number;

  /** Everything up to `ceiling` counts as received: after a restart nobody knows what was. Without it nothing was. */
  constructor(ceiling = -1) {
    this.#ceiling = ceiling;
    this.#low = -1;
    this.#high = -1;
  }

  /** The highest sequence number that was accepted; -1 when there was none. */
  get ceiling(): number {
    return this.#ceiling;
  }

  /** Whether the sequence number was not accepted before. False as well for those that are too old to know. */
  isFresh(sequence: number): boolean {
    const age = this.#ceiling - sequence;
    if (age < 0) return true;
    if (age >= WINDOW_SIZE) return false;
    return age < 32 ? (this.#low & (1 << age)) === 0 : (this.#high & (1 << (age - 32))) === 0;
  }

  /** Remembers a fresh sequence number. Whether it is the newest of all (RFC 9146 §6). */
  accept(sequence: number): boolean {
    const ahead = sequence - this.#ceiling;
    if (ahead <= 0) {
      if (ahead > -32) this.#low |= 1 << -ahead;
      else this.#high |= 1 << (-ahead - 32);
      return false;
    }
    if (ahead < 32) {
      this.#high = (this.#high << ahead) | (this.#low >>> (32 - ahead));
      this.#low = (this.#low << ahead) | 1;
    } else {
      this.#high = ahead < WINDOW_SIZE ? this.#low << (ahead - 32) : 0;
      this.#low = 1;
    }
    this.#ceiling = sequence;
    return true;
  }
}
