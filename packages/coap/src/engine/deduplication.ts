import type { Clock, RandomSource, Timer, TimerQueue } from '@flownexus/datagram';
import type { CoapLimits } from '../limits.ts';
import { ChainLinks, type Chain } from './chain.ts';
import { enlarged } from './columns.ts';
import { MessageIndex, type HashSeed } from './message-index.ts';
import type { PeerState, ReceivedMessage } from './peer-state.ts';
import { ReplyPages } from './reply-pages.ts';
import { MAX_SLOTS, Slots } from './slots.ts';

export interface DeduplicationOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly limits: CoapLimits;
  /** A bound made an entry leave before its time. */
  readonly onLimit: () => void;
}

/** Entries with one lifetime, which makes the oldest the next to expire. */
interface Generation extends Chain {
  readonly number: number;
  readonly lifetimeMs: number;
}

/** Lifetimes that have a generation of their own. Entries with others join the last one, where they may outstay their time a little. */
const MAX_GENERATIONS = 16;
const INITIAL_CAPACITY = 16;
/** Between two sweeps: expiry may come this much late, so that many entries don't mean many wake-ups. */
const SWEEP_INTERVAL_MS = 1000;

/** The table of entries: columns of typed arrays, so that none of them is an object. */
interface Table {
  readonly slots: Slots;
  readonly index: MessageIndex;
  readonly replies: ReplyPages;
  /** The entries of one peer. */
  readonly byPeer: ChainLinks;
  /** Those of one generation. */
  readonly byAge: ChainLinks;
  expiresAtMs: Float64Array;
  generations: Uint8Array;
}

/**
 * The Message IDs that peers used in the last EXCHANGE_LIFETIME (Confirmable) or NON_LIFETIME (Non-confirmable), with
 * the reply that each got (RFC 7252 §4.5). At a bound the oldest is forgotten.
 *
 * A million entries are about 50 bytes each and their replies. The table grows by doubling and begins anew when it is empty.
 */
export class Deduplication {
  readonly #options: DeduplicationOptions;
  readonly #seed: HashSeed;
  readonly #generations: Generation[] = [];
  /** Peers with entries, by the number that these know them by. */
  #peers: (PeerState | undefined)[] = [];
  #freeNumbers: number[] = [];
  #table: Table;
  #size = 0;
  #timer: Timer | undefined;
  #sweepAtMs = Infinity;

  /** Throws `RangeError` for more than 2^21 - 1 entries. */
  constructor(options: DeduplicationOptions) {
    this.#options = options;
    const { random, limits } = options;
    if (limits.deduplicationEntries > MAX_SLOTS) {
      throw new RangeError(
        `the limit deduplicationEntries is at most ${MAX_SLOTS}, not ${limits.deduplicationEntries}`,
      );
    }
    this.#seed = { peer: (random.unit() * 2 ** 32) | 0, messageId: (random.unit() * 2 ** 32) | 0 };
    this.#table = this.#emptyTable(0);
  }

  /** Entries at present. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that hold replies at present. */
  get bytes(): number {
    return this.#table.replies.heldBytes;
  }

  /** Entries that there is room for without growing. */
  get capacity(): number {
    return this.#table.slots.capacity;
  }

