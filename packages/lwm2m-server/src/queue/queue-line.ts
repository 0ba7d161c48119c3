import type { Timer } from '@flownexus/datagram';
import type { QueuedOperation } from './operation-store.ts';

/** The attempt that an operation is in. */
export interface Attempt {
  readonly controller: AbortController;
  /** What is in the store: SENDING. Undefined as long as it is not. */
  operation: QueuedOperation | undefined;
  /** Whether the operation was given to be sent. */
  sent: boolean;
}

/** Where an operation that is not finished stands. Its content is in the store. */
export interface Entry {
  readonly id: string;
  readonly line: Line;
  readonly key: string | undefined;
  /** In milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
  /** Of its time to live; of the next try while something could not be saved. */
  timer: Timer | undefined;
  attempt: Attempt | undefined;
  /** What it has become, and could not be saved. */
  unsaved: QueuedOperation | undefined;
  /** A later one with its key is in the line. */
  replaced: boolean;
  /** Attempts in a row of which nothing has left. */
  unsent: number;
}

/** Why the first operation of a line waits although its endpoint may be awake. */
export interface Pause {
  readonly timer: Timer;
  /** Whether any uplink ends it, and not only the next wake. */
  readonly untilHeard: boolean;
}

/** The operations of one endpoint name in their order. Each step is O(1) in how many there are. */
export class Line {
  readonly endpointName: string;
  first: Entry | undefined;
  last: Entry | undefined;
  size = 0;
  /** Places that operations have which are being saved for the first time. */
  arriving = 0;
  /** The first is in an attempt. */
  busy = false;
  pause: Pause | undefined;
  /** The latest operation of each key. */
  #keyed: Map<string, Entry> | undefined;

  constructor(endpointName: string) {
    this.endpointName = endpointName;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.arriving === 0 && !this.busy;
  }

  /** Adds an operation at the end. Returns that whose place it takes by its key. */
  add({ id, key, expiresAt }: QueuedOperation): { readonly entry: Entry; readonly older: Entry | undefined } {
    const entry: Entry = {
      id,
      line: this,
      key,
      expiresAt,
      previous: this.last,
      next: undefined,
      timer: undefined,
      attempt: undefined,
      unsaved: undefined,
      replaced: false,
      unsent: 0,
    };
    if (this.last === undefined) this.first = entry;
    else this.last.next = entry;
    this.last = entry;
    this.size += 1;
    if (key === undefined) return { entry, older: undefined };
    const older = this.#keyed?.get(key);
    (this.#keyed ??= new Map()).set(key, entry);
    if (older !== undefined) older.replaced = true;
    return { entry, older };
  }

  remove(entry: Entry): void {
    if (entry.previous === undefined) this.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.last = entry.previous;
    else entry.next.previous = entry.previous;
    this.size -= 1;
    if (entry.key !== undefined && this.#keyed?.get(entry.key) === entry) this.#keyed.delete(entry.key);
  }

  endPause(): void {
    this.pause?.timer.cancel();
    this.pause = undefined;
  }
}
