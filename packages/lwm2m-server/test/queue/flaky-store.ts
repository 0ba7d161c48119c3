import type { OperationStore, QueuedOperation } from '../../src/queue/operation-store.ts';
import { MemoryOperationStore } from '../../src/queue/memory-operation-store.ts';

/** A store that fails when a test wants it, and answers later than at once. */
export class FlakyStore implements OperationStore {
  readonly kept: MemoryOperationStore;
  /** What fails: `get` and `save` of one state, or all of them. */
  failing: ((what: 'get' | QueuedOperation['state']) => boolean) | undefined;
  /** Calls that are waited for before they do anything; undefined: none waits. */
  held: (() => void)[] | undefined;
  /** The process has died: no call ever comes back. */
  dead = false;

  constructor(kept: MemoryOperationStore = new MemoryOperationStore()) {
    this.kept = kept;
  }

  load(): Promise<Iterable<QueuedOperation>> {
    return Promise.resolve(this.kept.load());
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.kept.lastSequence());
  }

  async save(operation: QueuedOperation): Promise<void> {
    await this.#wait();
    if (this.failing?.(operation.state) === true) throw new Error('disk full');
    this.kept.save(operation);
  }

  async get(id: string): Promise<QueuedOperation | undefined> {
    await this.#wait();
    if (this.failing?.('get') === true) throw new Error('disk gone');
    return this.kept.get(id);
  }

  list(endpointName: string, limit: number): Promise<readonly QueuedOperation[]> {
    return Promise.resolve(this.kept.list(endpointName, limit));
  }

  /** Lets go what is held. */
  release(): void {
    for (const go of this.held?.splice(0) ?? []) go();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        if (!this.dead) resolve();
      };
      if (this.held === undefined) go();
      else this.held.push(go);
    });
  }
}
