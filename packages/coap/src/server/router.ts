import { systemClock, type Clock } from '@flownexus/datagram';
import type { CoapReply, IncomingRequest, RequestService } from '../api.ts';
import { Code, isError } from '../code.ts';
import { MAX_OBSERVERS } from '../limits.ts';
import type { Link } from '../link-format/link.ts';
import { when } from '../when.ts';
import { linkAttributes, type AttributeValues } from './attributes.ts';
import { CONDITIONS, isConditional, refusal } from './conditions.ts';
import { Discovery } from './discovery.ts';
import { Observations } from './observations.ts';
import { formatPath, pathSegments, type ResourcePath } from './path.ts';
import { parsePattern } from './pattern.ts';
import { Resource, type MethodName, type ResourceDefinition, type ResourceHandler } from './resource.ts';
import { RouteTree } from './route-tree.ts';
import { MatchedRequest } from './routed-request.ts';

export interface RouterOptions {
  /** Paces notifications. Default: the clock of the system. Give the one of the endpoint. */
  readonly clock?: Clock;
  /** Whether `/.well-known/core` is served (RFC 6690 §4). Default true. */
  readonly discovery?: boolean;
  /** Observers of all resources; the request of one more is answered as if it had not asked. Default 100 000. */
  readonly maxObservers?: number;
}

const NOT_FOUND: CoapReply = { code: Code.NOT_FOUND };
const METHOD_NOT_ALLOWED: CoapReply = { code: Code.METHOD_NOT_ALLOWED };

/**
 * Answers requests by their paths: to be given to a `CoapEndpoint` as `onRequest`.
 *
 * A pattern has literal segments, parameters (`:id`) and perhaps a rest of one or more segments at its end (`*rest`), each
 * compared with a whole Uri-Path segment; a literal wins over a parameter and that over a rest. A path that no pattern matches is answered
 * 4.04 and a method that the resource does not have 4.05 (RFC 7252 §5.8). The router serves `/.well-known/core` (RFC 6690), checks If-Match and
 * If-None-Match (RFC 7252 §5.10.8), and looks after observers (RFC 7641 §4). What a handler fails of goes to `onError` of the endpoint, also when it
 * runs for a notification: then its observers get 5.00 as the last one.
 *
 * @example
 * let target = 21;
 * const router = new Router()
 *   .resource('/thermostat/target', {
 *     attributes: { rt: 'core.s', ct: ContentFormat.TEXT_PLAIN, title: 'Target temperature' },
 *     observable: true,
 *     get: () => replies.content(`${target}`),
 *     put: (request) => {
 *       target = Number(new TextDecoder().decode(request.payload));
 *       router.notify('/thermostat/target');
 *       return replies.changed();
 *     },
 *   })
 *   .get('/rooms/:room', (request) => replies.content(`this is ${request.params.room}`));
 * const endpoint = new CoapEndpoint({ transport: udpTransport({ port: 5683 }), onRequest: router });
 * await endpoint.open();
 */
export class Router implements RequestService {
  readonly understands: readonly number[] = CONDITIONS;
  readonly #resources = new RouteTree<Resource>();
  readonly #discovery = new Discovery();
  readonly #observations: Observations;

  constructor(options: RouterOptions = {}) {
    const { clock = systemClock, discovery = true, maxObservers = MAX_OBSERVERS } = options;
    this.#observations = new Observations({ clock, maxObservers });
    if (discovery) {
      this.resource('/.well-known/core', {
        hidden: true,
        get: (request) => this.#discovery.answer(request),
      });
    }
  }

