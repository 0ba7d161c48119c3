import type { Clock, TimerQueue } from '@flownexus/datagram';
import { Lwm2mServerError } from '../errors.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { inParallel } from '../maybe-promise.ts';
import { SerialByKey } from '../registration/serial-by-key.ts';
import { isFinished, stepOperation, type OperationEvent } from './operation-state.ts';
import type { OperationStore, QueuedOperation } from './operation-store.ts';
import { Line, type Entry } from './queue-line.ts';

/** When what could not be saved is tried again, unless its endpoint is heard before. */
const STORE_RETRY_MS = 5_000;

export interface OperationLedgerOptions {
  readonly store: OperationStore;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly reportError: ErrorReporter;
  /** An operation was queued or changed its state: the store has it. */
  readonly onChange: (operation: QueuedOperation) => void;
  /** The store does not have an operation any more that it was given. */
  readonly onLost: (id: string) => void;
  /** The first operation of a line may be another than before. */
  readonly onAdvance: (line: Line) => void;
}

/**
 * All operations that are not finished, in the lines of their endpoints, and each change of theirs: first in the store, then here, then told.
 *
 * Changes of one endpoint's operations happen one after another (`inTurn`). What can't be saved stays with its entry and is tried again: after a while, and
 * when the endpoint is heard. Until then nothing else of the line moves.
 */
export class OperationLedger {
  readonly #options: OperationLedgerOptions;
  readonly #lines = new Map<string, Line>();
  readonly #entries = new Map<string, Entry>();
  readonly #serial = new SerialByKey();
  #arriving = 0;

  constructor(options: OperationLedgerOptions) {
    this.#options = options;
  }

  /** Operations that are not finished. */
  get size(): number {
    return this.#entries.size;
  }

  get lines(): Iterable<Line> {
    return this.#lines.values();
  }

