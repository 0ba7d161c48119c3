import type { Clock, Timer, TimerQueue } from '@flownexus/datagram';
import type { OperationOptions } from '../api/device.ts';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { PresenceTracker } from '../presence/presence-tracker.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { attemptFailureOf, showsPresence } from './attempt-failure.ts';
import { Lane, type RunningTurn, type WaitingTurn } from './lane.ts';

/** The bounds that are left for an operation when its turn has come. */
export interface OperationBounds extends ExchangeBounds {
  readonly signal: AbortSignal;
}

/** What is done when the turn has come, with the registration of that moment. It rejects when `signal` aborts. */
export type OperationTask<T> = (endpoint: RegisteredEndpoint, bounds: OperationBounds) => Promise<T>;

export interface DownlinkTurnsOptions {
  readonly find: (endpointName: string) => RegisteredEndpoint | undefined;
  readonly presence: PresenceTracker;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  /** A task has ended, with an error or without. */
  readonly onPerformed?: (endpoint: RegisteredEndpoint, error: unknown) => void;
}

/**
 * When downlink operations are sent.
 *
 * To a device in queue mode one after another (TS Core §6.5), while it is awake; to others at once, and the CoAP engine sees to NSTART. While a
 * device is asleep its operations wait, unless their caller wants otherwise; they go on with a registration that replaces the one they began with.
 *
 * What becomes of an operation tells whether the device is there: an answer of any code wakes it, silence puts it to sleep.
 */
export class DownlinkTurns {
  readonly #options: DownlinkTurnsOptions;
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;
  #stopped = false;

  constructor(options: DownlinkTurnsOptions) {
    this.#options = options;
  }

  /** Operations that wait, of all endpoints. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Runs `task` when its turn has come, once at most, and settles as it does.
   *
   * Rejects with `ERR_LWM2M_SERVER_NOT_REGISTERED`, `…_REGISTRATION_ENDED` (also when the device became another peer while the task ran), `…_ASLEEP`,
   * `…_TIMEOUT`, `…_ABORTED`, `…_LIMIT`, or `…_STATE` when the server stops; with `RangeError` for a `timeoutMs` that is none.
   */
  async run<T>(endpointName: string, options: OperationOptions, task: OperationTask<T>): Promise<T> {
    checkTimeout(options);
    const { whenAsleep = 'wait', timeoutMs, signal } = options;
    if (this.#stopped) throw stopped();
    if (signal?.aborted === true) throw aborted(signal);
    const endpoint = this.#options.find(endpointName);
    if (endpoint === undefined) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_REGISTERED', `${endpointName} is not registered`);
    }
    const awake = this.#options.presence.isAwake(endpoint);
    if (!awake && whenAsleep === 'fail') throw asleep(endpointName);
    const lane = this.#laneOf(endpointName);
    if ((awake || whenAsleep === 'send') && isFree(lane, endpoint)) {
      return this.#perform(lane, endpoint, task, signal, timeoutMs);
    }
    return this.#wait(lane, options, task);
  }

  /** The endpoint was heard: see {@link advance}. */
  heard(endpoint: RegisteredEndpoint): void {
    const lane = this.#lanes.get(endpoint.endpointName);
    if (lane === undefined) return;
    const now = this.#options.clock.now();
    for (const turn of lane.running) turn.heardAtMs = now;
    this.advance(endpoint);
  }

  /** Sends what may be sent in the state that the endpoint has now. */
  advance(endpoint: RegisteredEndpoint): void {
    const lane = this.#lanes.get(endpoint.endpointName);
    if (lane === undefined || endpoint.ended) return;
    for (const turn of lane.running) if (turn.peerKey !== endpoint.peer.key) loseTurn(lane, turn);
    const awake = this.#options.presence.isAwake(endpoint);
    for (const turn of lane.waiting) {
      if (awake) break;
      if (turn.whenAsleep === 'fail') turn.fail(asleep(endpoint.endpointName));
    }
    while (isFree(lane, endpoint)) {
      const next = lane.next(awake);
      if (next === undefined) break;
      next.start(endpoint);
    }
    this.#tidy(lane);
  }

  /** The endpoint is not registered any more: what waits for it fails. */
  ended(endpointName: string): void {
    const lane = this.#lanes.get(endpointName);
    if (lane === undefined || this.#options.find(endpointName) !== undefined) return;
    const text = `the registration of ${endpointName} ended`;
    for (const turn of lane.waiting) turn.fail(new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', text));
  }

  /** Fails what waits. What has been sent ends with the CoAP endpoints. */
  stop(): void {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) for (const turn of lane.waiting) turn.fail(stopped());
  }

  #laneOf(endpointName: string): Lane {
    let lane = this.#lanes.get(endpointName);
    if (lane === undefined) this.#lanes.set(endpointName, (lane = new Lane(endpointName)));
    return lane;
  }

