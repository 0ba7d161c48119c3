import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { sameIdentity, type Clock, type RandomSource } from '@flownexus/datagram';
import { limits } from '../limits.ts';
import { andThen, doFinally, type MaybePromise } from '../maybe-promise.ts';
import type { Admission } from '../security/admission.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import { answerRequest, type RefusalContext } from './answer-request.ts';
import type { Profiles } from './profiles.ts';
import { RefusalError, unavailable } from './refusal-error.ts';
import { applyUpdate, parseRegister, toRegistration, type RequestedRegistration } from './register-request.ts';
import { Announcement, RegisteredEndpoint, type CoapClient } from './registered-endpoint.ts';
import type { RegistrationEnds } from './registration-ends.ts';
import { newRegistrationId } from './registration-id.ts';
import type { RegistrationObserver } from './registration-observer.ts';
import { askedEndpointName } from './registration-parameters.ts';
import type { RegistrationTable } from './registration-table.ts';
import type { Registration } from './registration.ts';
import type { Safekeeping } from './safekeeping.ts';
import type { SerialByKey } from './serial-by-key.ts';

export interface RegistrationInterfaceOptions {
  readonly table: RegistrationTable;
  /** The turns of the endpoint names. Shared with `ends`. */
  readonly serial: SerialByKey;
  readonly ends: RegistrationEnds;
  readonly safekeeping: Safekeeping;
  readonly admission: Admission;
  readonly refusals: RefusalContext;
  readonly profiles: Profiles;
  readonly observer: RegistrationObserver;
  /** The store by which peers of a CoAP endpoint have proven their identities, if there is one for it alone. */
  readonly proverOf: (coap: CoapClient) => CredentialStore | undefined;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/**
 * The registration interface (TS Core §6.2, TS Transport §6.4): Register, Update and De-register.
 *
 * Requests for one endpoint name are handled one after another, also where handlers are slow. Nothing changes before
 * the handler and the store have resolved; when one rejects the answer is 5.03 and all is as before.
 *
 * A Register replaces the registration that the endpoint has: `onRegister` alone is called, then
 * `deregistered(old, 'replaced')` and `registered(new)` are emitted right after one another, in this order.
 *
 * The registration ID authorises Update and De-register of a peer that has no identity: an Update that comes from
 * another address than before moves the registration there. LwM2M asks such a client to register anew, yet clients
 * behind a NAT that forgot its mapping can't know that they moved, and an ID of 96 random bits is worth more than a
 * source address that anyone can write. A registration that was made with an identity asks for the same identity: over
 * another association than before it moves there. The one that it came from is left alone, since to end it would also end
 * the sessions that the device resumes; the transport drops it when it is idle, or when there are too many.
 *
 * Whether a peer may be the endpoint that it says is asked at each request (`Admission`), before it takes its turn: what is
 * refused must not hold up the endpoint that it is not.
 */
export class RegistrationInterface {
  readonly #options: RegistrationInterfaceOptions;
  readonly #table: RegistrationTable;

  constructor(options: RegistrationInterfaceOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  /** Answers a request under `/rd`. `coap` is the endpoint that it came in at. */
  handle(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    const { path } = request;
    if (path.length > 2) return { code: Code.NOT_FOUND };
    const registrationId = path[1];
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

  #register(request: IncomingRequest, coap: CoapClient): MaybePromise<CoapReply> {
    const { admission, profiles, proverOf } = this.#options;
    const requested = parseRegister(request, profiles);
    return andThen(admission.admit('register', request.peer, requested.endpointName, proverOf(coap)), (endpointName) =>
      this.#inTurn(endpointName, () => this.#take(endpointName, requested, request, coap)),
    );
  }

  #take(
    endpointName: string,
    requested: RequestedRegistration,
    request: IncomingRequest,
    coap: CoapClient,
  ): MaybePromise<CoapReply> {
    const list = requested.listOf(endpointName);
    const { additionalParameters } = requested;
    if (!this.#table.hasPlaceForLinks({ ...list, additionalParameters }))
      throw unavailable('the server has no place for more links');
    if (!this.#table.reserve(endpointName)) throw unavailable('the server has no place for more endpoints');
    const take = (): MaybePromise<CoapReply> => {
      const registration = toRegistration(requested, list, {
        endpointName,
        registrationId: newRegistrationId(this.#options.random, (id) => this.#table.byRegistrationId(id) !== undefined),
        registeredAt: this.#options.clock.wallTime(),
      });
      return andThen(this.#options.safekeeping.registering(registration, request.peer.key, coap), () =>
        this.#establish(registration, request, coap),
      );
    };
    return doFinally(take, () => this.#table.release(endpointName));
  }

  #establish(registration: Registration, request: IncomingRequest, coap: CoapClient): CoapReply {
    const { observer, ends } = this.#options;
    const replaced = this.#table.byEndpointName(registration.endpointName);
    if (replaced !== undefined) {
      replaced.announcement.flush();
      ends.remove(replaced);
    }
    const announcement = replaced?.announcement ?? new Announcement();
    const endpoint = new RegisteredEndpoint(registration, request.peer, coap, announcement);
    if (replaced !== undefined) endpoint.replace(replaced);
    this.#table.add(endpoint);
    ends.begin(endpoint);
    const announce = announcement.after(() => {
      if (replaced !== undefined) observer.deregistered(replaced.registration, 'replaced');
      observer.registered(endpoint);
    });
    // Exactly two segments, and a short ID: Zephyr keeps 32 characters of the second and drops all others.
    const locationPath = ['rd', registration.registrationId];
    return { code: Code.CREATED, locationPath, afterSent: announce, onUnsent: announce };
  }

  #update(request: IncomingRequest, coap: CoapClient, registrationId: string): MaybePromise<CoapReply> {
    const { clock, profiles, safekeeping } = this.#options;
    return this.#ofOwner('update', registrationId, request, coap, (endpoint) => {
      const previous = endpoint.registration;
      const next = applyUpdate(previous, request, clock.wallTime(), profiles);
      if (!this.#table.hasPlaceForLinks(next, previous)) {
        throw unavailable('the server has no place for more links');
      }
      return andThen(safekeeping.updating(next, previous, request.peer.key, coap), () =>
        this.#change(endpoint, next, request, coap),
      );
    });
  }

