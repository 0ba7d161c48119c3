import type { Peer } from '@flownexus/datagram';
import type { CoapNotification, CoapObservation, CoapResponse, ObservationEnd, Observer } from '../api.ts';
import { isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_QUEUED_NOTIFICATIONS } from '../limits.ts';

/** How long a stream that is left waits for the answer to its cancellation. */
const CANCEL_TIMEOUT_MS = 5000;

/** Registers the observation of a stream; `signal` gives the registration up. */
export type Registration = (observerOf: (peer: Peer) => Observer, signal: AbortSignal) => Promise<CoapObservation>;

interface Waiting {
  readonly resolve: (result: IteratorResult<CoapNotification, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The states of an observed resource, oldest first: see `CoapClient.observe`.
 *
 *   new ── next() ──► registering ──► observing ──┬─ the server ends it ────────────► done, after what is queued
 *                          │                      ├─ peer or endpoint closed ───────► throws, after what is queued
 *                          └──────────────────────┴─ return(), signal ──► cancels ──► done, or throws
 */
export class NotificationStream implements AsyncIterableIterator<CoapNotification, undefined> {
  readonly #register: Registration;
  readonly #signal: AbortSignal | undefined;
  readonly #registering = new AbortController();
  readonly #queue: CoapNotification[] = [];
  readonly #waiting: Waiting[] = [];
  #phase: 'new' | 'open' | 'ended' = 'new';
  #established = false;
  #observation: CoapObservation | undefined;
  /** What the next `next` throws. */
  #error: unknown;
  #dropped = 0;

  constructor(register: Registration, signal: AbortSignal | undefined) {
    this.#register = register;
    this.#signal = signal;
  }

  /** States that were not seen: the consumer was too slow for them, or their blocks could not be fetched. */
  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Registers when it is called first. */
  next(): Promise<IteratorResult<CoapNotification, undefined>> {
    if (this.#phase === 'new') this.#begin();
    const value = this.#queue.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#phase === 'ended') this.#release();
    });
  }

  /** Cancels with Observe 1 (RFC 7641 §3.6), and waits at most 5 s for the answer. */
  async return(): Promise<IteratorResult<CoapNotification, undefined>> {
    await this.#leave();
    return { value: undefined, done: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }

  #begin(): void {
    this.#phase = 'open';
    if (this.#signal?.aborted === true) {
      this.#onAbort();
      return;
    }
    this.#signal?.addEventListener('abort', this.#onAbort);
    this.#register((peer) => this.#observerOf(peer), this.#registering.signal).then(
      (observation) => this.#onRegistered(observation),
      (error: unknown) => this.#end(error),
    );
  }

  #observerOf(peer: Peer): Observer {
    return {
      onEstablished: (response) => {
        this.#established = true;
        this.#push({ ...response, peer, fresh: true });
      },
      onNotification: (notification) => {
        // RFC 7641 §3.4: what a newer state has overtaken is not the state any more.
        if (notification.fresh) this.#push(notification);
      },
      onAbandoned: () => {
        this.#dropped += 1;
      },
      onEnd: (end) => this.#onEnd(end, peer),
    };
  }

  #onRegistered(observation: CoapObservation): void {
    this.#observation = observation;
    if (this.#established) return;
    // An error, or a resource that can't be observed: its answer is all there is.
    this.#push({ ...observation.response, peer: observation.peer, fresh: true });
    this.#end();
  }

  #onEnd(end: ObservationEnd, peer: Peer): void {
    switch (end.reason) {
      case 'response':
        // A success has been delivered as the last notification.
        if (!isSuccess(end.response.code)) this.#push(asNotification(end.response, peer));
        this.#end();
        return;
      case 'unanswered':
        this.#end(end.error);
        return;
      case 'peer-closed':
        this.#end(new CoapError('ERR_COAP_PEER_CLOSED', 'the association with the peer ended'));
        return;
      case 'endpoint-closed':
        this.#end(new CoapError('ERR_COAP_CLOSED', 'the client was closed'));
        return;
      case 'cancelled':
        this.#end();
    }
  }

  #push(notification: CoapNotification): void {
    if (this.#phase !== 'open') return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ value: notification, done: false });
      return;
    }
    if (this.#queue.length >= MAX_QUEUED_NOTIFICATIONS) {
      // An observation is about the present state: the oldest is what matters least.
      this.#queue.shift();
      this.#dropped += 1;
    }
    this.#queue.push(notification);
  }

  readonly #onAbort = (): void => {
    const error = new CoapError('ERR_COAP_ABORTED', 'the caller aborted', { cause: this.#signal?.reason });
    this.#queue.length = 0;
    void this.#leave(error);
  };

  async #leave(error?: unknown): Promise<void> {
    const wasOpen = this.#phase === 'open';
    this.#queue.length = 0;
    this.#end(error);
    if (!wasOpen) return;
    this.#registering.abort();
    if (this.#observation?.active !== true) return;
    try {
      await this.#observation.cancel({ timeoutMs: CANCEL_TIMEOUT_MS });
    } catch {
      // Nobody answers: the server learns of it by the Reset to its next notification.
    }
  }

  #end(error?: unknown): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#error = error;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#release();
  }

  /** Answers those that wait for what does not come any more: the first learns of the error. */
  #release(): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      const error = this.#error;
      this.#error = undefined;
      if (error === undefined) resolve({ value: undefined, done: true });
      else reject(error);
    }
  }
}

function asNotification(response: CoapResponse, peer: Peer): CoapNotification {
  return { ...response, peer, fresh: true };
}
