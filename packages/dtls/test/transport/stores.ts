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
  readonly finish: (error?: Error) => void;
}

/** A store whose saves take as long as a test wants. */
export class SlowStore implements AssociationStore {
  readonly snapshots: Map<string, Uint8Array> = new Map();
  /** Saves and removals that have not settled, the oldest first. */
  readonly waiting: Waiting[] = [];
  loads: () => Promise<StoredAssociation[]> = () =>
    Promise.resolve([...this.snapshots].map(([key, snapshot]) => ({ key, snapshot })));

  load(): Promise<StoredAssociation[]> {
    return this.loads();
  }

  save({ key, snapshot }: StoredAssociation): Promise<void> {
    return this.#wait(key, () => this.snapshots.set(key, Uint8Array.from(snapshot)));
  }

  remove(key: string): Promise<void> {
    return this.#wait(key, () => this.snapshots.delete(key));
  }

  /** Settles what waits, with an error if there is one. */
  settle(error?: Error): void {
    for (const { finish } of this.waiting.splice(0)) finish(error);
  }

  #wait(key: string, apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        key,
        finish: (error) => {
          if (error !== undefined) {
            reject(error);
            return;
          }
          apply();
          resolve();
        },
      });
    });
  }
}
