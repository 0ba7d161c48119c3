import type { CoapObservation, CoapRequest, CoapResponse, ObserveOptions, Observer, RequestOptions } from '../api.ts';
import { blockSize } from '../block.ts';
import { Code } from '../code.ts';
import { CoapError } from '../errors.ts';
import { MAX_TOKEN_LENGTH } from '../limits.ts';
import type { CoapMessage } from '../message.ts';
import { checkBytes } from '../option-values.ts';
import { checkOptions, OptionNumber } from '../options.ts';
import { boundedPromise } from './bounded-promise.ts';
import { ClientTransfer } from './client-transfer.ts';
import type { Engine } from './engine.ts';
import { Exchange } from './exchange.ts';
import { limitError } from './limit-error.ts';
import { Observation } from './observation.ts';
import type { PeerState, ReceivedMessage, TokenOwner } from './peer-state.ts';
import { Ping } from './ping.ts';
import { baseOptions } from './request-options.ts';
import { UNDERSTOOD_IN_RESPONSES } from './response.ts';
import { tokenKey } from './token.ts';
import { defaultSettings, transferSettings } from './transfer-settings.ts';

const NO_BYTES = new Uint8Array(0);
/** RFC 7967 §2.1: no 2.xx, no 4.xx, no 5.xx. */
const NO_RESPONSE_AT_ALL = 2 + 8 + 16;

/** Our requests and observations, and the responses to them. */
export class ClientRole {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  request(state: PeerState, request: CoapRequest, options?: RequestOptions): Promise<CoapResponse> {
    return boundedPromise<CoapResponse>(this.#engine.timers, options, (resolve, reject) => {
      const transfer = new ClientTransfer({
        engine: this.#engine,
        state,
        request,
        settings: transferSettings(defaultSettings(this.#engine, state), options),
        listener: { onResponse: resolve, onFailure: reject },
      });
      transfer.begin();
      return () => transfer.cancel();
    });
  }

  /** Resolves when the request is acknowledged, or sent where nobody acknowledges. */
  tell(state: PeerState, request: CoapRequest, options?: RequestOptions): Promise<void> {
    return boundedPromise(this.#engine.timers, options, (resolve, reject) => {
      const settings = transferSettings(defaultSettings(this.#engine, state), options);
      const { method, payload = NO_BYTES, confirmable = true } = request;
      if (payload.length > blockSize(settings.szx)) {
        throw new RangeError(`a body of ${payload.length} bytes needs blocks, and those need responses`);
      }
      const message = {
        method,
        options: baseOptions(withoutResponse(request)),
        payload,
        confirmable,
        settings,
      };
      const exchange = new Exchange(this.#engine, state, message, {
        onTold: () => resolve(),
        onResponse: () => resolve(),
        onFailure: reject,
      });
      exchange.begin();
      return () => exchange.cancel();
    });
  }

  ping(state: PeerState, options?: RequestOptions): Promise<void> {
    return boundedPromise(this.#engine.timers, options, (resolve, reject) => {
      const { parameters } = transferSettings(defaultSettings(this.#engine, state), options);
      const ping = new Ping(this.#engine, state, parameters, { onAnswer: () => resolve(), onFailure: reject });
      ping.begin();
      return () => ping.cancel();
    });
  }

  observe(
    state: PeerState,
    request: CoapRequest,
    observer: Observer,
    options?: ObserveOptions,
  ): Promise<CoapObservation> {
    const refused = refusedMethod(request);
    if (refused !== undefined) return Promise.reject(refused);
    return boundedPromise<CoapObservation>(this.#engine.timers, options, (resolve, reject) => {
      const settings = transferSettings(defaultSettings(this.#engine, state), options);
      const observation = new Observation({
        engine: this.#engine,
        state,
        request,
        settings,
        observer,
        reregister: options?.reregister ?? false,
        beginning: { onRegistered: () => resolve(observation), onFailure: reject },
      });
      this.#checkTokens(state);
      observation.begin();
      return () => observation.abandon();
    });
  }

  /** Takes up an observation that the peer has accepted before; sends nothing. Throws instead of rejecting. */
  adopt(state: PeerState, request: CoapRequest, token: Uint8Array, observer: Observer): CoapObservation {
    const refused = refusedMethod(request);
    if (refused !== undefined) throw refused;
    baseOptions(request); // what can't be asked again can't be cancelled either
    checkBytes('a token', token);
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new RangeError(`a token has at most ${MAX_TOKEN_LENGTH} bytes, not ${token.length}`);
    }
    if (state.tokens.has(tokenKey(token))) throw new RangeError('the token is in use with this peer');
    this.#checkTokens(state);
    const settings = defaultSettings(this.#engine, state);
    const observation = new Observation({
      engine: this.#engine,
      state,
      request,
      settings,
      observer,
      reregister: false,
      beginning: token,
    });
    observation.begin();
    return observation;
  }

  /** A piggybacked response: RFC 7252 §5.3.2 wants its Message ID and its token to be those of the request. */
  onPiggybacked(owner: TokenOwner, message: CoapMessage): void {
    if (owner.expectsAcknowledgement(message.messageId)) this.#arrive(owner, message, undefined);
    else this.#engine.counters.unmatched += 1;
  }

  /** A separate response or a notification that is no duplicate. */
  onSeparate(owner: TokenOwner, message: CoapMessage, received: ReceivedMessage): void {
    this.#arrive(owner, message, received);
  }

  #checkTokens({ tokens }: PeerState): void {
    if (tokens.size >= this.#engine.limits.tokensPerPeer) {
      throw limitError(this.#engine, 'too many observations of this peer');
    }
  }

  #arrive(owner: TokenOwner, message: CoapMessage, received: ReceivedMessage | undefined): void {
    const { options, badCritical } = checkOptions(message.options, UNDERSTOOD_IN_RESPONSES);
    const response = { message, options, received };
    if (badCritical === undefined) {
      owner.onResponse(response);
      return;
    }
    const error = new CoapError('ERR_COAP_OPTION', `the response has the critical option ${badCritical}`);
    owner.onBadResponse(error, response);
  }
}

/** RFC 7641 §3.1, RFC 8132 §2.4: what is wrong with the method of a request that observes. */
function refusedMethod({ method }: CoapRequest): TypeError | undefined {
  if (method === Code.GET || method === Code.FETCH) return undefined;
  return new TypeError('a GET or a FETCH can register an observation, no other method');
}

/** The request with No-Response for everything, unless it says itself which responses it wants. */
function withoutResponse(request: CoapRequest): CoapRequest {
  const { noResponse, options } = request;
  if (noResponse !== undefined || options?.some(({ number }) => number === OptionNumber.NO_RESPONSE) === true) {
    return request;
  }
  return { ...request, noResponse: NO_RESPONSE_AT_ALL };
}
