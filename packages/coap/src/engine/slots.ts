import { enlarged } from './columns.ts';

/** Handles are `sequence * SLOT_SPAN + slot`: 32 and 21 of the 53 bits of a number. */
const SLOT_SPAN = 2 ** 21;
/** The most slots that there can be. */
export const MAX_SLOTS: number = SLOT_SPAN - 1;
const MAX_SEQUENCE = 0xffff_ffff;

/** Places in tables of typed arrays, from 1 on, and handles that tell whether what they were given for still has its place. */
export class Slots {
  /** Of a slot in use: what makes its handle differ from those of its former uses. Of a free one: 0. */
  #sequences: Uint32Array;
  #nextFree: Uint32Array;
  #firstFree = 0;
  #neverUsed = 1;
  #capacity: number;
  #sequence: number;

  /** Sequences begin after `sequence`: that of the slots that these replace. */
  constructor(capacity: number, sequence: number) {
    this.#capacity = capacity;
    this.#sequence = sequence;
    this.#sequences = new Uint32Array(capacity + 1);
    this.#nextFree = new Uint32Array(capacity + 1);
  }

  get capacity(): number {
    return this.#capacity;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get full(): boolean {
    return this.#firstFree === 0 && this.#neverUsed > this.#capacity;
  }

  enlarge(capacity: number): void {
    this.#sequences = enlarged(this.#sequences, new Uint32Array(capacity + 1));
    this.#nextFree = enlarged(this.#nextFree, new Uint32Array(capacity + 1));
    this.#capacity = capacity;
  }

  /** A slot that nobody uses. They must not be full. */
  take(): number {
    let slot = this.#firstFree;
    if (slot === 0) slot = this.#neverUsed++;
    else this.#firstFree = this.#nextFree[slot] ?? 0;
    this.#sequence = this.#sequence === MAX_SEQUENCE ? 1 : this.#sequence + 1;
    this.#sequences[slot] = this.#sequence;
    return slot;
  }

  /** `slot` must be in use. */
  giveBack(slot: number): void {
    this.#sequences[slot] = 0;
    this.#nextFree[slot] = this.#firstFree;
    this.#firstFree = slot;
  }

  /** `slot` must be in use. */
  handleOf(slot: number): number {
    return (this.#sequences[slot] ?? 0) * SLOT_SPAN + slot;
  }

  /** The slot of a handle, 0 when it has been given back since. */
  slotOf(handle: number): number {
    const slot = handle % SLOT_SPAN;
    return this.#sequences[slot] === (handle - slot) / SLOT_SPAN ? slot : 0;
  }
}
