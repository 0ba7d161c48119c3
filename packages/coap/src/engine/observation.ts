import type { Peer } from '@flownexus/datagram';
import type { CoapObservation, CoapRequest, CoapResponse, ObservationEnd, Observer, RequestOptions } from '../api.ts';
import { blockOption } from '../block.ts';
import { isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapOption } from '../message.ts';
import { uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { acknowledge, reject } from './acknowledge.ts';
import { boundedPromise } from './bounded-promise.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import { freshToken, type Exchange } from './exchange.ts';
import { NotificationBodies } from './notification-bodies.ts';
import { NotificationOrder } from './notification-order.ts';
import type { ArrivedResponse, PeerState, TokenOwner } from './peer-state.ts';
import { toResponse } from './response.ts';
import { tokenKey } from './token.ts';
import { transferSettings, type TransferSettings } from './transfer-settings.ts';
import { admitUplink, runUplink } from './uplink.ts';

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
 *   is held)      │  that overtook it)                       │  without Observe (once that is
 *                 └─ any other ──► ended                     │  stored) ─────────────────────────► ended
 *                                                            └─ peer or endpoint closed ─────────► ended
 */
export class Observation implements CoapObservation, TokenOwner {
  readonly token: Uint8Array;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #request: CoapRequest;
  readonly #settings: TransferSettings;
  readonly #observer: Observer;
  readonly #listener: RegistrationListener;
  readonly #key: string;
  readonly #order = new NotificationOrder();
  readonly #registration: ClientTransfer;
  /** The registration whose piggybacked response may yet come, after a notification overtook it. */
  #overtaken: Exchange | undefined;
  /** The Confirmable message that establishes, until somebody has taken charge of its acknowledgement. */
  #establishing: ArrivedResponse | undefined;
  #established = false;
  #ended = false;
  #response: CoapResponse | undefined;
  readonly #bodies: NotificationBodies;
  /** The last notification came in blocks, and its rest is being fetched. */
  #fetchingLast = false;
  #cancellation: ClientTransfer | undefined;
  #cancelled: Promise<CoapResponse> | undefined;

