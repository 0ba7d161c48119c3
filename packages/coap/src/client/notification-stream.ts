import type { Peer } from '@flownexus/datagram';
import type { CoapNotification, CoapObservation, CoapResponse, ObservationEnd, Observer } from '../api.ts';
import { isSuccess } from '../code.ts';
import { AsyncQueue } from '../engine/async-queue.ts';
import { CoapError } from '../errors.ts';
import { MAX_QUEUED_NOTIFICATIONS } from '../limits.ts';

/** How long a stream that is left waits for the answer to its cancellation. */
const CANCEL_TIMEOUT_MS = 5000;

/** Registers the observation of a stream; `signal` gives the registration up. */
export type Registration = (observerOf: (peer: Peer) => Observer, signal: AbortSignal) => Promise<CoapObservation>;

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
  readonly #queue = new AsyncQueue<CoapNotification>(() => undefined);
  #phase: 'new' | 'open' | 'ended' = 'new';
  #established = false;
  #observation: CoapObservation | undefined;
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
    return this.#queue.next();
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
        this.#push(asNotification(response, peer));
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
    this.#push(asNotification(observation.response, observation.peer));
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
    if (this.#queue.size >= MAX_QUEUED_NOTIFICATIONS) {
      // An observation is about the present state: the oldest is what matters least.
      this.#queue.drop();
      this.#dropped += 1;
    }
    this.#queue.push(notification);
  }

  readonly #onAbort = (): void => {
    const error = new CoapError('ERR_COAP_ABORTED', 'the caller aborted', { cause: this.#signal?.reason });
    void this.#leave(error);
  };

  async #leave(error?: unknown): Promise<void> {
    const wasOpen = this.#phase === 'open';
    this.#queue.clear();
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
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#queue.end(error === undefined ? undefined : { error });
  }
}

function asNotification(response: CoapResponse, peer: Peer): CoapNotification {
  return { ...response, peer, fresh: true };
}
