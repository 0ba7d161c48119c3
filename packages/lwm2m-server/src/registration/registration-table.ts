import type { RegisteredEndpoint } from './registered-endpoint.ts';
import type { Registration } from './registration.ts';

/** The present registrations, by endpoint name and by registration ID. */
export class RegistrationTable {
  readonly #byName = new Map<string, RegisteredEndpoint>();
  readonly #byId = new Map<string, RegisteredEndpoint>();
  readonly #maximum: number;

  /** @throws RangeError when `maximum` is not a positive integer */
  constructor(maximum: number) {
    if (!Number.isInteger(maximum) || maximum < 1) throw new RangeError('the maximum is a positive integer');
    this.#maximum = maximum;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Whether a registration under this name finds a place: as a new one, or as one that replaces another. */
  hasPlaceFor(endpointName: string): boolean {
    return this.#byName.size < this.#maximum || this.#byName.has(endpointName);
  }

  byEndpointName(endpointName: string): RegisteredEndpoint | undefined {
    return this.#byName.get(endpointName);
  }

  byRegistrationId(registrationId: string): RegisteredEndpoint | undefined {
    return this.#byId.get(registrationId);
  }

  /** Adds an endpoint whose name and ID are free. */
  add(endpoint: RegisteredEndpoint): void {
    this.#byName.set(endpoint.endpointName, endpoint);
    this.#byId.set(endpoint.registration.registrationId, endpoint);
  }

  delete(endpoint: RegisteredEndpoint): void {
    if (this.#byName.get(endpoint.endpointName) !== endpoint) return;
    this.#byName.delete(endpoint.endpointName);
    this.#byId.delete(endpoint.registration.registrationId);
  }

  /** All endpoints, in the order of their Registers. */
  endpoints(): Iterable<RegisteredEndpoint> {
    return this.#byName.values();
  }

  *registrations(): Iterable<Registration> {
    for (const endpoint of this.#byName.values()) yield endpoint.registration;
  }
}