  constructor(
    engine: Engine,
    state: PeerState,
    request: CoapRequest,
    settings: TransferSettings,
    observer: Observer,
    listener: RegistrationListener,
  ) {
    this.#engine = engine;
    this.#state = state;
    this.#request = request;
    this.#settings = settings;
    this.#observer = observer;
    this.#listener = listener;
    this.token = freshToken(engine, state);
    this.#key = tokenKey(this.token);
    this.#bodies = new NotificationBodies(engine, state, request, settings);
    this.#registration = new ClientTransfer({
      engine,
      state,
      request,
      settings,
      observe: 0,
      token: this.token,
      listener: {
        onFirstResponse: (response) => this.#onFirstResponse(response),
        onResponse: (response) => {
          this.#response = response;
          if (this.#established) this.#onEstablished(response);
          else this.#leave();
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
        settings: transferSettings(this.#settings, options),
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
      this.#onRegistrationResponse(response);
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
    // RFC 7641 §4.2: it was the last one.
    if (!isSuccess(message.code)) {
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

  #onRegistrationResponse(response: ArrivedResponse): void {
    const exchange = this.#registration.exchange;
    if (this.#isStoredFirst(response)) {
      // As good as lost: the registration goes on being transmitted.
      if (!admitUplink(this.#engine, this.#state, response)) return;
      this.#establishing = response;
    } else acknowledge(this.#engine, this.#state, response);
    exchange?.accept(response);
    if (response.received !== undefined && this.#established) this.#overtaken = exchange;
    if (this.#establishing === undefined) return;
    // It established nothing after all.
    acknowledge(this.#engine, this.#state, this.#establishing);
    this.#establishing = undefined;
  }

  /** Whether a response is acknowledged only when the application has stored it: a Confirmable one that is whole. */
  #isStoredFirst({ message, options, received }: ArrivedResponse): boolean {
    if (this.#observer.onEstablished === undefined || received?.confirmable !== true) return false;
    const establishes = isSuccess(message.code) && uintOption(options, OptionNumber.OBSERVE) !== undefined;
    return establishes && moreBlocks(options) === false;
  }

  #onEstablished(response: CoapResponse): void {
    if (this.#observer.onEstablished === undefined) return;
    const message = this.#establishing;
    this.#establishing = undefined;
    runUplink(this.#engine, this.#state, {
      message,
      handler: () => this.#observer.onEstablished?.(response),
      context: 'onEstablished',
    });
  }

  #onNotification(response: ArrivedResponse, observe: number | undefined): void {
    const inBlocks = moreBlocks(response.options);
    if (inBlocks === undefined) {
      this.#engine.counters.formatErrors += 1;
      reject(this.#engine, this.#state, response);
      this.#endWith(response);
      return;
    }
    const fresh = observe === undefined || this.#order.accept(observe, this.#engine.clock.now());
    if (inBlocks) this.#fetchBody(response, fresh, observe === undefined);
    else {
      const { message, options } = response;
      const whole = toResponse(message.code, options, message.payload);
      if (observe === undefined) this.#deliverLast(response, whole);
      else this.#deliver(response, whole, fresh);
    }
  }

  /** RFC 7959 §3.4: the rest is fetched by requests of its own; a newer notification takes the place of this one. */
  #fetchBody(first: ArrivedResponse, fresh: boolean, last: boolean): void {
    acknowledge(this.#engine, this.#state, first);
    if (this.#fetchingLast) {
      this.#onAbandoned(new CoapError('ERR_COAP_BLOCK', 'the notification came after the last one'));
      return;
    }
    this.#bodies.abandon('a newer notification came before the rest of this one');
    if (this.#ended) return; // by the application
    this.#fetchingLast = last;
    this.#bodies.fetch(first, {
      onBody: (response) => {
        if (last) this.#deliverLast(undefined, response);
        else this.#deliver(undefined, response, fresh);
      },
      onLost: (reason) => {
        this.#onAbandoned(reason);
        if (last) this.#endWith(first);
      },
    });
  }

  #onAbandoned(reason: CoapError): void {
    this.#engine.counters.abandonedNotifications += 1;
    this.#engine.callApplication('onAbandoned', () => this.#observer.onAbandoned?.(reason));
  }

  /** `message` is undefined for what has been acknowledged already. */
  #deliver(message: ArrivedResponse | undefined, response: CoapResponse, fresh: boolean, onDone?: () => void): void {
    if (!admitUplink(this.#engine, this.#state, message)) {
      if (message === undefined)
        this.#onAbandoned(new CoapError('ERR_COAP_LIMIT', 'too many handlers run for the peer'));
      return;
    }
    const notification = { ...response, peer: this.#state.peer, fresh };
    runUplink(this.#engine, this.#state, {
      message,
      handler: () => this.#observer.onNotification(notification),
      context: 'onNotification',
      onDone,
    });
  }

  /** RFC 7641 §3.2: a success without Observe carries a value and is the last. A Confirmable one may have to come again. */
  #deliverLast(message: ArrivedResponse | undefined, response: CoapResponse): void {
    const end = (): void => this.#end({ reason: 'response', response });
    const comesAgain = message?.received?.confirmable === true;
    this.#deliver(message, response, true, comesAgain ? end : undefined);
    if (!comesAgain) end();
  }

  #endWith({ message, options }: ArrivedResponse): void {
    this.#end({ reason: 'response', response: toResponse(message.code, options, message.payload) });
  }

  #leave(): void {
    this.#ended = true;
    if (this.#state.tokens.get(this.#key) === this) this.#state.tokens.delete(this.#key);
    this.#registration.cancel();
    this.#cancellation?.cancel();
    this.#bodies.cancel();
  }

  #end(end: ObservationEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    if (end.reason !== 'cancelled')
      this.#bodies.abandon('the observation ended before the rest of a notification came');
    this.#leave();
    if (this.#response !== undefined) this.#engine.callApplication('onEnd', () => this.#observer.onEnd?.(end));
    // Nobody was told of the observation yet when its first response is still being fetched.
    else this.#listener.onFailure(new CoapError('ERR_COAP_BLOCK', 'it ended before its first response was whole'));
  }
}

/** Whether blocks follow this one. Undefined when the Block2 option is malformed (RFC 7959 §2.2). */
function moreBlocks(options: readonly CoapOption[]): boolean | undefined {
  try {
    return blockOption(options, OptionNumber.BLOCK2)?.more ?? false;
  } catch {
    return undefined;
  }
}
