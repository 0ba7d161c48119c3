import type { CoapReply } from '../api.ts';
import { Code } from '../code.ts';
import type { AttributeValues } from './attributes.ts';
import { pacingOf, type ObservableOptions, type Pacing } from './pacing.ts';
import { parsePattern, type PatternSegment } from './pattern.ts';
import type { RoutedRequest } from './routed-request.ts';

/** Answers a request to a resource. What it throws or rejects with is answered as with any `RequestHandler`. */
export type ResourceHandler<Pattern extends string = string> = (
  request: RoutedRequest<Pattern>,
) => CoapReply | Promise<CoapReply>;

/** The methods by name (RFC 7252 §5.8, RFC 8132 §2, §3). */
export type MethodName = 'get' | 'post' | 'put' | 'delete' | 'fetch' | 'patch' | 'ipatch';

const METHODS: Readonly<Record<MethodName, number>> = {
  get: Code.GET,
  post: Code.POST,
  put: Code.PUT,
  delete: Code.DELETE,
  fetch: Code.FETCH,
  patch: Code.PATCH,
  ipatch: Code.IPATCH,
};
const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

/** A resource: its methods, and what the router knows of it and does for it. */
export interface ResourceDefinition<Pattern extends string = string> extends Readonly<
  Partial<Record<MethodName, ResourceHandler<Pattern>>>
> {
  /**
   * The entity-tag of what a GET would answer now, 1 to 8 bytes; undefined when the resource does not exist. With it requests
   * are performed under conditions (If-Match, If-None-Match: RFC 7252 §5.10.8), 2.05 answers to GET have the tag, and a client
   * that has that representation is answered 2.03. It is asked before the handler runs: a condition does not see what changes
   * before a promise of it has resolved.
   */
  readonly etag?: (request: RoutedRequest<Pattern>) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Accepts observations by GET and FETCH (RFC 7641). After a change call `router.notify`: the handler runs again, once for all
   * observers that asked for the same and with the request of one of them. So what it answers may not depend on the peer.
   */
  readonly observable?: boolean | ObservableOptions;
  /** How `/.well-known/core` describes the resource. `obs` is added where `observable` is. */
  readonly attributes?: AttributeValues;
  /** Not listed in `/.well-known/core`. Patterns with parameters never are. */
  readonly hidden?: boolean;
}

/** A resource as it is registered. */
export class Resource {
  readonly pattern: string;
  readonly segments: readonly PatternSegment[];
  readonly etag: ResourceDefinition['etag'];
  /** Undefined: not observable. */
  readonly pacing: Pacing | undefined;
  readonly #handlers: (ResourceHandler | undefined)[] = [];

  /** Throws `TypeError` for a pattern that is none, `RangeError` for `observable` out of its ranges. */
  constructor(pattern: string, definition: ResourceDefinition) {
    this.pattern = pattern;
    this.segments = parsePattern(pattern);
    this.etag = definition.etag;
    this.pacing = pacingOf(definition.observable ?? false);
    for (const name of METHOD_NAMES) {
      const handler = definition[name];
      if (handler !== undefined) this.add(name, handler);
    }
  }

  /** Whether its path is always the same. */
  get isFixed(): boolean {
    return this.segments.every(({ kind }) => kind === 'literal');
  }

  handler(method: number): ResourceHandler | undefined {
    return this.#handlers[method];
  }

  /** Adds a method. Throws `TypeError` when it is there. */
  add(name: MethodName, handler: ResourceHandler): void {
    const code = METHODS[name];
    if (this.#handlers[code] !== undefined) throw new TypeError(`${this.pattern} has the method ${name} already`);
    this.#handlers[code] = handler;
  }
}
