import type { CoapEndpoint } from '@flownexus/coap';
import { sameIdentity, type Clock, type Peer } from '@flownexus/datagram';
import { Lwm2mServerError } from '../errors.ts';
import type { ErrorReporter } from '../events.ts';
import { limits } from '../limits.ts';
import { inParallel, type MaybePromise } from '../maybe-promise.ts';
import { Announcement, RegisteredEndpoint, UNREACHABLE, type CoapClient } from './registered-endpoint.ts';
import type { RegistrationEnds } from './registration-ends.ts';
import type { RegistrationStore, StoredRegistration } from './registration-store.ts';
import type { RegistrationTable } from './registration-table.ts';
import type { Registration } from './registration.ts';

/** A CoAP endpoint that can name the peers that it had before a restart. */
export type RecallingCoap = CoapClient & Pick<CoapEndpoint, 'recall'>;

export interface RestorationOptions {
  readonly store: RegistrationStore;
  readonly table: RegistrationTable;
  readonly ends: RegistrationEnds;
  /** Whether the identity that a registration was made with may still be its endpoint. */
  readonly isStill: (registration: Registration) => MaybePromise<boolean>;
  readonly reportError: ErrorReporter;
  readonly clock: Clock;
}

interface Waiting {
  readonly endpoint: RegisteredEndpoint;
  readonly stored: StoredRegistration;
}

/**
 * Takes up the registrations of a server that ran before (TS Core §6.2 knows no restart: a device goes on as if there was none).
 *
 * A lifetime goes on by wall time. What has expired meanwhile ends with `expired`, and what was made with an identity that is not
 * the endpoint any more with `revoked`, before anything is heard. A device whose peer the transport does not know any more stays registered, but
 * nothing can be sent to it until its next Update, which the registration ID and the identity authorise as ever.
 */
export class Restoration {
  readonly #options: RestorationOptions;
  #waiting: Waiting[] = [];

  constructor(options: RestorationOptions) {
    this.#options = options;
  }

  /** Before the endpoints are opened. Rejects as the store does. */
  async load(): Promise<void> {
    const { store, ends } = this.#options;
    const over: (() => MaybePromise<void>)[] = [];
    let passedOver = 0;
    for (const stored of await store.load()) {
      const endpoint = this.#add(stored);
      if (endpoint === undefined) passedOver += 1;
      else if (this.#hasExpired(endpoint)) over.push(() => ends.expire(endpoint));
      else this.#waiting.push({ endpoint, stored });
    }
    if (passedOver > 0) {
      const reason = `${passedOver} stored registrations were passed over: there are more than the server may have`;
      this.#options.reportError(new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', reason), 'restoring the registrations');
    }
    for (const { endpoint } of this.#waiting) over.push(() => this.#checkIdentity(endpoint));
    await inParallel(limits.maxParallelRestorations, over);
    this.#waiting = this.#waiting.filter(({ endpoint }) => !endpoint.ended);
  }

  /** A CoAP endpoint of ours is open: takes up the peers that came in there. Returns those that can be reached by it now. */
  opened(coap: RecallingCoap, address: string): RegisteredEndpoint[] {
    return this.#recall(coap, (stored) => stored.serverAddress === address);
  }

  /** All endpoints are open: the same for those of a scheme, wherever they came in, since ours may have another address than before. */
  openedAll(coap: RecallingCoap, scheme: string): RegisteredEndpoint[] {
    return this.#recall(coap, (stored) => stored.serverAddress.startsWith(`${scheme}:`));
  }

  /** Those that are left: they can not be reached until they are heard. */
  rest(): RegisteredEndpoint[] {
    return this.#waiting.splice(0).map(({ endpoint }) => endpoint);
  }

  #add(stored: StoredRegistration): RegisteredEndpoint | undefined {
    const { table } = this.#options;
    const { registration, peerKey } = stored;
    const { endpointName, identity, registrationId } = registration;
    if (table.byEndpointName(endpointName) !== undefined || table.byRegistrationId(registrationId) !== undefined) {
      return undefined;
    }
    if (!table.hasPlaceForLinks(registration) || !table.reserve(endpointName)) return undefined;
    const peer: Peer = { key: peerKey, ...registration.address, identity, pathValidated: false };
    const endpoint = new RegisteredEndpoint(registration, peer, UNREACHABLE, new Announcement());
    endpoint.registers = 0;
    table.add(endpoint);
    return endpoint;
  }

  /** Begins the lifetime, unless it has passed already. */
  #hasExpired(endpoint: RegisteredEndpoint): boolean {
    const { clock, ends } = this.#options;
    // The clock may have been set back since.
    const elapsedMs = Math.max(0, clock.wallTime() - endpoint.registration.updatedAt);
    if (elapsedMs >= ends.keptForMs(endpoint.registration)) return true;
    ends.begin(endpoint, elapsedMs);
    return false;
  }

  async #checkIdentity(endpoint: RegisteredEndpoint): Promise<void> {
    const { isStill, ends, reportError } = this.#options;
    const { registration } = endpoint;
    try {
      if (await isStill(registration)) return;
    } catch (error) {
      // A store that can't be asked does not end registrations: it is asked again at each request of the device.
      reportError(error, `the credentials could not be asked about ${registration.endpointName}`);
      return;
    }
    await ends.revoke(registration.endpointName, (identity) => sameIdentity(identity, registration.identity));
  }

  #recall(coap: RecallingCoap, isMeant: (stored: StoredRegistration) => boolean): RegisteredEndpoint[] {
    const recalled: RegisteredEndpoint[] = [];
    this.#waiting = this.#waiting.filter(({ endpoint, stored }) => {
      if (endpoint.ended) return false;
      if (!isMeant(stored)) return true;
      const { address, identity } = endpoint.registration;
      const peer = coap.recall(stored.peerKey, address.host, address.port);
      if (peer === undefined || !sameIdentity(peer.identity, identity)) return true;
      this.#options.table.move(endpoint, peer, coap);
      recalled.push(endpoint);
      return false;
    });
    return recalled;
  }
}
