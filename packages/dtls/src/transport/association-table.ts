import type { Clock, Peer, RandomSource, Timer, TimerQueue } from '@flownexus/datagram';
import type { DtlsLimits } from '../limits.ts';
import type { Association } from './association.ts';
import { ConnectionIds } from './connection-ids.ts';
import { IdentityIndex } from './identity-index.ts';

export interface AssociationTableOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly limits: DtlsLimits;
  /** The length of our Connection IDs. */
  readonly cidLength: number;
  /** An association was silent for `idleMs` and has left the table. */
  readonly onIdle: (association: Association) => void;
}

/** Between two looks for associations that were silent too long: they may leave this much later. */
const SWEEP_INTERVAL_MS = 10_000;

/**
 * All associations: by their key, by our Connection ID, by the address and by the identity of the peer; and in the order in which they were last heard of. Each
 * operation takes constant time; one timer serves them all.
 */
export class AssociationTable {
  readonly cids: ConnectionIds;
  readonly identities: IdentityIndex = new IdentityIndex();
  readonly #options: AssociationTableOptions;
  readonly #byKey = new Map<string, Association>();
  /** By the key of the peer below: the latest association there, or the one that nothing but its address finds. */
  readonly #byAddress = new Map<string, Association>();
  #oldest: Association | undefined;
  #newest: Association | undefined;
  #timer: Timer | undefined;

  constructor(options: AssociationTableOptions) {
    this.#options = options;
    this.cids = new ConnectionIds(options.random, options.cidLength);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The longest silent one. */
  get oldest(): Association | undefined {
    return this.#oldest;
  }

  /** All of them, the longest silent first. */
  all(): Association[] {
    const all: Association[] = [];
    for (let next = this.#oldest; next !== undefined; next = next.newer) all.push(next);
    return all;
  }

  find(key: string): Association | undefined {
    return this.#byKey.get(key);
  }

  /** The association at an address: the latest, unless an older one has no Connection ID. */
  at(lower: Peer): Association | undefined {
    return this.#byAddress.get(lower.key);
  }

  has(association: Association): boolean {
    return this.#byKey.get(association.key) === association;
  }

  /**
   * Takes an association in that was heard of at `heardAtMs`, which must not be before that of any other. What has a Connection ID and is found by
   * the same address then is not found by it any more. False, and nothing changes, when its key or Connection ID is in use.
   */
  add(association: Association, heardAtMs: number): boolean {
    if (this.#byKey.has(association.key)) return false;
    if (association.localCid !== undefined && !this.cids.bind(association.localCid, association)) return false;
    this.#byKey.set(association.key, association);
    this.#settle(association);
    this.identities.add(association);
    association.heardAtMs = heardAtMs;
    this.#append(association);
    this.#timer ??= this.#schedule();
    return true;
  }

  /** False when it is not in the table. */
  remove(association: Association): boolean {
    if (!this.has(association)) return false;
    this.#byKey.delete(association.key);
    this.identities.remove(association);
    this.#leave(association.lower, association);
    // With the policy `proven` an association may be found where it was before.
    if (association.path !== undefined) this.#leave(association.path.proven, association);
    if (association.localCid !== undefined) this.cids.release(association.localCid);
    this.#unlink(association);
    return true;
  }

  /** It was heard of just now. */
  touch(association: Association): void {
    association.heardAtMs = this.#options.clock.now();
    if (association === this.#newest) return;
    this.#unlink(association);
    this.#append(association);
  }

  /** It has come to `association.lower` from `previous`. */
  moved(association: Association, previous: Peer): void {
    this.#leave(previous, association);
    this.#settle(association);
  }

  /** Forgets everything and stops the timer. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const association of this.all()) this.remove(association);
  }

  /**
   * Takes the address that it is at. Where one without Connection ID is, one that has one needs no address to be found, and whoever it belongs to
   * may have written the other's into its datagrams.
   */
  #settle(association: Association): void {
    const there = this.at(association.lower);
    const isNeeded = there !== undefined && there.localCid === undefined && association.localCid !== undefined;
    if (!isNeeded) this.#byAddress.set(association.lower.key, association);
  }

  #leave(lower: Peer, association: Association): void {
    if (this.at(lower) === association) this.#byAddress.delete(lower.key);
  }

  #append(association: Association): void {
    association.older = this.#newest;
    association.newer = undefined;
    if (this.#newest === undefined) this.#oldest = association;
    else this.#newest.newer = association;
    this.#newest = association;
  }

  #unlink(association: Association): void {
    const { older, newer } = association;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    association.older = undefined;
    association.newer = undefined;
  }

  #schedule(): Timer | undefined {
    const { clock, timers, limits } = this.#options;
    if (limits.idleMs === 0 || this.#oldest === undefined) return undefined;
    const dueMs = this.#oldest.heardAtMs + limits.idleMs - clock.now();
    return timers.schedule(Math.max(dueMs, SWEEP_INTERVAL_MS), this.#sweep);
  }

  readonly #sweep = (): void => {
    const { clock, limits, onIdle } = this.#options;
    const end = clock.now() - limits.idleMs;
    for (let oldest = this.#oldest; oldest !== undefined && oldest.heardAtMs <= end; oldest = this.#oldest) {
      this.remove(oldest);
      onIdle(oldest);
    }
    this.#timer = this.#schedule();
  };
}
