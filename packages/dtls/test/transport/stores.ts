import type { AssociationStore, StoredAssociation } from '../../src/index.ts';

/** A store in memory that answers at once. */
export class MemoryStore implements AssociationStore {
  readonly snapshots: Map<string, Uint8Array> = new Map();
  /** Saves so far. */
  saves = 0;

  load(): Iterable<StoredAssociation> {
    return [...this.snapshots].map(([key, snapshot]) => ({ key, snapshot: Uint8Array.from(snapshot) }));
  }

  save({ key, snapshot }: StoredAssociation): void {
    this.saves += 1;
    this.snapshots.set(key, Uint8Array.from(snapshot));
  }

  remove(key: string): void {
    this.snapshots.delete(key);
  }
}

interface Waiting {
  readonly key: string;
  readonly apply: () => void;
  readonly finish: (error?: Error) => void;
}

/** A store whose saves take as long as a test wants. */
export class SlowStore implements AssociationStore {
  /** What is in the store. */
  readonly snapshots: Map<string, Uint8Array>;
  /** Saves and removals that have not settled, the oldest first. */
  readonly waiting: Waiting[] = [];
  #hasEnded = false;
  loads: () => Promise<StoredAssociation[]> = () =>
    Promise.resolve([...this.snapshots].map(([key, snapshot]) => ({ key, snapshot })));

  constructor(snapshots: Map<string, Uint8Array> = new Map()) {
    this.snapshots = snapshots;
  }

  load(): Promise<StoredAssociation[]> {
    return this.loads();
  }

  save({ key, snapshot }: StoredAssociation): Promise<void> {
    return this.#wait(key, () => this.snapshots.set(key, Uint8Array.from(snapshot)));
  }

  remove(key: string): Promise<void> {
    return this.#wait(key, () => this.snapshots.delete(key));
  }

  /** Settles what waits, with an error if there is one; then it may have been done all the same. */
  settle(error?: Error, isDone = error === undefined): void {
    for (const { apply, finish } of this.waiting.splice(0)) {
      if (isDone) apply();
      finish(error);
    }
  }

  /** The machine fails: what waits was done or not, nobody hears of it, and nothing more is done. */
  end(isDone: boolean): void {
    this.#hasEnded = true;
    for (const { apply } of this.waiting.splice(0)) if (isDone) apply();
  }

  #wait(key: string, apply: () => void): Promise<void> {
    if (this.#hasEnded) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.waiting.push({ key, apply, finish });
    });
  }
}
