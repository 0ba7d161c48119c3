import type { Peer } from '@flownexus/datagram';
import type { CoapObservation, CoapRequest, CoapResponse, ObservationEnd, Observer, RequestOptions } from '../api.ts';
import { blockOption } from '../block.ts';
import { isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import type { CoapOption } from '../message.ts';
import { uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { acknowledge, isConfirmable, reject } from './acknowledge.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import { freshToken } from './exchange.ts';
import { Freshness } from './freshness.ts';
import { NotificationBodies } from './notification-bodies.ts';
import { NotificationOrder } from './notification-order.ts';
import { ObservationRequest } from './observation-request.ts';
import { observationEnded, ObservationRequests } from './observation-requests.ts';
import { ObserverCalls } from './observer-calls.ts';
import type { ArrivedResponse, PeerState, TokenOwner } from './peer-state.ts';
import { toResponse } from './response.ts';
import { tokenKey } from './token.ts';
import type { TransferSettings } from './transfer-settings.ts';
import { admitUplink } from './uplink.ts';

/** How the registration ended. Exactly one of them is called, once, or none after `abandon`. */
export interface RegistrationListener {
  /** With `active` false when the response established nothing. */
  onRegistered(): void;
  onFailure(error: CoapError): void;
}

export interface ObservationOptions {
  readonly engine: Engine;
  readonly state: PeerState;
  readonly request: CoapRequest;
  readonly settings: TransferSettings;
  readonly observer: Observer;
  /** Registers again by itself when no notification came for longer than Max-Age. */
  readonly reregister: boolean;
  /** How it begins: with a registration, or by taking up the token of one that the peer has accepted before. */
  readonly beginning: RegistrationListener | Uint8Array;
}

/**
 * One observation in the client role (RFC 7641 §3).
 *
 *   registering ──┬─ response with Observe ──► established ──┬─ cancel(), forget() ──────────────► ended
 *   (the token    │  (or a notification        ▲  ▲   │      ├─ notification, or response to a
 *   is held)      │  that overtook it)         │  └───┘      │  refresh, with an error or without
 *                 │                            │ refresh()   │  Observe (once that is stored) ───► ended
 *                 └─ any other ──► ended       │             ├─ refresh of its own unanswered ───► ended
 *   taken up with its token ───────────────────┘             └─ peer or endpoint closed ─────────► ended
 */
export class Observation implements CoapObservation, TokenOwner {
  readonly token: Uint8Array;
  readonly #options: ObservationOptions;
  readonly #engine: Engine;
  readonly #state: PeerState;
  readonly #observer: ObserverCalls;
  readonly #key: string;
  readonly #order = new NotificationOrder();
  /** Undefined for one that was taken up. */
  readonly #registration: ClientTransfer | undefined;
  /** The Confirmable message that establishes, until somebody has taken charge of its acknowledgement. */
  #establishing: ArrivedResponse | undefined;
  #established: boolean;
  #ended = false;
  #response: CoapResponse | undefined;
  readonly #bodies: NotificationBodies;
  /** The last notification came in blocks, and its rest is being fetched. */
  #fetchingLast = false;
  readonly #requests: ObservationRequests;
  readonly #freshness: Freshness | undefined;

  constructor(options: ObservationOptions) {
    const { engine, state, request, settings, observer, beginning } = options;
    this.#options = options;
    this.#engine = engine;
    this.#state = state;
    this.#observer = new ObserverCalls(engine, state, observer);
    const adopted = beginning instanceof Uint8Array;
    this.#established = adopted;
    this.token = adopted ? Uint8Array.from(beginning) : freshToken(engine, state);
    this.#key = tokenKey(this.token);
    this.#bodies = new NotificationBodies(engine, state, request, settings);
    this.#requests = new ObservationRequests(
      (observe, bounds, onDone) =>
        new ObservationRequest({ engine, state, request, settings, token: this.token, observe, bounds, onDone }),
    );
    this.#freshness = this.#watch();
    this.#registration = adopted ? undefined : this.#transferOf(beginning);
  }

  get peer(): Peer {
    return this.#state.peer;
  }

  get active(): boolean {
    return this.#established && !this.#ended;
  }

  get response(): CoapResponse {
    if (this.#response === undefined) {
      throw new TypeError(
        this.#registration === undefined
          ? 'an observation that was taken up has no first response'
          : 'the observation is not registered yet',
      );
    }
    return this.#response;
  }

  begin(): void {
    this.#state.tokens.set(this.#key, this);
    this.#registration?.begin();
  }

  /** Gives the registration up, without a message and without `onEnd`. */
  abandon(): void {
    this.#leave();
  }

  cancel(options?: RequestOptions): Promise<CoapResponse> {
    const { cancellation } = this.#requests;
    if (cancellation !== undefined) return cancellation;
    if (!this.active) return Promise.reject(observationEnded());
    return this.#requests.cancel(options, () => this.#end({ reason: 'cancelled' }));
  }

  refresh(options?: RequestOptions): Promise<CoapResponse> {
    const { cancellation, refresh } = this.#requests;
    if (refresh !== undefined) return refresh;
    if (!this.active || cancellation !== undefined) return Promise.reject(observationEnded());
    return this.#registerAgain(options, () => this.#freshness?.waitAgain());
  }

  forget(): void {
    this.#end({ reason: 'cancelled' });
  }

  expectsAcknowledgement(messageId: number): boolean {
    if (this.#requests.expectsAcknowledgement(messageId)) return true;
    return !this.#established && this.#registration?.exchange?.expectsAcknowledgement(messageId) === true;
  }

  onResponse(response: ArrivedResponse): void {
    if (!this.#established) {
      this.#onRegistrationResponse(response);
      return;
    }
    const { message, options } = response;
    const observe = uintOption(options, OptionNumber.OBSERVE);
    const own = this.#requests.answeredBy(response, observe);
    if (own !== undefined) {
      own.onResponse(response);
      return;
    }
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
    const exchange = this.#established ? this.#requests.answeredBy(response, undefined) : this.#registration?.exchange;
    if (exchange === undefined) {
      // The Reset makes the peer forget the observation (RFC 7641 §3.6).
      reject(this.#engine, this.#state, response);
      this.#endWith(response);
    } else exchange.onBadResponse(error, response);
  }

  onClosed(error: CoapError): void {
    // What is under way fails by itself, and with it what waits for it.
    this.#registration?.onClosed(error);
    this.#requests.onClosed(error);
    this.#end({ reason: error.code === 'ERR_COAP_PEER_CLOSED' ? 'peer-closed' : 'endpoint-closed' });
  }

  /** RFC 7641 §3.3.1. `onUnanswered` is called when no response came; without an error when the caller gave up. */
  #registerAgain(
    options: RequestOptions | undefined,
    onUnanswered: (error?: CoapError) => void,
  ): Promise<CoapResponse> {
    return this.#requests.registerAgain(options, (response, error) => {
      if (response === undefined) onUnanswered(error);
      else this.#onRefreshed(response);
    });
  }

  #onRefreshed(response: CoapResponse): void {
    if (!isSuccess(response.code)) this.#end({ reason: 'response', response });
    else if (response.observe === undefined) this.#deliverLast(undefined, response);
    else this.#deliver(undefined, response, this.#order.accept(response.observe, this.#engine.clock.now()));
  }

  #watch(): Freshness | undefined {
    if (!this.#options.reregister && !this.#observer.watchesFreshness) return undefined;
    const { timers, random } = this.#engine;
    const onOverdue = (): void => {
      // Whoever refreshes already sees to it.
      if (this.#requests.refresh !== undefined || this.#requests.cancellation !== undefined) return;
      const refreshed = this.#registerAgain(undefined, (error) => {
        if (error !== undefined) this.#end({ reason: 'unanswered', error });
      });
      refreshed.catch(() => undefined); // has been seen to above
    };
    return new Freshness({
      timers,
      random,
      onStale: () => this.#observer.stale(),
      onOverdue: this.#options.reregister ? onOverdue : undefined,
    });
  }

  #transferOf(listener: RegistrationListener): ClientTransfer {
    const { engine, state, request, settings } = this.#options;
    return new ClientTransfer({
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

  #onFirstResponse(response: CoapResponse): void {
    // RFC 7641 §3.1: no Observe, no observation.
    if (response.observe === undefined || !isSuccess(response.code)) return;
    this.#established = true;
    this.#order.accept(response.observe, this.#engine.clock.now());
  }

  #onRegistrationResponse(response: ArrivedResponse): void {
    const exchange = this.#registration?.exchange;
    if (this.#isStoredFirst(response)) {
      // As good as lost: the registration goes on being transmitted.
      if (!admitUplink(this.#engine, this.#state, response)) return;
      this.#establishing = response;
    } else acknowledge(this.#engine, this.#state, response);
    exchange?.accept(response);
    if (response.received !== undefined && this.#established) this.#requests.overtake(exchange);
    if (this.#establishing === undefined) return;
    // It established nothing after all.
    acknowledge(this.#engine, this.#state, this.#establishing);
    this.#establishing = undefined;
  }

  /** Whether a response is acknowledged only when the application has stored it: a Confirmable one that is whole. */
  #isStoredFirst(response: ArrivedResponse): boolean {
    if (!this.#observer.storesFirst || !isConfirmable(response)) return false;
    const { message, options } = response;
    const establishes = isSuccess(message.code) && uintOption(options, OptionNumber.OBSERVE) !== undefined;
    return establishes && moreBlocks(options) === false;
  }

  #onEstablished(response: CoapResponse): void {
    const message = this.#establishing;
    this.#establishing = undefined;
    this.#freshness?.renew(response.maxAge);
    this.#observer.established(message, response, this.token);
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
      this.#observer.abandoned(new CoapError('ERR_COAP_BLOCK', 'the notification came after the last one'));
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
        this.#observer.abandoned(reason);
        if (last) this.#endWith(first);
      },
    });
  }

  /** `message` is undefined for what has been acknowledged already. */
  #deliver(message: ArrivedResponse | undefined, response: CoapResponse, fresh: boolean): void {
    if (fresh) this.#freshness?.renew(response.maxAge);
    if (this.#observer.notified(message, response, fresh, undefined)) this.#requests.answerRefresh(response);
  }

  /** RFC 7641 §3.2: a success without Observe carries a value and is the last. A Confirmable one may have to come again. */
  #deliverLast(message: ArrivedResponse | undefined, response: CoapResponse): void {
    const end = (): void => this.#end({ reason: 'response', response });
    const comesAgain = message !== undefined && isConfirmable(message);
    this.#observer.notified(message, response, true, comesAgain ? end : undefined);
    if (!comesAgain) end();
  }

  #endWith({ message, options }: ArrivedResponse): void {
    this.#end({ reason: 'response', response: toResponse(message.code, options, message.payload) });
  }

  #leave(): void {
    this.#ended = true;
    if (this.#state.tokens.get(this.#key) === this) this.#state.tokens.delete(this.#key);
    this.#registration?.cancel();
    this.#bodies.cancel();
    this.#freshness?.stop();
  }

  #end(end: ObservationEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    if (end.reason !== 'cancelled')
      this.#bodies.abandon('the observation ended before the rest of a notification came');
    this.#leave();
    this.#requests.settle(end);
    const { beginning } = this.#options;
    if (this.#response !== undefined || beginning instanceof Uint8Array) this.#observer.ended(end);
    // Nobody was told of the observation yet when its first response is still being fetched.
    else beginning.onFailure(new CoapError('ERR_COAP_BLOCK', 'it ended before its first response was whole'));
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
