import type { CoapResponse, ObservationEnd, RequestOptions } from '../api.ts';
import { isSuccess } from '../code.ts';
import { CoapError } from '../errors.ts';
import { refusedBounds } from './bounded-promise.ts';
import type { Exchange } from './exchange.ts';
import type { ObservationRequest } from './observation-request.ts';
import type { ArrivedResponse } from './peer-state.ts';

type OnDone = (response: CoapResponse | undefined, error?: CoapError) => void;

/** Begins a request about the observation. */
export type StartRequest = (observe: 0 | 1, bounds: RequestOptions | undefined, onDone: OnDone) => ObservationRequest;

/** The requests about one established observation that are under way: a refresh, or the cancellation, which is the last. */
export class ObservationRequests {
  readonly #start: StartRequest;
  #cancellation: ObservationRequest | undefined;
  #refresh: ObservationRequest | undefined;
  /** A request that was answered otherwise: its own answer may yet come in an ACK. */
  #overtaken: Exchange | undefined;

  constructor(start: StartRequest) {
    this.#start = start;
  }

  get cancellation(): Promise<CoapResponse> | undefined {
    return this.#cancellation?.response;
  }

  get refresh(): Promise<CoapResponse> | undefined {
    return this.#refresh?.response;
  }

  cancel(bounds: RequestOptions | undefined, onDone: OnDone): Promise<CoapResponse> {
    // A refresh under way is not given up for a cancellation that never begins.
    const refused = refusedBounds(bounds);
    if (refused !== undefined) return Promise.reject(refused);
    this.#refresh?.fail(observationEnded());
    this.#refresh = undefined;
    const cancellation = this.#start(1, bounds, onDone);
    if (cancellation.pending) this.#cancellation = cancellation;
    return cancellation.response;
  }

  registerAgain(bounds: RequestOptions | undefined, onDone: OnDone): Promise<CoapResponse> {
    const refresh = this.#start(0, bounds, (response, error) => {
      this.#refresh = undefined;
      onDone(response, error);
    });
    if (refresh.pending) this.#refresh = refresh;
    return refresh.response;
  }

  /** Whether a piggybacked response with this Message ID may be about one of them. */
  expectsAcknowledgement(messageId: number): boolean {
    return this.#exchangeOf(messageId) !== undefined || this.#overtaken?.expectsAcknowledgement(messageId) === true;
  }

  /**
   * The exchange that a response ends. A separate one is hard to tell from a notification: one without Observe answers a
   * cancellation; an error, or what comes between blocks, a refresh. Any other during a refresh is a notification, and
   * `answerRefresh` may be called with it.
   */
  answeredBy({ message, received }: ArrivedResponse, observe: number | undefined): Exchange | undefined {
    if (received === undefined) {
      const exchange = this.#exchangeOf(message.messageId);
      if (exchange === undefined) this.#overtaken = undefined; // that was it
      return exchange;
    }
    const cancelling = this.#cancellation?.exchange;
    if (cancelling !== undefined) return observe === undefined ? cancelling : undefined;
    const refresh = this.#refresh;
    return refresh !== undefined && (!isSuccess(message.code) || refresh.uploading) ? refresh.exchange : undefined;
  }

  /** The peer has shown otherwise that it goes on. */
  answerRefresh(response: CoapResponse): void {
    const refresh = this.#refresh;
    if (refresh === undefined) return;
    this.#refresh = undefined;
    this.overtake(refresh.exchange);
    refresh.answer(response);
  }

  /** The response of this exchange is not waited for any more, but may come. */
  overtake(exchange: Exchange | undefined): void {
    this.#overtaken = exchange;
  }

  onClosed(error: CoapError): void {
    this.#cancellation?.onClosed(error);
    this.#refresh?.onClosed(error);
  }

  /** The observation has ended: what is under way ends likewise. */
  settle(end: ObservationEnd): void {
    for (const request of [this.#cancellation, this.#refresh]) {
      if (request?.pending !== true) continue;
      if (end.reason === 'response') request.answer(end.response);
      else request.fail(observationEnded());
    }
  }

  #exchangeOf(messageId: number): Exchange | undefined {
    for (const exchange of [this.#cancellation?.exchange, this.#refresh?.exchange]) {
      if (exchange?.expectsAcknowledgement(messageId) === true) return exchange;
    }
    return undefined;
  }
}

export function observationEnded(): CoapError {
  return new CoapError('ERR_COAP_CLOSED', 'the observation has ended');
}
