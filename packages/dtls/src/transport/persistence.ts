import type { Peer, Timer } from '@flownexus/datagram';
import type { AssociationStore, StoredAssociation } from '../api.ts';
import { DtlsError } from '../errors.ts';
import { MAX_HELD_BYTES, MAX_HELD_DATAGRAMS, MAX_PARALLEL_SAVES, MAX_SEQUENCE, STORE_PATIENCE_MS } from '../limits.ts';
import type { Association } from './association.ts';
import { isProvenAt, type HeldDatagram, type SaveState } from './association-state.ts';
import type { Core } from './core.ts';
import { decodeSnapshot, encodeSnapshot, type AssociationSnapshot } from './snapshot.ts';

/** An association as the store had it. */
export interface LoadedAssociation {
  readonly key: string;
  readonly snapshot: AssociationSnapshot;
}

/** Stores of transports that are open: what two of them brought back would send with the same nonces. */
const inUse = new WeakSet<AssociationStore>();

/**
 * Keeps associations in a store, so that they outlive a restart. Two things must never happen then: a write sequence number that is used twice, and
 * a record that is accepted twice. So a snapshot says a write sequence number that is a lease ahead of the present one, numbers are used only up to
 * the one that is surely in the store, and how far records were received is saved every so often.
 */
export class Persistence {
  readonly #core: Core;
  readonly #store: AssociationStore;
  readonly #placeOf: (association: Association) => Peer;
  /** What has changed since it was saved, and when that began; in that order. */
  readonly #dirty = new Map<Association, number>();
  #timer: Timer | undefined;
  /** Keys of snapshots that the store has failed to remove: they must not come back after a restart. */
  readonly #unremoved = new Set<string>();
  #removalTimer: Timer | undefined;
  #isClosing = false;
  /** Whether the store is ours until `release`. */
  #hasStore = false;
  /** Bytes of all datagrams that wait for a lease. */
  #heldBytes = 0;
  /** Saves and removals under way. */
  readonly #pending = new Set<Promise<void>>();

  /** `placeOf`: where an association goes that is not answering just now. */
  constructor(core: Core, store: AssociationStore, placeOf: (association: Association) => Peer) {
    this.#core = core;
    this.#store = store;
    this.#placeOf = placeOf;
  }