  #tidy(lane: Lane): void {
    if (lane.isEmpty && this.#lanes.get(lane.endpointName) === lane) this.#lanes.delete(lane.endpointName);
  }

  #wait<T>(lane: Lane, options: OperationOptions, task: OperationTask<T>): Promise<T> {
    if (lane.waiting.size >= limits.maxWaitingOperationsPerEndpoint || this.#waiting >= limits.maxWaitingOperations) {
      this.#tidy(lane);
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', `too many operations wait for ${lane.endpointName}`);
    }
    const { whenAsleep = 'wait', timeoutMs, signal } = options;
    const { clock, timers } = this.#options;
    const sinceMs = clock.now();
    return new Promise<T>((resolve, reject) => {
      let timer: Timer | undefined;
      const leave = (): void => {
        lane.waiting.delete(turn);
        this.#waiting -= 1;
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const turn: WaitingTurn = {
        whenAsleep,
        start: (endpoint) => {
          leave();
          const restMs = timeoutMs === undefined ? undefined : Math.max(0, sinceMs + timeoutMs - clock.now());
          resolve(this.#perform(lane, endpoint, task, signal, restMs));
        },
        fail: (error) => {
          leave();
          this.#tidy(lane);
          reject(error);
        },
      };
      const onAbort = (): void => turn.fail(aborted(signal));
      lane.waiting.add(turn);
      this.#waiting += 1;
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs !== undefined) {
        timer = timers.schedule(timeoutMs, () => {
          const text = `the turn of the operation did not come within ${timeoutMs} ms`;
          turn.fail(new Lwm2mServerError('ERR_LWM2M_SERVER_TIMEOUT', text));
        });
      }
    });
  }

  async #perform<T>(
    lane: Lane,
    endpoint: RegisteredEndpoint,
    task: OperationTask<T>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ): Promise<T> {
    const controller = new AbortController();
    const startedAtMs = this.#options.clock.now();
    const turn: RunningTurn = {
      peerKey: endpoint.peer.key,
      controller,
      startedAtMs,
      heardAtMs: startedAtMs,
      lost: false,
    };
    const abort = (): void => controller.abort(signal?.reason);
    lane.running.add(turn);
    signal?.addEventListener('abort', abort, { once: true });
    const bounds = { signal: controller.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    try {
      const result = await task(endpoint, bounds);
      this.#options.onPerformed?.(endpoint, undefined);
      this.#finish(lane, turn, endpoint, true);
      return result;
    } catch (error) {
      this.#options.onPerformed?.(endpoint, error);
      const present = showsPresence(attemptFailureOf(error));
      const doubtful = present === false && this.#isDoubtful(turn, timeoutMs);
      this.#finish(lane, turn, endpoint, doubtful ? undefined : present);
      if (!turn.lost) throw error;
      const text = `${endpoint.endpointName} became another peer while the operation ran`;
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', text, { cause: error });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Whether a silence does not say that the device is gone. */
  #isDoubtful({ startedAtMs, heardAtMs }: RunningTurn, timeoutMs: number | undefined): boolean {
    const ranMs = this.#options.clock.now() - startedAtMs;
    // The caller gave up before RFC 7252 would have.
    if (timeoutMs !== undefined && ranMs >= timeoutMs && ranMs < limits.maxTransmitWaitMs) return true;
    // It came back when the request was not being sent any more.
    return heardAtMs - startedAtMs > limits.maxTransmitSpanMs;
  }

  /** `present`: whether it turned out that the device is there. */
  #finish(lane: Lane, turn: RunningTurn, endpoint: RegisteredEndpoint, present: boolean | undefined): void {
    lane.running.delete(turn);
    const { presence, find } = this.#options;
    const current = find(lane.endpointName);
    if (present === true && current?.peer.key === turn.peerKey) presence.heard(current, 'answer');
    else if (present === false && !turn.lost) presence.unanswered(endpoint);
    if (current !== undefined && !this.#stopped) this.advance(current);
    this.#tidy(lane);
  }
}

/** Whether another operation may be sent to a device beside those under way. */
function isFree(lane: Lane, { registration }: RegisteredEndpoint): boolean {
  return !registration.queueMode || lane.running.size === 0;
}

function loseTurn(lane: Lane, turn: RunningTurn): void {
  turn.lost = true;
  lane.running.delete(turn);
  turn.controller.abort();
}

/** @throws RangeError for a `timeoutMs` that is none */
export function checkTimeout({ timeoutMs }: OperationOptions): void {
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs < Infinity)) return;
  throw new RangeError(`timeoutMs is a number of milliseconds, 0 or more, not ${timeoutMs}`);
}

function aborted(signal: AbortSignal | undefined): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'the caller aborted', { cause: signal?.reason });
}

function asleep(endpointName: string): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_ASLEEP', `${endpointName} is asleep`);
}

function stopped(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server is stopped');
}
