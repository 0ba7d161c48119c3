import { TimerQueue, type Clock } from '@flownexus/datagram';
import type { CoapReply, IncomingRequest, ObserveRelation } from '../api.ts';
import { observedKey } from '../engine/cache-key.ts';
import { isResponse } from '../code.ts';
import { errorReply } from '../engine/reply.ts';
import { CoapError } from '../errors.ts';
import { MAX_OBSERVED_REQUEST_BYTES } from '../limits.ts';
import { isPromise, when } from '../when.ts';
import { detached } from './detached-request.ts';
import type { Pacing } from './pacing.ts';
import { PacedRelation, type RelationContext } from './paced-relation.ts';
import { formatPath } from './path.ts';
import { SharedRepresentation } from './shared-representation.ts';

export interface ObservationsOptions {
  readonly clock: Clock;
  /** More are answered as if they had not asked. */
  readonly maxObservers: number;
}

type Serve = (request: IncomingRequest) => CoapReply | Promise<CoapReply>;

/** Who observes which resource (RFC 7641 §4). */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #context: RelationContext;
  /** By path, then by what makes two requests ask for the same. */
  readonly #paths = new Map<string, Map<string, SharedRepresentation>>();
  #size = 0;

  constructor(options: ObservationsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#context = { clock, timers: new TimerQueue({ clock }) };
  }

  get size(): number {
    return this.#size;
  }

  /** Observers of a path. */
  count(path: readonly string[]): number {
    let count = 0;
    for (const representation of this.#at(path)) count += representation.size;
    return count;
  }

  changed(path: readonly string[]): void {
    for (const representation of this.#at(path)) representation.changed();
  }

  end(path: readonly string[], reply: CoapReply): void {
    for (const representation of this.#at(path)) representation.end(reply);
  }

  /**
   * Serves a request that asks for an observation, and accepts that unless a bound is in the way (RFC 7641 §4.1). What changes
   * from now on is notified, even before the answer is there.
   */
  register(request: IncomingRequest, pacing: Pacing, serve: Serve): CoapReply | Promise<CoapReply> {
    const relation = this.#accept(request);
    if (relation === undefined) return serve(request);
    const serveChecked: Serve = (each) => when(serve(each), checkReply);
    const representation = this.#obtain(request, serveChecked, relation);
    const paced = new PacedRelation(this.#context, relation, representation, pacing, request.confirmable);
    representation.add(paced);
    this.#size += 1;
    const refused = (error: unknown): never => {
      paced.leave();
      throw error;
    };
    let reply: CoapReply | Promise<CoapReply>;
    try {
      reply = serveChecked(request);
    } catch (error) {
      return refused(error);
    }
    return when(isPromise(reply) ? reply.catch(refused) : reply, (settled) => paced.established(settled));
  }

  #accept(request: IncomingRequest): ObserveRelation | undefined {
    let bytes = request.payload.length;
    for (const { value } of request.options) bytes += value.length;
    if (bytes > MAX_OBSERVED_REQUEST_BYTES) return undefined;
    let relation: ObserveRelation;
    try {
      relation = request.acceptObservation();
    } catch (error) {
      if (error instanceof CoapError && error.code === 'ERR_COAP_LIMIT') return undefined;
      throw error;
    }
    // Asked only now: accepting has ended the relation that this one replaces.
    if (this.#size < this.#options.maxObservers) return relation;
    relation.end();
    return undefined;
  }

  #obtain(request: IncomingRequest, serve: Serve, relation: ObserveRelation): SharedRepresentation {
    const path = formatPath(request.path);
    const key = observedKey(request);
    let representations = this.#paths.get(path);
    if (representations === undefined)
      this.#paths.set(path, (representations = new Map<string, SharedRepresentation>()));
    const known = representations.get(key);
    if (known !== undefined) return known;
    const again = detached(request);
    const representation = new SharedRepresentation({
      produce: () => serve(again),
      onFailure: (error) => {
        if (!(error instanceof CoapError && error.responseCode !== undefined)) {
          relation.reportError(error, 'onRequest');
        }
        return errorReply(error);
      },
      onGone: () => {
        this.#size -= 1;
        if (representation.size > 0) return;
        representations.delete(key);
        if (representations.size === 0) this.#paths.delete(path);
      },
    });
    representations.set(key, representation);
    return representation;
  }

  #at(path: readonly string[]): readonly SharedRepresentation[] {
    const representations = this.#paths.get(formatPath(path));
    return representations === undefined ? [] : [...representations.values()];
  }
}

/** In plain JavaScript a handler may give anything: what is no reply is an error of its own, whoever calls it. */
function checkReply(value: unknown): CoapReply {
  if (isReply(value)) return value;
  throw new TypeError('a handler answers with a reply: an object that has the code of a response');
}

function isReply(value: unknown): value is CoapReply {
  return typeof value === 'object' && value !== null && 'code' in value && isResponse(Number(value.code));
}
