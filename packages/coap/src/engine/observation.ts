import type { Peer } from '@flownexus/datagram';
import type { CoapObservation, CoapRequest, CoapResponse, ObservationEnd, Observer, RequestOptions } from '../api.ts';
import { blockOption } from '../block.ts';
import { isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { acknowledge, reject } from './acknowledge.ts';
import { boundedPromise } from './bounded-promise.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import { freshToken, type Exchange } from './exchange.ts';
import { NotificationOrder } from './notification-order.ts';
import type { ArrivedResponse, PeerState, TokenOwner } from './peer-state.ts';
import { toResponse } from './response.ts';
import { tokenKey } from './token.ts';
import { runUplink } from './uplink.ts';

/** How the registration ended. Exactly one of them is called, once, or none after `abandon`. */
export interface RegistrationListener {
  /** With `active` false when the response established nothing. */
  onRegistered(): void;
  onFailure(error: CoapError): void;
}

/**
 * One observation in the client role (RFC 7641 §3).
 *
 *   registering ──┬─ response with Observe ──► established ──┬─ cancel(), forget() ──────────────► ended
 *   (the token    │  (or a notification                      ├─ notification with an error or
 *   is held)      │  that overtook it)                       │  without Observe ─────────────────► ended
 *                 └─ any other ──► ended                     └─ peer or endpoint closed ─────────► ended
 */
export class Observation implements CoapObservation, TokenOwner {
  readonly token: Uint8Array;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #request: CoapRequest;
  readonly #observer: Observer;
  readonly #key: string;
  readonly #order = new NotificationOrder();
  readonly #registration: ClientTransfer;
  /** The registration whose piggybacked response may yet come, after a notification overtook it. */
  #overtaken: Exchange | undefined;
  #established = false;
  #ended = false;
  #response: CoapResponse | undefined;
  /** Fetches the rest of the latest notification that came in blocks. */
  #bodyFetch: ClientTransfer | undefined;
  #cancellation: ClientTransfer | undefined;
  #cancelled: Promise<CoapResponse> | undefined;

  constructor(
    engine: Engine,
    state: PeerState,
    request: CoapRequest,
    observer: Observer,
    listener: RegistrationListener,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#request = request;
    this.#observer = observer;
    this.token = freshToken(engine, state);
    this.#key = tokenKey(this.token);
    this.#registration = new ClientTransfer({
      engine,
      state,
      request,
      observe: 0,
      token: this.token,
      listener: {
        onFirstResponse: (response) => this.#onFirstResponse(response),
        onResponse: (response) => {
          this.#response = response;
          if (!this.#established) this.#leave();
          listener.onRegistered();
        },
        onFailure: (error) => {
          this.#leave();
          listener.onFailure(error);
        },
      },
    });
  }

  get peer(): Peer {
    return this.#state.peer;
  }

  get active(): boolean {
    return this.#established && !this.#ended;
  }

  get response(): CoapResponse {
    if (this.#response === undefined) throw new TypeError('the observation is not registered yet');
    return this.#response;
  }

  begin(): void {
    this.#state.tokens.set(this.#key, this);
    this.#registration.begin();
  }

  /** Gives the registration up, without a message and without `onEnd`. */
  abandon(): void {
    this.#leave();
  }

  cancel(options?: RequestOptions): Promise<CoapResponse> {
    if (this.#cancelled !== undefined) return this.#cancelled;
    if (!this.active) return Promise.reject(new CoapError('ERR_COAP_CLOSED', 'the observation has ended'));
    const cancelled = boundedPromise<CoapResponse>(this.#engine.timers, options, (resolve, reject) => {
      const end = (): void => this.#end({ reason: 'cancelled' });
      // RFC 7641 §3.6: the same token and the same options, only Observe differs.
      this.#cancellation = new ClientTransfer({
        engine: this.#engine,
        state: this.#state,
        request: this.#request,
        observe: 1,
        token: this.token,
        listener: {
          onResponse: (response) => {
            end();
            resolve(response);
          },
          onFailure: (error) => {
            end();
            reject(error);
          },
        },
      });
      this.#cancellation.begin();
      return end;
    });
    if (this.#cancellation !== undefined) this.#cancelled = cancelled;
    return cancelled;
  }

  forget(): void {
    this.#end({ reason: 'cancelled' });
  }

  expectsAcknowledgement(messageId: number): boolean {
    return this.#exchangeOf(messageId) !== undefined;
  }

  onResponse(response: ArrivedResponse): void {
    if (!this.#established) {
      const exchange = this.#registration.exchange;
      exchange?.onResponse(response);
      if (response.received !== undefined) this.#overtaken = exchange;
      return;
    }
    const cancelling = this.#cancellation?.exchange;
    const { message, options, received } = response;
    const observe = uintOption(options, OptionNumber.OBSERVE);
    if (cancelling !== undefined) {
      const own = received === undefined ? cancelling.expectsAcknowledgement(message.messageId) : observe === undefined;
      if (own) {
        cancelling.onResponse(response);
        return;
      }
    }
    if (received === undefined) this.#overtaken = undefined;
    this.#engine.counters.notifications += 1;
    // RFC 7641 §3.2, §4.2: it was the last one.
    if (observe === undefined || !isSuccess(message.code)) {
      acknowledge(this.#engine, this.#state, response);
      this.#endWith(response);
      return;
    }
    this.#onNotification(response, observe);
  }

  onBadResponse(error: CoapError, response: ArrivedResponse): void {
    const exchange = this.#established ? this.#cancellation?.exchange : this.#registration.exchange;
    if (exchange === undefined) {
      // The Reset makes the peer forget the observation (RFC 7641 §3.6).
      reject(this.#engine, this.#state, response);
      this.#endWith(response);
    } else exchange.onBadResponse(error, response);
  }

  onClosed(error: CoapError): void {
    // A transfer under way fails through its own exchange, and with it what waits for it.
    this.#registration.exchange?.onClosed(error);
    this.#cancellation?.exchange?.onClosed(error);
    this.#end({ reason: error.code === 'ERR_COAP_PEER_CLOSED' ? 'peer-closed' : 'endpoint-closed' });
  }

  #exchangeOf(messageId: number): Exchange | undefined {
    for (const exchange of [this.#cancellation?.exchange, this.#overtaken]) {
      if (exchange?.expectsAcknowledgement(messageId) === true) return exchange;
    }
    if (this.#established) return undefined;
    const exchange = this.#registration.exchange;
    return exchange?.expectsAcknowledgement(messageId) === true ? exchange : undefined;
  }

  #onFirstResponse(response: CoapResponse): void {
    // RFC 7641 §3.1: no Observe, no observation.
    if (response.observe === undefined || !isSuccess(response.code)) return;
    this.#established = true;
    this.#order.accept(response.observe, this.#engine.clock.now());
  }

  #onNotification(response: ArrivedResponse, observe: number): void {
    let inBlocks: boolean;
    try {
      inBlocks = blockOption(response.options, OptionNumber.BLOCK2)?.more ?? false;
    } catch {
      this.#engine.counters.formatErrors += 1;
      reject(this.#engine, this.#state, response);
      this.#endWith(response);
      return;
    }
    const fresh = this.#order.accept(observe, this.#engine.clock.now());
    if (inBlocks) this.#fetchBody(response, fresh);
    else {
      const { message, options } = response;
      this.#deliver(response, toResponse(message.code, options, message.payload), fresh);
    }
  }

  /** RFC 7959 §3.4: the rest is fetched by requests of its own; a newer notification takes the place of this one. */
  #fetchBody(first: ArrivedResponse, fresh: boolean): void {
    acknowledge(this.#engine, this.#state, first);
    if (this.#bodyFetch !== undefined) {
      this.#engine.counters.abandonedNotifications += 1;
      this.#bodyFetch.cancel();
    }
    const transfer = new ClientTransfer({
      engine: this.#engine,
      state: this.#state,
      request: this.#request,
      listener: {
        onResponse: (response) => {
          this.#bodyFetch = undefined;
          if (isSuccess(response.code)) this.#deliver({ ...first, received: undefined }, response, fresh);
          else this.#engine.counters.abandonedNotifications += 1;
        },
        onFailure: () => {
          this.#bodyFetch = undefined;
          this.#engine.counters.abandonedNotifications += 1;
        },
      },
    });
    this.#bodyFetch = transfer;
    transfer.beginWith(first);
  }

  #deliver(arrived: ArrivedResponse, response: CoapResponse, fresh: boolean): void {
    const notification = { ...response, peer: this.#state.peer, fresh };
    runUplink(this.#engine, this.#state, arrived, () => this.#observer.onNotification(notification));
  }

  #endWith({ message, options }: ArrivedResponse): void {
    this.#end({ reason: 'response', response: toResponse(message.code, options, message.payload) });
  }

  #leave(): void {
    this.#ended = true;
    if (this.#state.tokens.get(this.#key) === this) this.#state.tokens.delete(this.#key);
    this.#registration.cancel();
    this.#cancellation?.cancel();
    this.#bodyFetch?.cancel();
    this.#bodyFetch = undefined;
  }

  #end(end: ObservationEnd): void {
    if (this.#ended) return;
    this.#leave();
    // Nobody was told of the observation yet when its first response is still being fetched.
    if (this.#response !== undefined) this.#engine.callApplication(() => this.#observer.onEnd?.(end));
  }
}
