import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { sameIdentity, type Clock, type PeerIdentity, type RandomSource, type TimerQueue } from '@flownexus/datagram';
import type { Refusal } from '../api/events.ts';
import type { UplinkHandlers } from '../api/options.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { andThen, asPromise, doFinally, whenDone, type MaybePromise } from '../maybe-promise.ts';
import type { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import { answerRequest, whenAnswered } from './answer-request.ts';
import { RegistrationExpiry } from './expiry.ts';
import { RefusalError, unavailable } from './refusal-error.ts';
import { applyUpdate, parseRegister } from './register-request.ts';
import { Announcement, RegisteredEndpoint, type CoapClient } from './registered-endpoint.ts';
import type { Registration } from './registration.ts';
import { newRegistrationId } from './registration-id.ts';
import type { RegistrationObserver } from './registration-observer.ts';
import type { RegistrationTable } from './registration-table.ts';
import { SerialByKey } from './serial-by-key.ts';

export interface RegistrationInterfaceOptions {
  readonly table: RegistrationTable;
  readonly authorization: Authorization;
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
  readonly handlers: UplinkHandlers;
  readonly observer: RegistrationObserver;
  readonly reportError: ErrorReporter;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly timers: TimerQueue;
  readonly gracePeriodMs: number;
  /** Notes work that `stop` waits for; returns it. */
  readonly track: (work: Promise<void>) => Promise<void>;
}

/**
 * The registration interface (TS Core §6.2, TS Transport §6.4): Register, Update, De-register, and the end of
 * lifetimes.
 *
 * Requests for one endpoint name are handled one after another, also where handlers are slow. Nothing changes before
 * the handler has resolved; when it rejects the answer is 5.03 and all is as before.
 *
 * A Register replaces the registration that the endpoint has: `onRegister` alone is called, then
 * `deregistered(old, 'replaced')` and `registered(new)` are emitted right after one another, in this order.
 *
 * The registration ID authorises Update and De-register of a peer that has no identity: an Update that comes from
 * another address than before moves the registration there. LwM2M asks such a client to register anew, yet clients
 * behind a NAT that forgot its mapping can't know that they moved, and an ID of 96 random bits is worth more than a
 * source address that anyone can write. A registration that was made with an identity asks for the same identity.
 *
 * Whether a peer may be the endpoint that it says is asked at each request (`Authorization`), before it takes its turn: what is
 * refused must not hold up the endpoint that it is not.
 */
export class RegistrationInterface {
  readonly #options: RegistrationInterfaceOptions;
  readonly #table: RegistrationTable;
  readonly #expiry: RegistrationExpiry<RegisteredEndpoint>;
  readonly #serial = new SerialByKey();
  /** For each question to a store that is open: the endpoints whose credentials have changed since it was asked. */
  readonly #changedSince = new Set<Set<string>>();

  /** @throws RangeError when `gracePeriodMs` is not a number of 0 or more */
  constructor(options: RegistrationInterfaceOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#expiry = new RegistrationExpiry(options.timers, options.gracePeriodMs, (endpoint) => {
      this.#expired(endpoint);
    });
  }

  /** Answers a request under `/rd`. `coap` is the endpoint that it came in at. */
  handle(request: IncomingRequest, coap: CoapClient): CoapReply | Promise<CoapReply> {
    const [, registrationId] = request.path;
    if (request.path.length > 2) return { code: Code.NOT_FOUND };
    if (registrationId === undefined) {
      if (request.method !== Code.POST) return { code: Code.METHOD_NOT_ALLOWED };
      return this.#answer('register', request, () => this.#register(request, coap));
    }
    if (request.method === Code.POST) {
      return this.#answer('update', request, () => this.#update(request, coap, registrationId));
    }
    if (request.method === Code.DELETE) {
      return this.#answer('deregister', request, () => this.#deregister(request, coap, registrationId));
    }
    return { code: Code.METHOD_NOT_ALLOWED };
  }

  #register(request: IncomingRequest, coap: CoapClient): CoapReply | Promise<CoapReply> {
    const requested = parseRegister(request);
    return andThen(this.#authorized(request, coap, requested.endpointName), (endpointName) =>
      this.#inTurn(endpointName, () => this.#take({ ...requested, endpointName }, request, coap)),
    );
  }

  #take(
    requested: Omit<Registration, 'registrationId' | 'registeredAt' | 'updatedAt'>,
    request: IncomingRequest,
    coap: CoapClient,
  ): MaybePromise<CoapReply> {
    const { endpointName } = requested;
    if (!this.#table.hasPlaceForLinks(requested.links.length))
      throw unavailable('the server has no place for more links');
    if (!this.#table.reserve(endpointName)) throw unavailable('the server has no place for more endpoints');
    const take = (): CoapReply | Promise<CoapReply> => {
      const registration = this.#toRegistration(requested);
      return whenDone(
        this.#call('onRegister', registration, (handlers) => handlers.onRegister?.(registration)),
        () => this.#establish(registration, request, coap),
      );
    };
    return doFinally(take, () => this.#table.release(endpointName));
  }

  #toRegistration(requested: Omit<Registration, 'registrationId' | 'registeredAt' | 'updatedAt'>): Registration {
    const now = this.#options.clock.wallTime();
    const registrationId = newRegistrationId(
      this.#options.random,
      (id) => this.#table.byRegistrationId(id) !== undefined,
    );
    return { ...requested, registrationId, registeredAt: now, updatedAt: now };
  }

  #establish(registration: Registration, request: IncomingRequest, coap: CoapClient): CoapReply {
    const { observer } = this.#options;
    const replaced = this.#table.byEndpointName(registration.endpointName);
    if (replaced !== undefined) {
      replaced.announcement.flush();
      this.#remove(replaced);
    }
    const announcement = replaced?.announcement ?? new Announcement();
    const endpoint = new RegisteredEndpoint(registration, request.peer, coap, announcement);
    endpoint.presence = replaced?.presence;
    this.#table.add(endpoint);
    this.#expiry.restart(endpoint);
    const announce = announcement.after(() => {
      if (replaced !== undefined) observer.deregistered(replaced.registration, 'replaced');
      observer.registered(endpoint);
    });
    // Exactly two segments, and a short ID: Zephyr keeps 32 characters of the second and drops all others.
    return { code: Code.CREATED, locationPath: ['rd', registration.registrationId], ...whenAnswered(announce) };
  }

  #update(request: IncomingRequest, coap: CoapClient, registrationId: string): CoapReply | Promise<CoapReply> {
    return this.#ofOwner(registrationId, request, coap, (endpoint) => {
      const previous = endpoint.registration;
      const next = applyUpdate(previous, request, this.#options.clock.wallTime());
      if (!this.#table.hasPlaceForLinks(next.links.length - previous.links.length)) {
        throw unavailable('the server has no place for more links');
      }
      return whenDone(
        this.#call('onUpdate', next, (handlers) => handlers.onUpdate?.(next, previous)),
        () => {
          endpoint.announcement.flush();
          const moved = this.#table.move(endpoint, request.peer, coap);
          this.#table.update(endpoint, next);
          this.#expiry.restart(endpoint);
          const announce = endpoint.announcement.after(() => {
            this.#options.observer.updated(endpoint, previous, moved);
          });
          return { code: Code.CHANGED, ...whenAnswered(announce) };
        },
      );
    });
  }

  #deregister(request: IncomingRequest, coap: CoapClient, registrationId: string): CoapReply | Promise<CoapReply> {
    return this.#ofOwner(registrationId, request, coap, (endpoint) => {
      const { registration } = endpoint;
      return whenDone(
        this.#call('onDeregister', registration, (handlers) => handlers.onDeregister?.(registration, 'deregistered')),
        () => {
          endpoint.announcement.flush();
          this.#remove(endpoint);
          const announce = endpoint.announcement.after(() => {
            this.#options.observer.deregistered(registration, 'deregistered');
          });
          return { code: Code.DELETED, ...whenAnswered(announce) };
        },
      );
    });
  }

  /** Ends the registration of an endpoint if a peer of its identity is not the endpoint any more. */
  revoke(endpointName: string, isRevoked: (identity: PeerIdentity) => boolean): void {
    for (const changed of this.#changedSince) changed.add(endpointName);
    this.#endInTurn(endpointName, () => {
      const endpoint = this.#table.byEndpointName(endpointName);
      if (endpoint !== undefined && isRevoked(endpoint.registration.identity)) return this.#end(endpoint, 'revoked');
    });
  }

  #expired(endpoint: RegisteredEndpoint): void {
    this.#endInTurn(endpoint.endpointName, () => {
      // An Update whose handler was still running came first, and has begun a new lifetime.
      if (endpoint.ended || endpoint.expiryTimer !== undefined || endpoint.registration.lifetime === 0) return;
      return this.#end(endpoint, 'expired');
    });
  }

  #endInTurn(endpointName: string, task: () => void | Promise<void>): void {
    const outcome = this.#serial.run(endpointName, task);
    if (outcome instanceof Promise) void this.#options.track(outcome);
  }

  /** Ends a registration that nobody asks to end: it is over whatever the handler does. */
  #end(endpoint: RegisteredEndpoint, reason: 'expired' | 'revoked'): void | Promise<void> {
    const { registration, announcement } = endpoint;
    announcement.flush();
    this.#remove(endpoint);
    const announce = announcement.after(() => {
      this.#options.observer.deregistered(registration, reason);
    });
    let work: Promise<void> | undefined;
    try {
      work = this.#call('onDeregister', registration, (handlers) => handlers.onDeregister?.(registration, reason));
    } catch {
      // #call has reported why the handler failed; the registration is over all the same.
    }
    if (work === undefined) announce();
    else return work.then(announce, announce);
  }

  #remove(endpoint: RegisteredEndpoint): void {
    endpoint.ended = true;
    this.#expiry.cancel(endpoint);
    this.#table.delete(endpoint);
    this.#options.observer.ended(endpoint);
  }

  /** Runs a task on the endpoint that a request under `/rd/{id}` means, in its turn, if the sender is allowed to be that endpoint. */
  #ofOwner(
    registrationId: string,
    request: IncomingRequest,
    coap: CoapClient,
    task: (endpoint: RegisteredEndpoint) => MaybePromise<CoapReply>,
  ): MaybePromise<CoapReply> {
    const { endpointName } = this.#find(registrationId, request);
    return andThen(this.#authorized(request, coap, endpointName), () =>
      // It may have ended while this waited for its turn.
      this.#inTurn(endpointName, () => task(this.#find(registrationId, request))),
    );
  }

  /**
   * The name of the endpoint that the sender may be. What fails here is the store of credentials: it refuses too. An answer that is older than a
   * change of that endpoint's credential does not count.
   */
  #authorized(request: IncomingRequest, coap: CoapClient, asked: string | undefined): MaybePromise<string> {
    const failed = (error: unknown): never => {
      if (error instanceof RefusalError) throw error;
      this.#options.reportError(error, `the credentials could not be asked about ${request.peer.host}`);
      throw unavailable();
    };
    try {
      const answer = this.#options.authorization.endpointName(
        request.peer.identity,
        asked,
        this.#options.proverOf(coap),
      );
      if (!(answer instanceof Promise)) return answer;
      const changed = new Set<string>();
      this.#changedSince.add(changed);
      return answer
        .finally(() => this.#changedSince.delete(changed))
        .catch(failed)
        .then((name) => (changed.has(name) ? this.#authorized(request, coap, asked) : name));
    } catch (error) {
      return failed(error);
    }
  }

  /** The endpoint that a request under `/rd/{id}` means. What the sender may not touch does not exist for it. */
  #find(registrationId: string, request: IncomingRequest): RegisteredEndpoint {
    const endpoint = this.#table.byRegistrationId(registrationId);
    if (endpoint === undefined || !sameIdentity(endpoint.registration.identity, request.peer.identity)) {
      throw new RefusalError(Code.NOT_FOUND, 'no such registration');
    }
    return endpoint;
  }

  #inTurn(endpointName: string, task: () => CoapReply | Promise<CoapReply>): CoapReply | Promise<CoapReply> {
    if (this.#serial.length(endpointName) > limits.maxWaitingRequestsPerEndpoint) {
      throw unavailable('earlier requests of this endpoint are still being handled');
    }
    return this.#serial.run(endpointName, task);
  }

  /** Calls a handler. Its failure is reported, and refuses the request. */
  #call(
    name: keyof UplinkHandlers,
    registration: Registration,
    call: (handlers: UplinkHandlers) => void | Promise<void>,
  ): Promise<void> | undefined {
    const failed = (error: unknown): never => {
      this.#options.reportError(error, `${name} failed for ${registration.endpointName}`);
      throw unavailable();
    };
    try {
      return asPromise(call(this.#options.handlers))?.catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #answer(
    operation: Refusal['operation'],
    request: IncomingRequest,
    work: () => CoapReply | Promise<CoapReply>,
  ): CoapReply | Promise<CoapReply> {
    const { reportError, observer } = this.#options;
    const asked = { operation, request, endpointName: () => this.#nameOf(request) };
    return answerRequest(asked, { reportError, refused: (refusal) => observer.refused(refusal) }, work);
  }

  /** The endpoint name of a refused request, as far as it says one. */
  #nameOf(request: IncomingRequest): string | undefined {
    const [, registrationId] = request.path;
    if (registrationId !== undefined) return this.#table.byRegistrationId(registrationId)?.endpointName;
    return request.query.find((parameter) => parameter.startsWith('ep='))?.slice(3);
  }
}
