import type { Clock, TimerQueue } from '@flownexus/datagram';
import { blockSize, encodeBlock, type BlockValue } from '../block.ts';
import { Code } from '../code.ts';
import { MAX_BLOCK_NUMBER, type CoapLimits } from '../limits.ts';
import type { CoapOption } from '../message.ts';
import { findOption, makeOption, makeUintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { digest } from './digest.ts';
import type { PeerState } from './peer-state.ts';
import { Standing, Tiers, type Tiered } from './tiers.ts';

/** A response that is larger than a block. */
export interface Representation {
  readonly code: number;
  /** Its own options, ETag among them, without those of a block. */
  readonly options: readonly CoapOption[];
  readonly body: Uint8Array;
}

interface Entry extends Tiered<Entry> {
  readonly state: PeerState;
  readonly key: string;
  readonly representation: Representation;
}

/** A part of a representation, as it goes into a message. */
export interface Slice {
  readonly code: number;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

export interface RepresentationsOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly lifetimeMs: number;
  readonly limits: CoapLimits;
  readonly onLimit: () => void;
}

/** Keeps responses that peers fetch block by block (RFC 7959 §2.4), so that all blocks are of one body. */
export class Representations {
  readonly #options: RepresentationsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byAge: Tiers<Entry>;
  #bytes = 0;

  constructor(options: RepresentationsOptions) {
    this.#options = options;
    this.#byAge = new Tiers({
      clock: options.clock,
      timers: options.timers,
      lifetimeMs: options.lifetimeMs,
      lifetimeOf: ({ state }) => state.settings.times.exchangeLifetimeMs,
      onExpired: (entry) => this.#forget(entry),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a representation, in the place of an older one with the same key. */
  keep(state: PeerState, key: string, representation: Representation): void {
    this.drop(key);
    const entry: Entry = {
      state,
      key,
      representation,
      standing: Standing.NEW,
      sinceMs: 0,
      expiresAtMs: 0,
      previous: undefined,
      next: undefined,
    };
    const { representations, representationBytes, representationsPerPeer } = this.#options.limits;
    if (heldBytes(entry) > representationBytes) return;
    const own = (state.representations ??= new Set());
    if (own.size >= representationsPerPeer) this.#dropOldestOf(own);
    this.#bytes += heldBytes(entry);
    own.add(key);
    this.#entries.set(key, entry);
    this.#byAge.add(entry, state.standing === Standing.PROVEN ? Standing.PROVEN : Standing.NEW);
    while (this.#entries.size > representations || this.#bytes > representationBytes) {
      const oldest = this.#byAge.first(entry);
      if (oldest === undefined) return;
      this.#options.onLimit();
      this.drop(oldest.key);
    }
  }

  find(key: string): Representation | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#byAge.refresh(entry, Standing.CONTINUED);
    return entry.representation;
  }

  /** Forgets what was kept for a peer. */
  forgetPeer(state: PeerState): void {
    if (state.representations !== undefined) for (const key of state.representations) this.drop(key);
  }

  /** Forgets the representation with a key, if there is one. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#byAge.remove(entry);
    this.#forget(entry);
  }

  #dropOldestOf(own: ReadonlySet<string>): void {
    const [oldest] = own;
    if (oldest === undefined) return;
    this.#options.onLimit();
    this.drop(oldest);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    entry.state.representations?.delete(entry.key);
    this.#bytes -= heldBytes(entry);
  }
}

/** What an entry holds: its key, which the peer chooses, in UTF-16, and its body. */
function heldBytes({ key, representation }: Entry): number {
  return 2 * key.length + representation.body.length;
}

/** A representation with an ETag: that of the handler, or one computed from the body (RFC 7959 §2.4 wants one). */
export function withEtag(representation: Representation): Representation {
  const { code, options, body } = representation;
  if (findOption(options, OptionNumber.ETAG) !== undefined) return representation;
  const etag = makeOption(OptionNumber.ETAG, digest(body));
  return { code, options: [...options, etag].sort((a, b) => a.number - b.number), body };
}

/** A block, and the bytes of the body that are in it. */
export interface Cut {
  readonly block: BlockValue;
  readonly offset: number;
  readonly length: number;
}

/** The block of a body of `total` bytes that was asked for, in blocks of at most `szx`. Undefined when there is none (RFC 7959 §2.4). */
export function cut(total: number, asked: BlockValue, szx: number): Cut | undefined {
  const offset = asked.num * blockSize(asked.szx);
  if (offset >= total && offset > 0) return undefined;
  // The answer has blocks of the size asked for, or smaller ones.
  const exponent = Math.min(asked.szx, szx);
  const size = blockSize(exponent);
  const num = offset / size;
  if (num > MAX_BLOCK_NUMBER) return undefined;
  const block = { num, more: offset + size < total, szx: exponent };
  return { block, offset, length: Math.min(size, total - offset) };
}

/**
 * The block that was asked for. 4.00 when the body has none there (RFC 7959 §2.4). The first block tells the size of the body,
 * others when it was asked for (§4).
 */
export function slice(
  { code, options, body }: Representation,
  asked: BlockValue,
  szx: number,
  tellSize = false,
): Slice {
  const part = cut(body.length, asked, szx);
  if (part === undefined) return { code: Code.BAD_REQUEST, options: [], payload: body.subarray(0, 0) };
  const { block, offset, length } = part;
  const result = withBlock2({ code, options, payload: body.subarray(offset, offset + length) }, block);
  return block.num === 0 || tellSize ? withSize2(result, body.length) : result;
}

export function withBlock2(result: Slice, block: BlockValue): Slice {
  return withOptions(result, [makeOption(OptionNumber.BLOCK2, encodeBlock(block))]);
}

/** RFC 7959 §4. */
export function withSize2(result: Slice, size: number): Slice {
  return withOptions(result, [makeUintOption(OptionNumber.SIZE2, size)]);
}

export function withOptions({ code, options, payload }: Slice, further: readonly CoapOption[]): Slice {
  return { code, options: [...options, ...further].sort((a, b) => a.number - b.number), payload };
}