  /** The entry of a Message ID that a peer used before. */
  find({ received }: PeerState, messageId: number): ReceivedMessage | undefined {
    if (received.count === 0) return undefined;
    const { index, slots } = this.#table;
    const slot = index.find(received.number, messageId);
    if (slot === 0) return undefined;
    if (this.#expiryOf(slot) > this.#options.clock.now()) return slots.handleOf(slot);
    this.#remove(slot); // the sweep comes a little late
    return undefined;
  }

  /** Remembers a Message ID that `find` doesn't know, for `lifetimeMs`. */
  add(state: PeerState, messageId: number, lifetimeMs: number): ReceivedMessage {
    const { received } = state;
    const { limits } = this.#options;
    if (received.count >= limits.deduplicationPerPeer) this.#drop(received.first);
    if (this.#size >= limits.deduplicationEntries) this.#dropOldest();
    const table = this.#roomyTable();
    const slot = table.slots.take();
    const expiresAtMs = this.#options.clock.now() + lifetimeMs;
    table.expiresAtMs[slot] = expiresAtMs;
    if (received.count === 0) received.number = this.#enrol(state);
    received.count += 1;
    table.index.add(slot, received.number, messageId);
    table.byPeer.append(received, slot);
    const generation = this.#generationOf(lifetimeMs);
    table.generations[slot] = generation.number;
    table.byAge.append(generation, slot);
    this.#size += 1;
    if (expiresAtMs < this.#sweepAtMs) this.#sweepIn(lifetimeMs);
    return table.slots.handleOf(slot);
  }

  /** What duplicates of an entry are answered with. Undefined: they are absorbed. */
  replyOf(entry: ReceivedMessage): Uint8Array | undefined {
    const slot = this.#table.slots.slotOf(entry);
    return slot === 0 ? undefined : this.#table.replies.get(slot);
  }

  /** From now on duplicates get `reply`, which is copied. Harmless when the entry is gone. */
  answered(entry: ReceivedMessage, reply: Uint8Array): void {
    const { slots, replies } = this.#table;
    const slot = slots.slotOf(entry);
    if (slot === 0) return;
    replies.release(slot);
    if (!replies.canHold(reply.length)) {
      this.#drop(slot);
      return;
    }
    while (!replies.put(slot, reply)) {
      this.#dropOldest();
      if (slots.slotOf(entry) === 0) return;
    }
  }

  /** As if the message had been lost: its retransmission is processed anew. Harmless when the entry is gone. */
  forget(entry: ReceivedMessage): void {
    const slot = this.#table.slots.slotOf(entry);
    if (slot !== 0) this.#remove(slot);
  }

  /** Forgets what a peer sent. */
  forgetPeer({ received }: PeerState): void {
    while (received.count > 0) this.#remove(received.first);
  }

  #drop(slot: number): void {
    this.#options.onLimit();
    this.#remove(slot);
  }

  #dropOldest(): void {
    let oldest = 0;
    let addedAtMs = Infinity;
    for (const { first, lifetimeMs } of this.#generations) {
      if (first === 0) continue;
      const candidate = this.#expiryOf(first) - lifetimeMs;
      if (candidate >= addedAtMs) continue;
      oldest = first;
      addedAtMs = candidate;
    }
    if (oldest !== 0) this.#drop(oldest);
  }

  #remove(slot: number): void {
    const { slots, index, replies, byPeer, byAge, generations } = this.#table;
    const number = index.peerOf(slot);
    const received = this.#peers[number]?.received;
    const generation = this.#generations[generations[slot] ?? 0];
    if (received === undefined || generation === undefined) return;
    index.remove(slot);
    replies.release(slot);
    byPeer.remove(received, slot);
    byAge.remove(generation, slot);
    slots.giveBack(slot);
    this.#size -= 1;
    received.count -= 1;
    if (received.count > 0) return;
    this.#peers[number] = undefined;
    this.#freeNumbers.push(number);
    if (this.#size === 0) this.#beginAnew();
  }

  /** What many entries took is given back when none is left. */
  #beginAnew(): void {
    const { slots } = this.#table;
    if (slots.capacity <= INITIAL_CAPACITY) return;
    this.#peers = [];
    this.#freeNumbers = [];
    this.#table = this.#emptyTable(slots.sequence);
  }

  #emptyTable(sequence: number): Table {
    const { limits } = this.#options;
    const capacity = Math.min(INITIAL_CAPACITY, limits.deduplicationEntries);
    return {
      slots: new Slots(capacity, sequence),
      index: new MessageIndex(capacity, this.#seed),
      replies: new ReplyPages(capacity, limits.deduplicationBytes),
      byPeer: new ChainLinks(capacity),
      byAge: new ChainLinks(capacity),
      expiresAtMs: new Float64Array(capacity + 1),
      generations: new Uint8Array(capacity + 1),
    };
  }

  #roomyTable(): Table {
    const table = this.#table;
    if (!table.slots.full) return table;
    const capacity = Math.min(2 * table.slots.capacity, this.#options.limits.deduplicationEntries);
    table.slots.enlarge(capacity);
    table.index.enlarge(capacity);
    table.replies.enlarge(capacity);
    table.byPeer.enlarge(capacity);
    table.byAge.enlarge(capacity);
    table.expiresAtMs = enlarged(table.expiresAtMs, new Float64Array(capacity + 1));
    table.generations = enlarged(table.generations, new Uint8Array(capacity + 1));
    return table;
  }

  #enrol(state: PeerState): number {
    const number = this.#freeNumbers.pop() ?? this.#peers.length;
    this.#peers[number] = state;
    return number;
  }

  #generationOf(lifetimeMs: number): Generation {
    let last: Generation | undefined;
    for (last of this.#generations) if (last.lifetimeMs === lifetimeMs) return last;
    const number = this.#generations.length;
    if (last !== undefined && number === MAX_GENERATIONS) return last;
    const added = { number, lifetimeMs, first: 0, last: 0 };
    this.#generations.push(added);
    return added;
  }

  #sweepIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#sweepAtMs = this.#options.clock.now() + delayMs;
    this.#timer = this.#options.timers.schedule(delayMs, this.#sweep);
  }

  readonly #sweep = (): void => {
    this.#timer = undefined;
    this.#sweepAtMs = Infinity;
    const now = this.#options.clock.now();
    let nextMs = Infinity;
    for (const generation of this.#generations) {
      while (generation.first !== 0 && this.#expiryOf(generation.first) <= now) this.#remove(generation.first);
      if (generation.first !== 0) nextMs = Math.min(nextMs, this.#expiryOf(generation.first));
    }
    if (nextMs < Infinity) this.#sweepIn(Math.max(nextMs - now, SWEEP_INTERVAL_MS));
  };

  #expiryOf(slot: number): number {
    return this.#table.expiresAtMs[slot] ?? 0;
  }
}
