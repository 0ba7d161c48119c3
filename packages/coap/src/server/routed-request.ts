import type { Peer } from '@flownexus/datagram';
import type { IncomingRequest, ObserveRelation } from '../api.ts';
import type { CoapOption } from '../message.ts';
import type { PathParameters } from './path.ts';
import { pathParameters, type PatternSegment } from './pattern.ts';

/** A request with what its path says. */
export interface RoutedRequest<Pattern extends string = string> extends IncomingRequest {
  /** A value for each `:name` of the pattern; that of `*name` is the rest of the path, joined with slashes. */
  readonly params: PathParameters<Pattern>;
}

/** A view of the engine's request: parameters are taken from the path when somebody asks. */
export class MatchedRequest implements RoutedRequest {
  readonly #request: IncomingRequest;
  readonly #pattern: readonly PatternSegment[];

  constructor(request: IncomingRequest, pattern: readonly PatternSegment[]) {
    this.#request = request;
    this.#pattern = pattern;
  }

  get params(): Readonly<Record<string, string>> {
    return pathParameters(this.#pattern, this.#request.path);
  }
  get peer(): Peer {
    return this.#request.peer;
  }
  get method(): number {
    return this.#request.method;
  }
  get confirmable(): boolean {
    return this.#request.confirmable;
  }
  get token(): Uint8Array {
    return this.#request.token;
  }
  get path(): readonly string[] {
    return this.#request.path;
  }
  get query(): readonly string[] {
    return this.#request.query;
  }
  get contentFormat(): number | undefined {
    return this.#request.contentFormat;
  }
  get accept(): number | undefined {
    return this.#request.accept;
  }
  get observe(): number | undefined {
    return this.#request.observe;
  }
  get uriHost(): string | undefined {
    return this.#request.uriHost;
  }
  get uriPort(): number | undefined {
    return this.#request.uriPort;
  }
  get etags(): readonly Uint8Array[] {
    return this.#request.etags;
  }
  get ifMatch(): readonly Uint8Array[] {
    return this.#request.ifMatch;
  }
  get ifNoneMatch(): boolean {
    return this.#request.ifNoneMatch;
  }
  get echoFresh(): boolean {
    return this.#request.echoFresh;
  }
  get multicast(): boolean {
    return this.#request.multicast;
  }
  get options(): readonly CoapOption[] {
    return this.#request.options;
  }
  get payload(): Uint8Array {
    return this.#request.payload;
  }
  acceptObservation(): ObserveRelation {
    return this.#request.acceptObservation();
  }
}
