import { ANONYMOUS, TimerQueue, type Peer } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import type { Operation, OperationResult } from '../../src/downlink/operation.ts';
import { Lwm2mServerError, OperationRejectedError } from '../../src/errors.ts';
import { PresenceTracker } from '../../src/presence/presence-tracker.ts';
import { DownlinkQueue } from '../../src/queue/downlink-queue.ts';
import { DownlinkTurns, type OperationBounds } from '../../src/queue/downlink-turns.ts';
import { MemoryOperationStore } from '../../src/queue/memory-operation-store.ts';
import type { OperationStore, QueuedOperation } from '../../src/queue/operation-store.ts';
import { Announcement, RegisteredEndpoint } from '../../src/registration/registered-endpoint.ts';
import type { Registration } from '../../src/registration/registration.ts';
import { aCoapClient } from '../registrations.ts';

export const MAX_TRANSMIT_WAIT_MS = 93_000;
export const CHANGED: OperationResult = { responseCode: '2.04' };

const coap = aCoapClient();

export function registrationOf(endpointName: string, changes: Partial<Registration> = {}): Registration {
  return {
    endpointName,
    registrationId: `id-${endpointName}`,
    lifetime: 60,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: true,
    smsNumber: undefined,
    rootPath: '/',
    links: [],
    objectVersions: new Map(),
    instances: new Map(),
    contentFormats: [],
    profileIds: [],
    additionalParameters: {},
    address: { host: '192.0.2.1', port: 1 },
    identity: ANONYMOUS,
    registeredAt: 0,
    updatedAt: 0,
    ...changes,
  };
}

export function peerOf(key: string): Peer {
  return { key, host: '192.0.2.1', port: 1, identity: ANONYMOUS, pathValidated: true };
}

export function endpointOf(endpointName: string, changes: Partial<Registration> = {}, key = 'p'): RegisteredEndpoint {
  return new RegisteredEndpoint(registrationOf(endpointName, changes), peerOf(key), coap, new Announcement());
}

/** An operation as a device would get it. */
export class SentOperation {
  readonly endpoint: RegisteredEndpoint;
  readonly operation: Operation;
  readonly result: Promise<OperationResult>;
  #resolve: (result: OperationResult) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  settled = false;

  constructor(endpoint: RegisteredEndpoint, operation: Operation, bounds: OperationBounds, timers: TimerQueue) {
    this.endpoint = endpoint;
    this.operation = operation;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.result.catch(() => undefined);
    const timeoutMs = Math.min(bounds.timeoutMs ?? Infinity, MAX_TRANSMIT_WAIT_MS);
    timers.schedule(timeoutMs, () => this.fail('ERR_LWM2M_SERVER_TIMEOUT'));
    bounds.signal.addEventListener('abort', () => this.fail('ERR_LWM2M_SERVER_ABORTED'));
  }

  get path(): string {
    return 'path' in this.operation ? String(this.operation.path) : this.operation.kind;
  }

  answer(result: OperationResult = CHANGED): void {
    this.settled = true;
    this.#resolve(result);
  }

  refuse(responseCode: string): void {
    this.reject(new OperationRejectedError(responseCode, undefined));
  }

  fail(code: Lwm2mServerError['code'], cause?: Error): void {
    this.reject(new Lwm2mServerError(code, code, cause === undefined ? undefined : { cause }));
  }

  reject(error: Error): void {
    this.settled = true;
    this.#reject(error);
  }
}

/** Presence, turns and the durable queue, with devices that a test answers for. */
export class DownlinkStage {
  readonly clock: VirtualClock;
  readonly timers: TimerQueue;
  readonly endpoints: Map<string, RegisteredEndpoint> = new Map();
  readonly presence: PresenceTracker;
  readonly turns: DownlinkTurns;
  readonly queue: DownlinkQueue;
  /** What happened, one line each. */
  readonly log: string[] = [];
  readonly events: QueuedOperation[] = [];
  /** What was sent and has no answer yet. */
  readonly sent: SentOperation[] = [];
  readonly underway: Set<Promise<unknown>> = new Set();
  readonly #onSent: ((sent: SentOperation) => void) | undefined;

