import { enlarged } from './columns.ts';

/** Two numbers of 32 bits that nobody else knows. */
export interface HashSeed {
  readonly peer: number;
  readonly messageId: number;
}

/**
 * Finds slots by the number of a peer and its Message ID: open addressing with linear probing, at most half full. Peers choose
 * Message IDs, so the hash has a secret seed: nobody can pick those that meet in one place.
 */
export class MessageIndex {
  readonly #seed: HashSeed;
  #peers: Uint32Array;
  #messageIds: Uint16Array;
  /** Slots by hash, 0 where there is none. */
  #places: Uint32Array;
  #mask: number;

  /** For slots 1 to `capacity`. */
  constructor(capacity: number, seed: HashSeed) {
    this.#seed = seed;
    this.#peers = new Uint32Array(capacity + 1);
    this.#messageIds = new Uint16Array(capacity + 1);
    this.#places = placesFor(capacity);
    this.#mask = this.#places.length - 1;
  }

  enlarge(capacity: number): void {
    this.#peers = enlarged(this.#peers, new Uint32Array(capacity + 1));
    this.#messageIds = enlarged(this.#messageIds, new Uint16Array(capacity + 1));
    const former = this.#places;
    this.#places = placesFor(capacity);
    this.#mask = this.#places.length - 1;
    // By index: an iterator would make an object for each of a million places.
    for (let place = 0; place < former.length; place += 1) {
      const slot = former[place] ?? 0;
      if (slot !== 0) this.#place(slot);
    }
  }

  peerOf(slot: number): number {
    return this.#peers[slot] ?? 0;
  }

  /** The slot, 0 when there is none. */
  find(peer: number, messageId: number): number {
    for (let place = this.#home(peer, messageId); ; place = this.#after(place)) {
      const slot = this.#places[place] ?? 0;
      if (slot === 0 || (this.#messageIds[slot] === messageId && this.#peers[slot] === peer)) return slot;
    }
  }

  /** `slot` must not be in it, nor another one with this key. */
  add(slot: number, peer: number, messageId: number): void {
    this.#peers[slot] = peer;
    this.#messageIds[slot] = messageId;
    this.#place(slot);
  }

  /** `slot` must be in it. */
  remove(slot: number): void {
    let hole = this.#homeOf(slot);
    while (this.#places[hole] !== slot) hole = this.#after(hole);
    // What was pushed beyond the hole moves up, so that no search ends too early; unless its home is beyond the hole as well.
    for (let place = this.#after(hole); ; place = this.#after(place)) {
      const next = this.#places[place] ?? 0;
      if (next === 0) break;
      const pushed = (place - this.#homeOf(next)) & this.#mask;
      if (pushed < ((place - hole) & this.#mask)) continue;
      this.#places[hole] = next;
      hole = place;
    }
    this.#places[hole] = 0;
  }

  #place(slot: number): void {
    let place = this.#homeOf(slot);
    while (this.#places[place] !== 0) place = this.#after(place);
    this.#places[place] = slot;
  }

  #after(place: number): number {
    return (place + 1) & this.#mask;
  }

  #homeOf(slot: number): number {
    return this.#home(this.#peers[slot] ?? 0, this.#messageIds[slot] ?? 0);
  }

  #home(peer: number, messageId: number): number {
    return mix(mix(peer ^ this.#seed.peer) ^ messageId ^ this.#seed.messageId) & this.#mask;
  }
}

function placesFor(capacity: number): Uint32Array {
  return new Uint32Array(2 ** Math.ceil(Math.log2(2 * capacity)));
}

/** The finalizer of MurmurHash3 by Austin Appleby, public domain: each bit of the input changes half of those of the output. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