  find(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  has(entry: Entry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  line(endpointName: string): Line | undefined {
    return this.#lines.get(endpointName);
  }

  /** Runs a task when no other of the endpoint runs. */
  inTurn<T>(line: Line, task: () => Promise<T>): Promise<T> {
    return Promise.resolve(this.#serial.run(line.endpointName, task));
  }

  /**
   * Keeps a place for an operation that is about to arrive, until `release`.
   *
   * @throws Lwm2mServerError `ERR_LWM2M_SERVER_LIMIT`
   */
  reserve(endpointName: string): Line {
    const line = this.#lines.get(endpointName) ?? new Line(endpointName);
    if (line.size + line.arriving >= limits.maxQueuedOperationsPerEndpoint) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', `too many operations are queued for ${endpointName}`);
    }
    if (this.size + this.#arriving >= limits.maxQueuedOperations) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'too many operations are queued');
    }
    this.#lines.set(endpointName, line);
    line.arriving += 1;
    this.#arriving += 1;
    return line;
  }

  release(line: Line): void {
    line.arriving -= 1;
    this.#arriving -= 1;
    this.tidy(line);
  }

  /** Takes a new operation, in turn. Rejects when it can't be saved. */
  async arrive(line: Line, operation: QueuedOperation): Promise<void> {
    await this.#options.store.save(operation);
    const { older } = this.#add(line, operation);
    this.#options.onChange(operation);
    if (older !== undefined) await this.step(older, { kind: 'replaced' });
  }

  /** Takes the operations that a store has kept. Resolves when those are saved that the restart has changed. */
  async restore(operations: Iterable<QueuedOperation>): Promise<void> {
    const changed: Entry[] = [];
    for (const operation of operations) {
      if (isFinished(operation)) continue;
      const { endpointName } = operation;
      const line = this.#lines.get(endpointName) ?? new Line(endpointName);
      this.#lines.set(endpointName, line);
      const { entry, older } = this.#add(line, operation);
      if (older !== undefined) changed.push(older);
      if (operation.state === 'QUEUED') continue;
      entry.unsaved = stepOperation(operation, { kind: 'restarted' }, this.#options.clock.wallTime());
      changed.push(entry);
    }
    await inParallel(
      limits.maxParallelRestorations,
      changed.map((entry) => () => this.#due(entry)),
    );
  }

  /** Changes an operation, in turn. Undefined when the event means nothing to it. Rejects, with nothing changed, when the store does. */
  async change(entry: Entry, event: OperationEvent): Promise<QueuedOperation | undefined> {
    const next = await this.#next(entry, event);
    if (next !== undefined) await this.#save(entry, next);
    return next;
  }

  /** Like `change` for what has happened already: when it can't be saved that is reported, and tried again until it can. */
  async step(entry: Entry, event: OperationEvent): Promise<QueuedOperation | undefined> {
    try {
      const next = await this.#next(entry, event);
      if (next === undefined) return undefined;
      entry.unsaved = next;
      await this.#save(entry, next);
      return next;
    } catch (error) {
      this.#failed(entry, error);
      return entry.unsaved;
    }
  }

  /** Tries again what keeps the line from moving. Returns false when nothing does. */
  retry(line: Line): boolean {
    const { first } = line;
    if (first === undefined || !isBlocked(first)) return false;
    // Each uplink comes here: one try at a time.
    if (this.#serial.length(line.endpointName) === 0) void this.#due(first);
    return true;
  }

  /** Forgets a line with nothing in it. */
  tidy(line: Line): void {
    if (line.isEmpty && this.#lines.get(line.endpointName) === line) {
      line.endPause();
      this.#lines.delete(line.endpointName);
    }
  }

  #add(line: Line, operation: QueuedOperation): { readonly entry: Entry; readonly older: Entry | undefined } {
    const added = line.add(operation);
    this.#entries.set(operation.id, added.entry);
    this.#awaitExpiry(added.entry);
    return added;
  }

  /** What an operation becomes; undefined when it does not change. */
  async #next(entry: Entry, event: OperationEvent): Promise<QueuedOperation | undefined> {
    if (!this.has(entry)) return undefined;
    const { store, clock, reportError, onLost } = this.#options;
    const known = entry.unsaved ?? entry.attempt?.operation;
    const operation = known ?? (await store.get(entry.id));
    if (operation === undefined || (known === undefined && operation.state !== 'QUEUED')) {
      this.#remove(entry);
      const what = operation === undefined ? 'does not have it any more' : `has it as ${operation.state}`;
      reportError(
        new Error(`the store ${what}`),
        `the operation ${entry.id} of ${entry.line.endpointName} is given up`,
      );
      onLost(entry.id);
      return undefined;
    }
    const next = stepOperation(operation, event, clock.wallTime());
    return next === operation ? undefined : next;
  }

  async #save(entry: Entry, next: QueuedOperation): Promise<void> {
    await this.#options.store.save(next);
    entry.unsaved = undefined;
    if (isFinished(next)) this.#remove(entry);
    else if (next.state === 'QUEUED') this.#awaitExpiry(entry);
    else if (entry.attempt !== undefined) entry.attempt.operation = next;
    this.#options.onChange(next);
  }

  #remove(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.line.remove(entry);
    this.#entries.delete(entry.id);
    this.tidy(entry.line);
  }

  #failed(entry: Entry, error: unknown): void {
    const { reportError } = this.#options;
    reportError(error, `the operation ${entry.id} of ${entry.line.endpointName} could not be saved; it is tried again`);
    this.#setTimer(entry, STORE_RETRY_MS);
  }

  #awaitExpiry(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    if (entry.expiresAt !== undefined) this.#setTimer(entry, entry.expiresAt - this.#options.clock.wallTime());
  }

  #setTimer(entry: Entry, delayMs: number): void {
    entry.timer?.cancel();
    entry.timer = this.#options.timers.schedule(delayMs, () => {
      entry.timer = undefined;
      void this.#due(entry);
    });
  }

  /** Does what is due for an operation: saves what it has become, or ends it. Never rejects. */
  #due(entry: Entry): Promise<void> {
    return this.inTurn(entry.line, async () => {
      if (!this.has(entry)) return;
      if (entry.unsaved !== undefined) {
        try {
          await this.#save(entry, entry.unsaved);
        } catch (error) {
          this.#failed(entry, error);
          return;
        }
      }
      // Of one that is being sent the answer decides.
      if (!this.has(entry) || entry.attempt?.operation !== undefined) return;
      await this.step(entry, { kind: entry.replaced ? 'replaced' : 'expired' });
      // The time of day was set back.
      if (this.has(entry) && entry.timer === undefined) this.#awaitExpiry(entry);
    }).then(() => this.#options.onAdvance(entry.line));
  }
}

/** Whether an operation has to be saved before anything else happens to it. */
export function isBlocked({ unsaved, replaced }: Entry): boolean {
  return unsaved !== undefined || replaced;
}