  constructor(
    options: {
      readonly clock?: VirtualClock;
      readonly store?: OperationStore;
      readonly awakeTimeMs?: number | ((registration: Registration) => number);
      readonly seed?: number;
      readonly maxSending?: number;
      readonly check?: (operation: Operation) => void;
      readonly onSent?: (sent: SentOperation) => void;
      readonly onChange?: (operation: QueuedOperation) => void;
    } = {},
  ) {
    this.clock = options.clock ?? new VirtualClock();
    this.#onSent = options.onSent;
    const { clock } = this;
    this.timers = new TimerQueue({ clock });
    const { timers } = this;
    const find = (name: string): RegisteredEndpoint | undefined => this.endpoints.get(name);
    const reportError = (error: unknown, context: string): void => {
      this.log.push(`error: ${context}: ${error instanceof Error ? error.message : String(error)}`);
    };
    this.presence = new PresenceTracker({
      clock,
      timers,
      awakeTimeMs: options.awakeTimeMs,
      reportError,
      onChange: (endpoint, { state, reason }) => {
        this.log.push(`${endpoint.endpointName} ${state}: ${reason}`);
        if (state === 'awake') return;
        this.turns.advance(endpoint);
        this.queue.asleep(endpoint);
      },
      onHeard: (endpoint) => {
        this.turns.heard(endpoint);
        this.queue.heard(endpoint);
      },
    });
    this.turns = new DownlinkTurns({ find, presence: this.presence, clock, timers });
    this.queue = new DownlinkQueue({
      store: options.store ?? new MemoryOperationStore(),
      turns: this.turns,
      presence: this.presence,
      find,
      check: options.check ?? (() => undefined),
      ...(options.maxSending === undefined ? {} : { maxSending: options.maxSending }),
      perform: (endpoint, operation, bounds) => this.send(endpoint, operation, bounds),
      clock,
      timers,
      random: seededRandom(options.seed ?? 1),
      onChange: (operation) => {
        this.events.push(operation);
        options.onChange?.(operation);
        this.log.push(inWords(operation));
      },
      reportError,
      track: (work) => {
        this.underway.add(work);
        work.finally(() => this.underway.delete(work)).catch(() => undefined);
        return work;
      },
    });
  }

  static async start(options: ConstructorParameters<typeof DownlinkStage>[0] = {}): Promise<DownlinkStage> {
    const stage = new DownlinkStage(options);
    await stage.queue.load();
    stage.queue.start();
    return stage;
  }

  /** The task of an operation whose answer the test gives. */
  readonly send = (
    endpoint: RegisteredEndpoint,
    operation: Operation,
    bounds: OperationBounds,
  ): Promise<OperationResult> => {
    const sent = new SentOperation(endpoint, operation, bounds, this.timers);
    this.sent.push(sent);
    this.#onSent?.(sent);
    return sent.result;
  };

  /** A Register whose answer has left. */
  register(endpointName: string, changes: Partial<Registration> = {}, peerKey = 'p'): RegisteredEndpoint {
    const replaced = this.endpoints.get(endpointName);
    if (replaced !== undefined) this.#end(replaced);
    const now = this.clock.wallTime();
    const endpoint = endpointOf(endpointName, { registeredAt: now, updatedAt: now, ...changes }, peerKey);
    endpoint.presence = replaced?.presence;
    this.endpoints.set(endpointName, endpoint);
    this.presence.heard(endpoint, 'register');
    return endpoint;
  }

  update(endpointName: string): void {
    const endpoint = this.endpoints.get(endpointName);
    if (endpoint !== undefined) this.presence.heard(endpoint, 'update');
  }

  deregister(endpointName: string): void {
    const endpoint = this.endpoints.get(endpointName);
    if (endpoint === undefined) return;
    this.#end(endpoint);
    this.endpoints.delete(endpointName);
    this.turns.ended(endpointName);
  }

  /** The paths of what was sent and has no answer yet. */
  open(): string[] {
    return this.sent.filter(({ settled }) => !settled).map(({ path }) => path);
  }

  /** The one operation that was sent and has no answer yet. */
  one(): SentOperation {
    const open = this.sent.filter(({ settled }) => !settled);
    const [only] = open;
    if (only === undefined || open.length > 1) throw new Error(`sent: ${this.open().join(' ') || 'nothing'}`);
    return only;
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** Takes what was logged. */
  async taken(): Promise<string[]> {
    await this.settle();
    return this.log.splice(0);
  }

  #end(endpoint: RegisteredEndpoint): void {
    endpoint.ended = true;
    this.presence.ended(endpoint);
  }
}

/** `/3/0/1 QUEUED 1 timeout` */
export function inWords({ operation, state, attempts, failure }: QueuedOperation): string {
  const path = 'path' in operation ? String(operation.path) : operation.kind;
  const reason = failure === undefined ? '' : ` ${failure.reason}`;
  return `${path} ${state} ${attempts}${reason}${failure?.responseCode === undefined ? '' : ` ${failure.responseCode}`}`;
}

export function read(path: string): Operation {
  return { kind: 'read', path };
}