  /**
   * All that the store has and that can be used; what can not is reported. Rejects when the store does, and with a TypeError when it belongs to
   * another transport.
   */
  async load(): Promise<LoadedAssociation[]> {
    if (inUse.has(this.#store)) throw new TypeError('the store belongs to another transport, which is not closed');
    inUse.add(this.#store);
    this.#hasStore = true;
    const loaded: LoadedAssociation[] = [];
    for (const stored of await this.#store.load()) {
      try {
        loaded.push({ key: stored.key, snapshot: decodeSnapshot(stored.snapshot) });
      } catch (error) {
        this.#core.callbacks.report(error, `store.load: ${stored.key}`);
      }
    }
    return loaded;
  }

  /** Another transport may have the store. */
  release(): void {
    if (this.#hasStore) inUse.delete(this.#store);
    this.#hasStore = false;
  }

  /** A new association. Not for CBC, whose records have no nonce that is sure to differ. */
  began(association: Association): void {
    if (association.epoch.snapshot() === undefined) return;
    // Whatever happens to the first save: the store has nothing, or the end of this lease.
    association.saveState = newState(this.#nextLeaseEnd(association));
    this.#save(association, association.saveState);
  }

  /** An association that was loaded: it has used up its lease, and gets another one when it is heard of or written to. */
  restored(association: Association): void {
    association.saveState = newState(association.epoch.writeSequence);
  }

  /** Whether the next write sequence number may be used. */
  mayWrite(association: Association): boolean {
    const state = association.saveState;
    if (state === undefined) return true;
    // The snapshots that a closing transport leaves behind say the numbers as they are.
    if (this.#isClosing) return false;
    const next = association.epoch.writeSequence;
    const needsLease = state.leaseEnd - next <= this.#core.limits.sequenceLease / 2;
    if (needsLease && !state.isSaving && !state.hasFailed) this.#save(association, state);
    return next < state.leaseEnd;
  }

  /**
   * Has a datagram that may not be written yet sent later: when the save that is under way has brought a lease, as after a restart with a store that takes its
   * time. False when none is under way, or too much waits. What the save does not bring is counted as refused.
   */
  hold({ saveState }: Association, datagram: HeldDatagram): boolean {
    if (saveState?.isSaving !== true || saveState.hasEnded || this.#isClosing) return false;
    const held = (saveState.held ??= []);
    if (held.length >= MAX_HELD_DATAGRAMS || this.#heldBytes + datagram.size > MAX_HELD_BYTES) return false;
    held.push(datagram);
    this.#heldBytes += datagram.size;
    return true;
  }

  /** A record has been received. */
  received(association: Association): void {
    const state = association.saveState;
    if (state === undefined) return;
    state.received += 1;
    const isDue =
      state.received >= this.#core.limits.recordsPerSave || association.epoch.writeSequence >= state.leaseEnd;
    if (isDue && !state.hasFailed) this.#save(association, state);
    else this.#markDirty(association);
  }

  /** Its address has changed, or is proven now. One that goes to and fro is saved no more often than another that is heard of. */
  moved(association: Association): void {
    const state = association.saveState;
    if (state === undefined) return;
    const now = this.#core.clock.now();
    if (now - state.movedAtMs < this.#core.limits.saveIntervalMs) {
      this.#markDirty(association);
      return;
    }
    state.movedAtMs = now;
    this.#save(association, state);
  }

  ended(association: Association): void {
    this.#dirty.delete(association);
    const state = association.saveState;
    if (state === undefined) return;
    state.hasEnded = true;
    if (!state.isSaving) this.forget(association.key);
  }

  /** Takes a snapshot out of the store that no association has. What fails is tried again. */
  forget(key: string): void {
    this.#await(
      'store.remove',
      () => this.#store.remove(key),
      (isRemoved) => {
        if (isRemoved) this.#unremoved.delete(key);
        else this.#removeLater(key);
      },
    );
  }

  /**
   * Saves all associations as they are, none of which writes any more, and waits for the store. When it does not answer at all this is reported,
   * and the rest is left as it was: no number would be used twice.
   */
  async close(associations: readonly Association[]): Promise<void> {
    this.#isClosing = true;
    this.#timer?.cancel();
    this.#removalTimer?.cancel();
    if (!(await this.#finish(associations))) {
      this.#core.callbacks.report(new DtlsError('ERR_DTLS_TIMEOUT', 'the store does not answer'), 'store.save');
    }
    this.#dirty.clear();
    this.release();
  }

  /** False when the store does not answer. */
  async #finish(associations: readonly Association[]): Promise<boolean> {
    return (
      (await this.#settled()) &&
      (await this.#inPortions([...this.#unremoved], (key) => {
        this.forget(key);
      })) &&
      this.#inPortions(associations, (association) => {
        if (association.saveState !== undefined) this.#save(association, association.saveState);
      })
    );
  }

  /** Has the store do something with each item, so many at a time. False when it does not answer. */
  async #inPortions<T>(items: readonly T[], work: (item: T) => void): Promise<boolean> {
    for (const [index, item] of items.entries()) {
      work(item);
      if (index % MAX_PARALLEL_SAVES === 0 && !(await this.#settled())) return false;
    }
    return this.#settled();
  }

  /** Waits for what is under way. False when that takes longer than `STORE_PATIENCE_MS`. */
  async #settled(): Promise<boolean> {
    while (this.#pending.size > 0) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = this.#core.timers.schedule(STORE_PATIENCE_MS, () => {
        resolve(false);
      });
      void Promise.all(this.#pending).then(() => {
        resolve(true);
      });
      const isSettled = await promise;
      timer.cancel();
      if (!isSettled) return false;
    }
    return true;
  }

  #nextLeaseEnd({ epoch }: Association): number {
    const { sequenceLease } = this.#core.limits;
    return this.#isClosing ? epoch.writeSequence : Math.min(epoch.writeSequence + sequenceLease, MAX_SEQUENCE + 1);
  }

