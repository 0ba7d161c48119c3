import { isFinished } from './operation-state.ts';
import type { OperationStore, QueuedOperation } from './operation-store.ts';

export interface MemoryOperationStoreOptions {
  /** So many finished operations are kept, of all endpoints together; the oldest leaves for a newer one. Default 10 000. */
  readonly maxFinished?: number;
}

/** The durable downlink queue in memory: it lasts as long as the process. */
export class MemoryOperationStore implements OperationStore {
  readonly #byId = new Map<string, QueuedOperation>();
  readonly #byEndpoint = new Map<string, Map<string, QueuedOperation>>();
  readonly #maxFinished: number;
  /** IDs of the finished, the oldest at `#oldest`. */
  #finished: string[] = [];
  #oldest = 0;
  #lastSequence = 0;

  /** @throws RangeError when `maxFinished` is not a whole number of 0 or more */
  constructor({ maxFinished = 10_000 }: MemoryOperationStoreOptions = {}) {
    if (!Number.isInteger(maxFinished) || maxFinished < 0) {
      throw new RangeError('maxFinished is a whole number of 0 or more');
    }
    this.#maxFinished = maxFinished;
  }

  /** How many operations are kept. */
  get size(): number {
    return this.#byId.size;
  }

  load(): Iterable<QueuedOperation> {
    const waiting = [...this.#byId.values()].filter((operation) => !isFinished(operation));
    return waiting.sort((a, b) => a.sequence - b.sequence);
  }

  lastSequence(): number {
    return this.#lastSequence;
  }

  save(operation: QueuedOperation): void {
    const { id, endpointName } = operation;
    const previous = this.#byId.get(id);
    this.#byId.set(id, operation);
    const ofEndpoint = this.#byEndpoint.get(endpointName) ?? new Map<string, QueuedOperation>();
    this.#byEndpoint.set(endpointName, ofEndpoint.set(id, operation));
    this.#lastSequence = Math.max(this.#lastSequence, operation.sequence);
    if (!isFinished(operation) || (previous !== undefined && isFinished(previous))) return;
    this.#finished.push(id);
    if (this.#finished.length - this.#oldest > this.#maxFinished) this.#forgetOldest();
  }

  get(id: string): QueuedOperation | undefined {
    return this.#byId.get(id);
  }

  list(endpointName: string, limit: number): readonly QueuedOperation[] {
    const operations = [...(this.#byEndpoint.get(endpointName)?.values() ?? [])];
    return operations.sort((a, b) => b.sequence - a.sequence).slice(0, limit);
  }

  #forgetOldest(): void {
    const id = this.#finished[this.#oldest++];
    // Only now and then: taking out the first of a long array costs as much as the array is long.
    if (this.#oldest * 2 > this.#finished.length) {
      this.#finished = this.#finished.slice(this.#oldest);
      this.#oldest = 0;
    }
    if (id === undefined) return;
    const operation = this.#byId.get(id);
    this.#byId.delete(id);
    if (operation === undefined) return;
    const ofEndpoint = this.#byEndpoint.get(operation.endpointName);
    ofEndpoint?.delete(id);
    if (ofEndpoint?.size === 0) this.#byEndpoint.delete(operation.endpointName);
  }
}
