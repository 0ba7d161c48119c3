import { enlarged } from './columns.ts';

/** The ends of a list of slots, the oldest first. Slots count from 1: 0 is none. */
export interface Chain {
  first: number;
  last: number;
}

/** The links of chains over one range of slots: a slot is in one chain at a time. No objects, constant time for each operation. */
export class ChainLinks {
  #older: Uint32Array;
  #newer: Uint32Array;

  /** For slots 1 to `capacity`. */
  constructor(capacity: number) {
    this.#older = new Uint32Array(capacity + 1);
    this.#newer = new Uint32Array(capacity + 1);
  }

  enlarge(capacity: number): void {
    this.#older = enlarged(this.#older, new Uint32Array(capacity + 1));
    this.#newer = enlarged(this.#newer, new Uint32Array(capacity + 1));
  }

  /** `slot` must be in no chain. */
  append(chain: Chain, slot: number): void {
    const { last } = chain;
    this.#older[slot] = last;
    this.#newer[slot] = 0;
    if (last === 0) chain.first = slot;
    else this.#newer[last] = slot;
    chain.last = slot;
  }

  /** `slot` must be in `chain`. */
  remove(chain: Chain, slot: number): void {
    const older = this.#older[slot] ?? 0;
    const newer = this.#newer[slot] ?? 0;
    if (older === 0) chain.first = newer;
    else this.#newer[older] = newer;
    if (newer === 0) chain.last = older;
    else this.#older[newer] = older;
  }
}
