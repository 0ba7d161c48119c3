import type { Clock, Peer, RandomSource, TimerQueue } from '@flownexus/datagram';
import { CoapError } from '../errors.ts';
import type { CoapLimits } from '../limits.ts';
import { PeerState } from './peer-state.ts';
import type { SettingsOf } from './peer-settings.ts';
import { Standing, Tiers } from './tiers.ts';

export interface StateTableOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly limits: CoapLimits;
  readonly settingsOf: SettingsOf;
  /** How long a silent peer is remembered, unless its own EXCHANGE_LIFETIME is longer. */
  readonly lifetimeMs: number;
  /** A state without live work left the table. */
  readonly onEvicted: (state: PeerState) => void;
}

/**
 * The state of each peer. One that was silent for EXCHANGE_LIFETIME and has nothing under way is forgotten; sooner when
 * the table is full, those first that were heard of only once: a flood of made-up addresses pushes out itself.
 */
export class StateTable {
  readonly #options: StateTableOptions;
  readonly #states = new Map<string, PeerState>();
  readonly #silent: Tiers<PeerState>;

  constructor(options: StateTableOptions) {
    this.#options = options;
    this.#silent = new Tiers({
      clock: options.clock,
      timers: options.timers,
      lifetimeMs: options.lifetimeMs,
      // RFC 7252 §4.5: what it sent is remembered for its own EXCHANGE_LIFETIME.
      lifetimeOf: ({ settings }) => settings.times.exchangeLifetimeMs,
      onExpired: (state) => {
        if (state.isIdle) this.#evict(state);
        else this.#silent.add(state, state.standing);
      },
    });
  }

  get size(): number {
    return this.#states.size;
  }

  /** The state of a peer that was heard of before. */
  find(peer: Peer): PeerState | undefined {
    const state = this.#states.get(peer.key);
    if (state !== undefined) this.#seen(state, peer);
    return state;
  }

  /** The state of a peer, new when need be. Undefined when the table is full of peers with work under way. */
  obtain(peer: Peer): PeerState | undefined {
    const known = this.find(peer);
    if (known !== undefined) return known;
    if (this.#states.size >= this.#options.limits.peers && !this.#makeRoom()) return undefined;
    const state = new PeerState(peer, this.#options.settingsOf(peer), this.#options);
    this.#states.set(peer.key, state);
    this.#silent.add(state, peer.identity.kind === 'anonymous' ? Standing.NEW : Standing.PROVEN);
    return state;
  }

  /** Takes a peer out of the table. */
  remove(peer: Peer, reason: CoapError): PeerState | undefined {
    const state = this.#states.get(peer.key);
    if (state === undefined) return undefined;
    this.#silent.remove(state);
    this.#states.delete(peer.key);
    state.closedWith = reason;
    return state;
  }

  /** All states, to end them one by one. */
  all(): PeerState[] {
    return [...this.#states.values()];
  }

  /** The peer sent what only the receiver of a message of ours could send. `state` must be in the table. */
  prove(state: PeerState): void {
    if (state.standing !== Standing.PROVEN) this.#silent.refresh(state, Standing.PROVEN);
  }

  #seen(state: PeerState, peer: Peer): void {
    state.peer = peer;
    this.#silent.refresh(state, Standing.CONTINUED);
  }

  #makeRoom(): boolean {
    const oldest = this.#silent.firstWhere(({ isIdle }) => isIdle);
    if (oldest === undefined) return false;
    this.#silent.remove(oldest);
    this.#evict(oldest);
    return true;
  }

  #evict(state: PeerState): void {
    this.#states.delete(state.peer.key);
    state.closedWith = new CoapError('ERR_COAP_PEER_CLOSED', 'the peer was silent');
    this.#options.onEvicted(state);
  }
}
