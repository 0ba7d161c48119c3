import type { Clock, RandomSource, TimerQueue } from '@flownexus/datagram';
import type { Operation, OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import type { PresenceTracker } from '../presence/presence-tracker.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { attemptFailureOf, type AttemptFailure } from './attempt-failure.ts';
import type { DownlinkTurns, OperationBounds } from './downlink-turns.ts';
import { newOperation } from './new-operation.ts';
import { isBlocked, OperationLedger } from './operation-ledger.ts';
import { isFinished, type OperationEvent } from './operation-state.ts';
import type { OperationStore, QueuedOperation } from './operation-store.ts';
import { OperationWaiters } from './operation-waiters.ts';
import type { OperationQueue, QueueOptions } from './queue-api.ts';
import type { Attempt, Entry, Line } from './queue-line.ts';

/** After an answer that means "not now" (5.xx, 4.29), twice as long after each further one. */
const BACKOFF_MS = 5_000;
const MAX_BACKOFF_MS = 300_000;
/** When nothing could leave: twice as long each time, and at most the second. */
const UNSENT_DELAY_MS = 1_000;
const MAX_UNSENT_DELAY_MS = 60_000;
/** When the store did not take that an operation is SENDING. */
const STORE_DELAY_MS = 5_000;
const ID_BYTES = 12;

export interface DownlinkQueueOptions {
  readonly store: OperationStore;
  readonly turns: DownlinkTurns;
  readonly presence: PresenceTracker;
  readonly find: (endpointName: string) => RegisteredEndpoint | undefined;
  /** Throws for what can never be sent. */
  readonly check: (operation: Operation) => void;
  /** Sends an operation; rejects as `Device.perform` does. */
  readonly perform: (
    endpoint: RegisteredEndpoint,
    operation: Operation,
    bounds: OperationBounds,
  ) => Promise<OperationResult>;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  /** An operation was queued or changed its state: the store has it. */
  readonly onChange: (operation: QueuedOperation) => void;
  readonly reportError: ErrorReporter;
  /** Notes work that the stop of the server waits for. */
  readonly track: (work: Promise<void>) => Promise<void>;
  /** So many operations are sent at a time. Default `limits.maxSendingOperations`. */
  readonly maxSending?: number;
}

/**
 * The durable downlink queue. `OperationState` has the figure, `stepOperation` the rules, `OperationLedger` the bookkeeping; what is here decides when the
 * first operation of an endpoint is sent, and takes what becomes of it.
 *
 * It is sent when its endpoint is registered and awake, and its turn has come among the operations of `Device`. After no answer the next attempt waits until
 * the endpoint is heard; after 5.xx for a pause, or for the next time that the endpoint wakes. It keeps its place meanwhile: what comes after it waits too.
 */
export class DownlinkQueue implements OperationQueue {
  readonly #options: DownlinkQueueOptions;
  readonly #ledger: OperationLedger;
  readonly #waiters = new OperationWaiters();
  /** Lines that could send, if not so many others did. */
  readonly #ready = new Set<Line>();
  readonly #maxSending: number;
  #sending = 0;
  #sequence = 0;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: DownlinkQueueOptions) {
    this.#options = options;
    this.#maxSending = options.maxSending ?? limits.maxSendingOperations;
    const { store, clock, timers, reportError, onChange } = options;
    this.#ledger = new OperationLedger({
      store,
      clock,
      timers,
      reportError,
      onChange: (operation) => {
        if (isFinished(operation)) this.#waiters.finish(operation);
        onChange(operation);
      },
      onLost: (id) => this.#waiters.fail(id, unknownOperation(id)),
      onAdvance: (line) => this.#advance(line),
    });
  }

  /** Operations that are not finished. */
  get size(): number {
    return this.#ledger.size;
  }

  /**
   * Takes up what the store has. What was SENDING when the server before this one ended is QUEUED or FAILED when it resolves, unless the store does not take
   * that yet. Rejects when the store can't be loaded.
   */
  async load(): Promise<void> {
    const { store } = this.#options;
    this.#sequence = await store.lastSequence();
    await this.#ledger.restore(await store.load());
  }

  /** Begins to send, once it is loaded and endpoints can be sent to. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    for (const line of this.#ledger.lines) this.#advance(line);
  }

  /** Sends nothing more. What is being sent stays SENDING in the store, unless its answer comes while the server stops. */
  stop(): void {
    this.#state = 'stopped';
    this.#ready.clear();
    for (const line of this.#ledger.lines) line.endPause();
    this.#waiters.failAll(stopped());
  }

  /** The endpoint was heard: what waits for it is sent. */
  heard(endpoint: RegisteredEndpoint): void {
    const line = this.#ledger.line(endpoint.endpointName);
    if (line === undefined || this.#state !== 'running') return;
    if (line.pause?.untilHeard === true) line.endPause();
    if (!this.#ledger.retry(line)) this.#advance(line);
  }

  /** The endpoint fell asleep: when it wakes, what paused is sent. */
  asleep(endpoint: RegisteredEndpoint): void {
    this.#ledger.line(endpoint.endpointName)?.endPause();
  }

  async add(endpointName: string, operation: Operation, options: QueueOptions = {}): Promise<QueuedOperation> {
    if (this.#state !== 'running') throw stopped();
    const { check, clock, random } = this.#options;
    check(operation);
    const begun = newOperation(endpointName, operation, options, clock.wallTime());
    const line = this.#ledger.reserve(endpointName);
    const id = Buffer.from(random.bytes(ID_BYTES)).toString('base64url');
    const queued: QueuedOperation = { id, ...begun, sequence: ++this.#sequence };
    try {
      await this.#ledger.inTurn(line, () => this.#ledger.arrive(line, queued));
      this.#advance(line);
    } finally {
      this.#ledger.release(line);
    }
    return queued;
  }

  async get(id: string): Promise<QueuedOperation | undefined> {
    return this.#options.store.get(id);
  }

  async list(endpointName: string, limit: number = 100): Promise<readonly QueuedOperation[]> {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a limit is a whole number above 0, not ${limit}`);
    return this.#options.store.list(endpointName, limit);
  }

  async cancel(id: string): Promise<boolean> {
    const entry = this.#ledger.find(id);
    if (entry === undefined) return false;
    const cancelled = await this.#ledger.inTurn(entry.line, async () => {
      const { attempt } = entry;
      if ((await this.#ledger.change(entry, { kind: 'cancelled' })) === undefined) return false;
      attempt?.controller.abort();
      return true;
    });
    this.#advance(entry.line);
    return cancelled;
  }

  async finished(id: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<QueuedOperation> {
    if (this.#state !== 'running') throw stopped();
    if (this.#ledger.find(id) !== undefined) return this.#waiters.wait(id, signal);
    const operation = await this.#options.store.get(id);
    if (operation === undefined || !isFinished(operation)) throw unknownOperation(id);
    return operation;
  }

  /** Sends the first operation of a line, if this is the time. */
  #advance(line: Line): void {
    const { find, presence, track } = this.#options;
    const entry = line.first;
    if (this.#state !== 'running' || entry === undefined) return;
    if (line.busy || line.pause !== undefined || isBlocked(entry)) return;
    const endpoint = find(line.endpointName);
    if (endpoint === undefined || !presence.isAwake(endpoint)) return;
    if (this.#sending >= this.#maxSending) {
      this.#ready.add(line);
      return;
    }
    line.busy = true;
    this.#sending += 1;
    void track(this.#attempt(line, entry));
  }

  /** One attempt, from its turn to what becomes of the operation. Never rejects. */
  async #attempt(line: Line, entry: Entry): Promise<void> {
    const attempt: Attempt = { controller: new AbortController(), operation: undefined, sent: false };
    entry.attempt = attempt;
    const bounds = { whenAsleep: 'fail', signal: attempt.controller.signal } as const;
    let outcome: Outcome;
    try {
      const result = await this.#options.turns.run(line.endpointName, bounds, (...turn) =>
        this.#send(entry, attempt, ...turn),
      );
      outcome = { kind: 'answered', result };
    } catch (error) {
      outcome = { kind: 'failed', failure: this.#failureOf(entry, attempt, error) };
      // Too many operations of callers wait; what else keeps an operation from being sent says itself when it is over.
      if (!attempt.sent && isLimit(error)) this.#pause(line, UNSENT_DELAY_MS, false);
    }
    await this.#ledger.inTurn(line, () => this.#end(entry, attempt, outcome));
    line.busy = false;
    this.#sending -= 1;
    this.#advance(line);
    this.#ledger.tidy(line);
    this.#advanceReady();
  }

  async #send(
    entry: Entry,
    attempt: Attempt,
    endpoint: RegisteredEndpoint,
    bounds: OperationBounds,
  ): Promise<OperationResult> {
    const operation = await this.#ledger.inTurn(entry.line, () => this.#begin(entry));
    // Saving may have taken its time.
    const isThere = this.#options.presence.isAwake(endpoint) && this.#state === 'running';
    if (operation === undefined || !isThere || bounds.signal.aborted) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_ASLEEP', 'nothing was sent');
    }
    attempt.sent = true;
    return this.#options.perform(endpoint, operation, bounds);
  }

  /** Saves that an operation is SENDING. Undefined when it is not to be sent. */
  async #begin(entry: Entry): Promise<Operation | undefined> {
    if (this.#state !== 'running' || isBlocked(entry)) return undefined;
    try {
      const sending = await this.#ledger.change(entry, { kind: 'sending' });
      return sending?.state === 'SENDING' ? sending.operation : undefined;
    } catch (error) {
      this.#options.reportError(error, `the operation ${entry.id} of ${entry.line.endpointName} is not sent yet`);
      this.#pause(entry.line, STORE_DELAY_MS, true);
      return undefined;
    }
  }

  #failureOf(entry: Entry, attempt: Attempt, error: unknown): AttemptFailure {
    const failure = attemptFailureOf(error);
    if (!attempt.sent) return { ...failure, kind: 'unsent' };
    entry.unsent = failure.kind === 'unsent' ? entry.unsent + 1 : 0;
    // What can never leave must come to an end.
    return entry.unsent > limits.maxUnsentAttempts ? { ...failure, kind: 'unable' } : failure;
  }

  /** Takes what became of an attempt, in turn. */
  async #end(entry: Entry, attempt: Attempt, outcome: Outcome): Promise<void> {
    const { operation } = attempt;
    const failure = outcome.kind === 'failed' ? outcome.failure : undefined;
    // Who starts next finds it SENDING, and knows what that means.
    if (this.#state === 'stopped' && (failure?.kind === 'unanswered' || failure?.kind === 'aborted')) return;
    // It may never have become SENDING, or was cancelled meanwhile.
    if (operation !== undefined) await this.#ledger.step(entry, outcome);
    entry.attempt = undefined;
    if (entry.replaced) await this.#ledger.step(entry, { kind: 'replaced' });
    if (operation === undefined || failure === undefined || !this.#ledger.has(entry)) return;
    if (failure.kind === 'unable' || failure.kind === 'unread') {
      this.#pause(entry.line, Math.min(BACKOFF_MS * 2 ** (operation.attempts - 1), MAX_BACKOFF_MS), false);
    } else if (failure.kind === 'unsent' && attempt.sent) {
      this.#pause(entry.line, Math.min(UNSENT_DELAY_MS * 2 ** (entry.unsent - 1), MAX_UNSENT_DELAY_MS), false);
    }
  }

  #pause(line: Line, delayMs: number, untilHeard: boolean): void {
    line.endPause();
    if (this.#state !== 'running') return;
    const timer = this.#options.timers.schedule(delayMs, () => {
      line.endPause();
      this.#advance(line);
    });
    line.pause = { timer, untilHeard };
  }

  /** Lets lines send that waited for others to end. */
  #advanceReady(): void {
    for (const line of this.#ready) {
      if (this.#sending >= this.#maxSending) return;
      this.#ready.delete(line);
      this.#advance(line);
    }
  }
}

type Outcome = Extract<OperationEvent, { readonly kind: 'answered' | 'failed' }>;

function isLimit(error: unknown): boolean {
  return error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_LIMIT';
}

function stopped(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the durable queue runs while the server does');
}

function unknownOperation(id: string): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_UNKNOWN_OPERATION', `there is no operation ${id}`);
}