  /**
   * Adds a resource, or all those that a pattern with parameters stands for. Throws `TypeError` for a pattern that is taken or is none,
   * `RangeError` for attributes that link-format can't express and for numbers out of their ranges.
   */
  resource<Pattern extends string>(pattern: Pattern, definition: ResourceDefinition<Pattern>): this {
    // The handlers get the parameters of their own pattern: those that they are typed for.
    const resource = new Resource(pattern, definition as ResourceDefinition);
    if (this.#resources.get(resource.segments) !== undefined) throw new TypeError(`${pattern} is taken`);
    if (definition.hidden !== true && resource.isFixed) this.#discovery.add(linkOf(resource, definition.attributes));
    this.#resources.set(resource.segments, resource);
    return this;
  }

  /** Adds GET to a resource, which there may be already. Throws `TypeError` when it has a GET, or other names for its parameters. */
  get<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'get', handler as ResourceHandler);
  }

  /** As `get`. */
  post<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'post', handler as ResourceHandler);
  }

  /** As `get`. */
  put<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'put', handler as ResourceHandler);
  }

  /** As `get`. */
  delete<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'delete', handler as ResourceHandler);
  }

  /** As `get`. */
  fetch<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'fetch', handler as ResourceHandler);
  }

  /** As `get`. */
  patch<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'patch', handler as ResourceHandler);
  }

  /** As `get`. */
  ipatch<Pattern extends string>(pattern: Pattern, handler: ResourceHandler<Pattern>): this {
    return this.#method(pattern, 'ipatch', handler as ResourceHandler);
  }

  /** Answers a request. Rejects and throws as the handler does. */
  handle(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    const resource = this.#resources.find(request.path);
    if (resource === undefined) return NOT_FOUND;
    const handler = resource.handler(request.method);
    if (handler === undefined) return METHOD_NOT_ALLOWED;
    if (isConditional(request.options)) {
      return when(
        refusal(resource, new MatchedRequest(request, resource.segments)),
        (refused) => refused ?? this.#perform(resource, handler, request),
      );
    }
    return this.#perform(resource, handler, request);
  }

  /**
   * The state of a resource has changed: its observers get the new one, as fast as each of them may be notified. The path is
   * the one of the resource, not a pattern. Nothing happens when nobody observes it.
   */
  notify(path: ResourcePath): void {
    this.#observations.changed(pathSegments(path));
  }

  /**
   * Ends the observations of a resource with an error as the last notification, 4.04 unless given. A DELETE that is answered 2.02
   * does that. Throws `TypeError` for a reply that is no error.
   */
  endObservations(path: ResourcePath, reply: CoapReply = NOT_FOUND): void {
    if (!isError(reply.code)) throw new TypeError('an observation ends with an error');
    this.#observations.end(pathSegments(path), reply);
  }

  /** Observers of a resource, or of all. Those that are still to acknowledge a last notification count. */
  observerCount(path?: ResourcePath): number {
    return path === undefined ? this.#observations.size : this.#observations.count(pathSegments(path));
  }

  #method(pattern: string, name: MethodName, handler: ResourceHandler): this {
    const known = this.#resources.get(parsePattern(pattern));
    if (known === undefined) return this.resource(pattern, { [name]: handler });
    if (known.pattern !== pattern) {
      throw new TypeError(`${pattern} is known as ${known.pattern}, with other names for its parameters`);
    }
    known.add(name, handler);
    return this;
  }

  #perform(resource: Resource, handler: ResourceHandler, request: IncomingRequest): CoapReply | Promise<CoapReply> {
    const { method } = request;
    const { pacing } = resource;
    if (pacing !== undefined && request.observe === 0 && (method === Code.GET || method === Code.FETCH)) {
      return this.#observations.register(request, pacing, (each) => serve(resource, handler, each));
    }
    const reply = serve(resource, handler, request);
    if (method !== Code.DELETE || this.#observations.size === 0) return reply;
    return when(reply, (settled) => {
      // RFC 7641 §4.2: the observers hear that there is nothing to observe any more.
      if (settled.code === Code.DELETED) this.#observations.end(request.path, NOT_FOUND);
      return settled;
    });
  }
}

function serve(resource: Resource, handler: ResourceHandler, request: IncomingRequest): CoapReply | Promise<CoapReply> {
  const matched = new MatchedRequest(request, resource.segments);
  if (resource.etag === undefined || request.method !== Code.GET) return handler(matched);
  // Before the handler runs: a new representation with an old tag is sent once more than needed, an old one with a new tag would
  // stay in caches.
  return when(resource.etag(matched), (etag) => when(handler(matched), (reply) => withEtag(reply, etag)));
}

function withEtag(reply: CoapReply, etag: Uint8Array | undefined): CoapReply {
  if (etag === undefined || reply.code !== Code.CONTENT || reply.etag !== undefined) return reply;
  return { ...reply, etag };
}

function linkOf({ segments, pacing }: Resource, attributes: AttributeValues = {}): Link {
  const target = formatPath(segments.map((segment) => (segment.kind === 'literal' ? segment.text : '')));
  const observable = pacing === undefined ? {} : { obs: true as const };
  return { target, attributes: linkAttributes({ ...attributes, ...observable }) };
}
