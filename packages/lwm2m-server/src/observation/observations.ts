import type { Path } from '@flownexus/lwm2m-core';
import type { ReadOptions } from '../api/device.ts';
import type { DeviceObservation } from '../api/observation.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import { EndpointObservations } from './endpoint-observations.ts';
import type { ObservationContext } from './observation-context.ts';
import { policyPaths, type PolicyPattern } from './observation-policy.ts';
import { Subscription } from './subscription.ts';

/** The observations of all endpoints, and the policies that ask for them. */
export class Observations {
  readonly #policies: readonly PolicyPattern[];
  readonly #context: ObservationContext;
  readonly #endpoints = new Map<RegisteredEndpoint, EndpointObservations>();
  #stopped = false;

  constructor(policies: readonly PolicyPattern[], context: ObservationContext) {
    this.#policies = policies;
    this.#context = {
      ...context,
      heard: (endpoint) => {
        context.heard(endpoint);
        this.heard(endpoint);
      },
    };
  }

  /** Observed paths of all endpoints. */
  get size(): number {
    let size = 0;
    for (const endpoint of this.#endpoints.values()) size += endpoint.size;
    return size;
  }

  /** After a Register every observation begins anew (TS Core §6.4.1): those of the policies are asked for. */
  registered(endpoint: RegisteredEndpoint): void {
    if (endpoint.ended || this.#stopped) return;
    const names = policyPaths(this.#policies, endpoint.registration);
    if (names.size > 0) this.#of(endpoint).applyPolicies(names);
  }

  /** An Update leaves observations in place, unless the device came from somewhere else or has other instances. */
  updated(endpoint: RegisteredEndpoint, previous: Registration, moved: boolean): void {
    if (endpoint.ended || this.#stopped) return;
    const observations = this.#endpoints.get(endpoint);
    if (moved) observations?.moved();
    if (previous.instances !== endpoint.registration.instances) {
      const names = policyPaths(this.#policies, endpoint.registration);
      if (names.size > 0 || observations !== undefined) this.#of(endpoint).applyPolicies(names);
    }
    observations?.resume();
  }

  /** Something came from the device: what could not be established is tried again. */
  heard(endpoint: RegisteredEndpoint): void {
    this.#endpoints.get(endpoint)?.resume();
  }

  ended(endpoint: RegisteredEndpoint): void {
    const observations = this.#endpoints.get(endpoint);
    this.#endpoints.delete(endpoint);
    observations?.end(
      new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', `the registration of ${endpoint.endpointName} ended`),
    );
  }

  /** A caller's observation; given an error in place of an endpoint, one that failed with it. */
  observe(endpoint: RegisteredEndpoint | Lwm2mServerError, path: Path, options: ReadOptions): DeviceObservation {
    const target = this.#stopped ? stopped() : endpoint;
    if (!(target instanceof Lwm2mServerError)) return this.#of(target).observe(path, options);
    const failed = new Subscription(path, {
      release: () => Promise.resolve(),
      dropped: () => undefined,
      reportError: this.#context.reportError,
    });
    failed.fail(target);
    return failed;
  }

  /** Ends all without a word to the devices: their next notifications are not answered by anyone. */
  stop(): void {
    this.#stopped = true;
    for (const observations of this.#endpoints.values()) observations.end(stopped());
    this.#endpoints.clear();
  }

  #of(endpoint: RegisteredEndpoint): EndpointObservations {
    let observations = this.#endpoints.get(endpoint);
    if (observations === undefined) {
      observations = new EndpointObservations(endpoint, this.#context);
      this.#endpoints.set(endpoint, observations);
    }
    return observations;
  }
}

function stopped(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server is stopped');
}
