import type { Peer } from '@flownexus/datagram';
import { limits } from '../limits.ts';
import { PeerIndex } from './peer-index.ts';
import type { CoapClient, RegisteredEndpoint } from './registered-endpoint.ts';
import type { Registration } from './registration.ts';
import { growthOf, weightOf, type Weighty } from './weight.ts';

/**
 * The present registrations, by endpoint name, by registration ID and by peer. At most `maximum`, those included whose Register is
 * still being handled.
 */
export class RegistrationTable {
  readonly #byName = new Map<string, RegisteredEndpoint>();
  readonly #byId = new Map<string, RegisteredEndpoint>();
  readonly #byPeer = new PeerIndex();
  readonly #reserved = new Set<string>();
  readonly #maximum: number;
  readonly #maximumLinks: number;
  #links = 0;

  /** @throws RangeError when `maximum` is not a positive integer */
  constructor(maximum: number, maximumLinks: number = limits.maxLinksOfAll) {
    if (!Number.isInteger(maximum) || maximum < 1) throw new RangeError('the maximum is a positive integer');
    this.#maximum = maximum;
    this.#maximumLinks = maximumLinks;
  }

  get size(): number {
    return this.#byName.size;
  }

  /**
   * Keeps a place for a name until `release`. Returns false when there is none. A name that is registered has its place:
   * its registration can't end meanwhile, since what happens to one name happens in turn.
   */
  reserve(endpointName: string): boolean {
    if (this.#byName.has(endpointName)) return true;
    if (this.#byName.size + this.#reserved.size >= this.#maximum) return false;
    this.#reserved.add(endpointName);
    return true;
  }

  /** Gives up the place that was kept for a name, if it was. */
  release(endpointName: string): void {
    this.#reserved.delete(endpointName);
  }

  /** Whether all registrations together may grow by this one, in the place of the other. */
  hasPlaceForLinks(next: Weighty, previous?: Weighty): boolean {
    const growth = previous === undefined ? weightOf(next) : growthOf(next, previous);
    return growth <= 0 || this.#links + growth <= this.#maximumLinks;
  }

  byEndpointName(endpointName: string): RegisteredEndpoint | undefined {
    return this.#byName.get(endpointName);
  }

  byRegistrationId(registrationId: string): RegisteredEndpoint | undefined {
    return this.#byId.get(registrationId);
  }

  /** The endpoint that a peer of a CoAP endpoint is; of several the one that registered or updated last. */
  byPeer(coap: CoapClient, peerKey: string): RegisteredEndpoint | undefined {
    return this.#byPeer.get(coap, peerKey);
  }

  /** Adds an endpoint whose name and ID are free; the place comes from `reserve`. */
  add(endpoint: RegisteredEndpoint): void {
    this.#reserved.delete(endpoint.endpointName);
    this.#byName.set(endpoint.endpointName, endpoint);
    this.#byId.set(endpoint.registration.registrationId, endpoint);
    this.#byPeer.add(endpoint);
    this.#links += weightOf(endpoint.registration);
  }

  /** Exchanges the registration of an endpoint for what an Update made of it. */
  update(endpoint: RegisteredEndpoint, registration: Registration): void {
    this.#links += growthOf(registration, endpoint.registration);
    endpoint.registration = registration;
  }

  /** The endpoint was heard as this peer. Returns whether it was another before, or came in at another CoAP endpoint. */
  move(endpoint: RegisteredEndpoint, peer: Peer, coap: CoapClient): boolean {
    const moved = endpoint.peer.key !== peer.key || endpoint.coap !== coap;
    if (!moved && endpoint.newerOfPeer === undefined) {
      endpoint.peer = peer; // its latest form
      return false;
    }
    this.#byPeer.delete(endpoint);
    endpoint.peer = peer;
    endpoint.coap = coap;
    this.#byPeer.add(endpoint);
    return moved;
  }

  delete(endpoint: RegisteredEndpoint): void {
    if (this.#byName.get(endpoint.endpointName) !== endpoint) return;
    this.#byName.delete(endpoint.endpointName);
    this.#byId.delete(endpoint.registration.registrationId);
    this.#byPeer.delete(endpoint);
    this.#links -= weightOf(endpoint.registration);
  }

  /** All endpoints, in the order of their Registers. */
  endpoints(): Iterable<RegisteredEndpoint> {
    return this.#byName.values();
  }

  *registrations(): Iterable<Registration> {
    for (const endpoint of this.#byName.values()) yield endpoint.registration;
  }
}