  #change(endpoint: RegisteredEndpoint, next: Registration, request: IncomingRequest, coap: CoapClient): CoapReply {
    const previous = endpoint.registration;
    endpoint.announcement.flush();
    const moved = this.#table.move(endpoint, request.peer, coap);
    this.#table.update(endpoint, next);
    this.#options.ends.begin(endpoint);
    const announce = endpoint.announcement.after(() => {
      this.#options.observer.updated(endpoint, previous, moved);
    });
    return { code: Code.CHANGED, afterSent: announce, onUnsent: announce };
  }

  #deregister(request: IncomingRequest, coap: CoapClient, registrationId: string): MaybePromise<CoapReply> {
    const { observer, safekeeping, ends } = this.#options;
    return this.#ofOwner('deregister', registrationId, request, coap, (endpoint) => {
      const { registration, announcement } = endpoint;
      return andThen(safekeeping.deregistering(registration), () => {
        announcement.flush();
        ends.remove(endpoint);
        const announce = announcement.after(() => {
          observer.deregistered(registration, 'deregistered');
        });
        return { code: Code.DELETED, afterSent: announce, onUnsent: announce };
      });
    });
  }

  /** Runs a task on the endpoint that a request under `/rd/{id}` means, in its turn, if the sender is allowed to be that endpoint. */
  #ofOwner(
    operation: 'update' | 'deregister',
    registrationId: string,
    request: IncomingRequest,
    coap: CoapClient,
    task: (endpoint: RegisteredEndpoint) => MaybePromise<CoapReply>,
  ): MaybePromise<CoapReply> {
    const { admission, proverOf } = this.#options;
    const { endpointName } = this.#find(registrationId, request);
    return andThen(admission.admit(operation, request.peer, endpointName, proverOf(coap)), () =>
      // It may have ended while this waited for its turn.
      this.#inTurn(endpointName, () => task(this.#find(registrationId, request))),
    );
  }

  /** The endpoint that a request under `/rd/{id}` means. What the sender may not touch does not exist for it. */
  #find(registrationId: string, request: IncomingRequest): RegisteredEndpoint {
    const endpoint = this.#table.byRegistrationId(registrationId);
    if (endpoint === undefined || !sameIdentity(endpoint.registration.identity, request.peer.identity)) {
      throw new RefusalError(Code.NOT_FOUND, 'no such registration');
    }
    return endpoint;
  }

  #inTurn(endpointName: string, task: () => MaybePromise<CoapReply>): MaybePromise<CoapReply> {
    const { serial } = this.#options;
    if (serial.length(endpointName) > limits.maxWaitingRequestsPerEndpoint) {
      throw unavailable('earlier requests of this endpoint are still being handled');
    }
    return serial.run(endpointName, task);
  }

  #answer(
    operation: 'register' | 'update' | 'deregister',
    request: IncomingRequest,
    work: () => MaybePromise<CoapReply>,
  ): MaybePromise<CoapReply> {
    const asked = { operation, request, endpointName: () => this.#nameOf(request) };
    return answerRequest(asked, this.#options.refusals, work);
  }

  /** The endpoint name of a refused request, as far as it says one. */
  #nameOf(request: IncomingRequest): string | undefined {
    const [, registrationId] = request.path;
    if (registrationId !== undefined) return this.#table.byRegistrationId(registrationId)?.endpointName;
    return askedEndpointName(request.query);
  }
}
