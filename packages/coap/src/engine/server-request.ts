import type { Peer } from '@flownexus/datagram';
import type { IncomingRequest, ObserveRelation } from '../api.ts';
import { MessageType, type CoapMessage, type CoapOption } from '../message.ts';
import { findOption, opaqueOptions, stringOptions, uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { isSafe } from './reply-shape.ts';

/** The Observe option of a request. Undefined for methods where it means nothing (RFC 7641 §2, RFC 8132 §2.4). */
export function observeOf({ code }: CoapMessage, options: readonly CoapOption[]): number | undefined {
  return isSafe(code) ? uintOption(options, OptionNumber.OBSERVE) : undefined;
}

/** A request as the handler gets it. */
export class ServerRequest implements IncomingRequest {
  readonly peer: Peer;
  readonly method: number;
  readonly confirmable: boolean;
  readonly token: Uint8Array;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly contentFormat: number | undefined;
  readonly accept: number | undefined;
  readonly observe: number | undefined;
  readonly echoFresh: boolean;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  readonly multicast: boolean;
  readonly #accept: () => ObserveRelation;

  /** `options` have passed `checkOptions`: their values are well-formed. */
  constructor(
    peer: Peer,
    message: CoapMessage,
    options: readonly CoapOption[],
    payload: Uint8Array,
    echoFresh: boolean,
    multicast: boolean,
    accept: () => ObserveRelation,
  ) {
    this.peer = peer;
    this.method = message.code;
    this.confirmable = message.type === MessageType.CON;
    this.token = message.token;
    this.path = stringOptions(options, OptionNumber.URI_PATH);
    this.query = stringOptions(options, OptionNumber.URI_QUERY);
    this.contentFormat = uintOption(options, OptionNumber.CONTENT_FORMAT);
    this.accept = uintOption(options, OptionNumber.ACCEPT);
    this.observe = observeOf(message, options);
    this.options = options;
    this.payload = payload;
    this.echoFresh = echoFresh;
    this.multicast = multicast;
    this.#accept = accept;
  }

  // Options that few requests have: looked for when somebody asks.

  get uriHost(): string | undefined {
    return stringOptions(this.options, OptionNumber.URI_HOST)[0];
  }

  get uriPort(): number | undefined {
    return uintOption(this.options, OptionNumber.URI_PORT);
  }

  get etags(): readonly Uint8Array[] {
    return opaqueOptions(this.options, OptionNumber.ETAG);
  }

  get ifMatch(): readonly Uint8Array[] {
    return opaqueOptions(this.options, OptionNumber.IF_MATCH);
  }

  get ifNoneMatch(): boolean {
    return findOption(this.options, OptionNumber.IF_NONE_MATCH) !== undefined;
  }

  acceptObservation(): ObserveRelation {
    if (this.observe !== 0) throw new TypeError('the request does not ask for an observation: Observe is not 0');
    return this.#accept();
  }
}