  #save(association: Association, state: SaveState): void {
    if (state.isSaving) {
      state.isOutdated = true;
      return;
    }
    const leaseEnd = this.#nextLeaseEnd(association);
    this.#dirty.delete(association);
    state.received = 0;
    state.isOutdated = false;
    state.isSaving = true;
    this.#await(
      'store.save',
      () => {
        const stored = this.#snapshotOf(association, leaseEnd);
        if (stored !== undefined) return this.#store.save(stored);
      },
      (isSaved) => {
        state.isSaving = false;
        state.hasFailed = !isSaved;
        if (isSaved) state.leaseEnd = Math.max(state.leaseEnd, leaseEnd);
        this.#release(state, isSaved);
        if (state.hasEnded) this.forget(association.key);
        else if (!isSaved) this.#markDirty(association);
        else if (state.isOutdated) this.#save(association, state);
      },
    );
  }

  #release(state: SaveState, isSaved: boolean): void {
    const { held = [] } = state;
    state.held = undefined;
    for (const { size, send } of held) {
      this.#heldBytes -= size;
      if (isSaved && !state.hasEnded) send();
      else this.#core.counters.sendsRefused += 1;
    }
  }

  #snapshotOf(association: Association, leaseEnd: number): StoredAssociation | undefined {
    const { clock } = this.#core;
    const epoch = association.epoch.snapshot();
    if (epoch === undefined) return undefined;
    const place = this.#placeOf(association);
    const snapshot = encodeSnapshot({
      epoch: { ...epoch, writeSequence: leaseEnd },
      identity: association.identity,
      host: place.host,
      port: place.port,
      pathValidated: isProvenAt(association.path, place),
      heardAtWallMs: clock.wallTime() - (clock.now() - association.heardAtMs),
    });
    return { key: association.key, snapshot, identity: association.identity };
  }

  /** Calls the store. What it answers at once counts at once: a store in memory costs no promise. */
  #await(context: string, call: () => void | Promise<void>, done: (isGood: boolean) => void): void {
    let answer: void | Promise<void>;
    try {
      answer = call();
    } catch (error) {
      this.#core.callbacks.report(error, context);
      done(false);
      return;
    }
    if (answer === undefined) {
      done(true);
      return;
    }
    const pending: Promise<void> = Promise.resolve(answer).then(
      () => {
        this.#pending.delete(pending);
        done(true);
      },
      (error: unknown) => {
        this.#pending.delete(pending);
        this.#core.callbacks.report(error, context);
        done(false);
      },
    );
    this.#pending.add(pending);
  }

  #removeLater(key: string): void {
    const { limits, timers } = this.#core;
    if (this.#isClosing || this.#unremoved.size >= limits.associations) return;
    this.#unremoved.add(key);
    this.#removalTimer ??= timers.schedule(limits.saveIntervalMs, () => {
      this.#removalTimer = undefined;
      for (const unremoved of this.#unremoved) this.forget(unremoved);
    });
  }

  #markDirty(association: Association): void {
    if (this.#isClosing || this.#dirty.has(association)) return;
    this.#dirty.set(association, this.#core.clock.now());
    this.#timer ??= this.#core.timers.schedule(this.#core.limits.saveIntervalMs, this.#saveDirty);
  }

  readonly #saveDirty = (): void => {
    const { clock, limits, timers } = this.#core;
    const end = clock.now() - limits.saveIntervalMs;
    const due: Association[] = [];
    for (const [association, sinceMs] of this.#dirty) {
      if (sinceMs > end) break;
      due.push(association);
    }
    for (const association of due) {
      this.#dirty.delete(association);
      if (association.saveState !== undefined) this.#save(association, association.saveState);
    }
    const [next] = this.#dirty.values();
    this.#timer = next === undefined ? undefined : timers.schedule(next - end, this.#saveDirty);
  };
}

function newState(leaseEnd: number): SaveState {
  return {
    leaseEnd,
    received: 0,
    isSaving: false,
    isOutdated: false,
    hasFailed: false,
    movedAtMs: -Infinity,
    hasEnded: false,
    held: undefined,
  };
}
