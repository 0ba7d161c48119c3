import type { Path } from '@flownexus/lwm2m-core';
import type { CompositeOptions, ObserveOptions } from '../api/device.ts';
import type { DeviceObservation, ObservationPolicy } from '../api/observation.ts';
import type {
  CancelObservationOperation,
  ObserveCompositeOperation,
  ObserveOperation,
  OperationResult,
} from '../downlink/operation.ts';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import { EndpointObservations } from './endpoint-observations.ts';
import { KeptObservations } from './kept-observations.ts';
import { cancelKept, cancelledBy, keep, NOTHING_ASKED, wantedBy } from './kept-operations.ts';
import type { ObservationContext } from './observation-context.ts';
import { ObservationPolicies } from './observation-policy.ts';
import { compositeTarget, singleTarget, termsOf, type ObservationTarget } from './observation-target.ts';
import { StoredObservations } from './stored-observations.ts';
import { boundSubscription } from './subscription-bounds.ts';
import { Subscription } from './subscription.ts';

export interface ObservationsOptions extends ObservationContext {
  readonly policies: readonly ObservationPolicy[];
  /** All that are registered. */
  readonly registered: () => Iterable<RegisteredEndpoint>;
}

/** The observations of all endpoints, and the policies that ask for them. */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #endpoints = new Map<RegisteredEndpoint, EndpointObservations>();
  readonly #kept = new KeptObservations();
  readonly #stored: StoredObservations;
  #policies: ObservationPolicies;
  /** The walk through the registered endpoints that the latest policies began. */
  #applying = {};
  #stopped = false;

  /**
   * @throws TypeError for a policy whose path is none
   * @throws RangeError for one whose attributes have no form
   */
  constructor(options: ObservationsOptions) {
    this.#options = options;
    this.#policies = new ObservationPolicies(options.policies, options.reportError);
    this.#stored = new StoredObservations(options.records, this.#kept, options.reportError);
  }

  /** Observations of all endpoints, those being established included. */
  get size(): number {
    let size = 0;
    for (const endpoint of this.#endpoints.values()) size += endpoint.size;
    return size;
  }

  /** After a Register every observation begins anew (TS Core §6.4.1): those that the server keeps up are asked for. */
  registered(endpoint: RegisteredEndpoint): void {
    if (endpoint.ended || this.#stopped) return;
    this.#prepare(endpoint);
    this.heard(endpoint);
  }

  /** An Update leaves observations in place, unless the device came from somewhere else or has other instances. */
  updated(endpoint: RegisteredEndpoint, previous: Registration, moved: boolean): void {
    if (endpoint.ended || this.#stopped) return;
    if (moved) this.#endpoints.get(endpoint)?.moved();
    if (previous.instances !== endpoint.registration.instances || this.#policies.dependOnRegistration) {
      this.#applyPolicies(endpoint);
    }
    this.heard(endpoint);
  }

  /** Something came from the device: what could not be established is tried again. */
  heard(endpoint: RegisteredEndpoint): void {
    this.#endpoints.get(endpoint)?.resume();
  }

  ended(endpoint: RegisteredEndpoint): void {
    const observations = this.#endpoints.get(endpoint);
    if (observations === undefined) return;
    this.#endpoints.delete(endpoint);
    const { endpointName } = endpoint;
    if (observations.recorded) this.#options.records.endRegistration(endpointName);
    const text = `the registration of ${endpointName} ended`;
    observations.end(new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', text));
  }

  /**
   * Exchanges the policies. What is not wanted any more is ended at the devices, and what is new is established; of many endpoints in several steps, for
   * others to have their turn.
   *
   * @throws TypeError, RangeError as the constructor, with everything as it was
   */
  setPolicies(policies: readonly ObservationPolicy[]): void {
    this.#policies = new ObservationPolicies(policies, this.#options.reportError);
    const walk = (this.#applying = {});
    const endpoints: Iterator<RegisteredEndpoint, unknown> = this.#options.registered()[Symbol.iterator]();
    const step = (): void => {
      for (let count = 0; count < limits.maxEndpointsPerStep; count += 1) {
        const next = endpoints.next();
        if (next.done === true || this.#stopped || walk !== this.#applying) return;
        this.#applyPolicies(next.value);
        this.heard(next.value);
      }
      this.#options.timers.schedule(0, step);
    };
    step();
  }

  /**
   * A caller's observation of a path, in its turn; given an error in place of an endpoint, one that failed with it.
   *
   * @throws RangeError for attributes that have no form
   */
  observe(endpoint: RegisteredEndpoint | Lwm2mServerError, path: Path, options: ObserveOptions): DeviceObservation {
    return this.#observe(endpoint, singleTarget(path), options);
  }

  /**
   * A caller's composite observation of paths, as `observe`.
   *
   * @throws RangeError when there are no paths, or more than may be, and as `observe`
   * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for a Content-Format that holds no list of paths
   */
  observeComposite(
    endpoint: RegisteredEndpoint | Lwm2mServerError,
    paths: readonly Path[],
    options: CompositeOptions & Pick<ObserveOptions, 'attributes'>,
  ): DeviceObservation {
    return this.#observe(endpoint, compositeTarget(paths), options);
  }

  /**
   * Establishes an observation that a queued operation asked for; from then on it is established anew after each Register, until `cancelKept`. Sends at
   * once. Rejects with `OperationRejectedError` or `Lwm2mServerError` when it is not established, and with `Lwm2mError` for a path that does not parse.
   */
  async keep(
    endpoint: RegisteredEndpoint,
    operation: ObserveOperation | ObserveCompositeOperation,
    bounds: ExchangeBounds,
  ): Promise<OperationResult> {
    const wanted = wantedBy(operation);
    const { endpointName } = endpoint;
    if (!this.#kept.hasPlaceFor(endpointName, wanted.target)) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'as many observations are kept as may be');
    }
    const observation = this.#of(endpoint).obtain(wanted.target);
    const result = await keep(this.#of(endpoint), observation, wanted.terms, bounds);
    if (endpoint.ended) {
      const text = `the registration of ${endpointName} ended`;
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', text);
    }
    this.#kept.set(endpointName, { target: observation.target, terms: wanted.terms });
    return result;
  }

  /**
   * Ends what a queued operation asked to observe. The device is asked to stop where nobody else wants it, policies and callers; where it need not be asked,
   * the result is as if it had been. Sends at once. When the device does not answer it rejects, and it is forgotten all the same.
   */
  async cancelKept(
    endpoint: RegisteredEndpoint,
    operation: CancelObservationOperation,
    bounds: ExchangeBounds,
  ): Promise<OperationResult> {
    const target = cancelledBy(operation);
    const { endpointName } = endpoint;
    const wasKept = this.#kept.delete(endpointName, target.key) !== undefined;
    const observations = this.#endpoints.get(endpoint);
    const observation = observations?.get(target);
    if (observations !== undefined && observation !== undefined) return cancelKept(observations, observation, bounds);
    if (wasKept) this.#options.records.remove(endpointName, target);
    return NOTHING_ASKED;
  }

  /** What queued operations asked to observe on an endpoint, whose registration has ended, is not kept any more. */
  forget(endpointName: string): void {
    for (const { target } of [...this.#kept.of(endpointName).values()]) {
      this.#kept.delete(endpointName, target.key);
      this.#options.records.remove(endpointName, target);
    }
  }

  /** Reads the store, before anything comes in. */
  load(): MaybePromise<void> {
    return this.#stored.load();
  }

  /**
   * Takes up what an endpoint has since before a restart, as soon as requests can be sent to it: what it notifies before that is told to forget. What is
   * not wanted any more is not taken up, so that the next notification is answered with a Reset. Nothing is asked for before the device is heard.
   */
  restored(endpoint: RegisteredEndpoint): void {
    const wanted = this.#policies.wantedOf(endpoint.registration);
    this.#stored.restore(endpoint, wanted, () => this.#of(endpoint));
    this.#prepare(endpoint);
  }

  /** All endpoints that there are have been restored: what others had is over. */
  allRestored(): void {
    this.#stored.forgetOthers();
  }

  /** Ends all without a word to the devices: their next notifications are not answered by anyone. The store still knows of them. */
  stop(): void {
    this.#stopped = true;
    for (const observations of this.#endpoints.values()) observations.end(stopped());
    this.#endpoints.clear();
  }

  #observe(
    endpoint: RegisteredEndpoint | Lwm2mServerError,
    target: ObservationTarget,
    options: CompositeOptions & ObserveOptions,
  ): DeviceObservation {
    const terms = termsOf(target, options);
    const { reportError, timers, turns } = this.#options;
    const owner = {
      dropped: () => {
        if (!(endpoint instanceof Lwm2mServerError)) this.#options.dropped(endpoint.registration);
      },
      reportError,
    };
    const subscription: Subscription = new Subscription(target.path, terms, owner);
    if (this.#stopped || endpoint instanceof Lwm2mServerError) {
      subscription.fail(endpoint instanceof Lwm2mServerError ? endpoint : stopped());
      return subscription;
    }
    const ended = boundSubscription(subscription, options, { timers, owner });
    if (ended.aborted) return subscription; // the signal was aborted already
    const { whenAsleep = 'wait' } = options;
    turns
      .run(endpoint.endpointName, { signal: ended, whenAsleep }, (present, { signal }) =>
        this.#of(present).share(subscription, target, signal),
      )
      .catch((error: unknown) => subscription.giveUp(error));
    return subscription;
  }

  /** What the server keeps up on an endpoint; nothing is asked for yet. */
  #prepare(endpoint: RegisteredEndpoint): void {
    const kept = this.#kept.of(endpoint.endpointName);
    if (kept.size > 0) this.#of(endpoint).takeOver(kept);
    this.#applyPolicies(endpoint);
  }

  #applyPolicies(endpoint: RegisteredEndpoint): void {
    const wanted = this.#policies.wantedOf(endpoint.registration);
    const observations = wanted.size > 0 ? this.#of(endpoint) : this.#endpoints.get(endpoint);
    observations?.applyPolicies(wanted);
  }

  #of(endpoint: RegisteredEndpoint): EndpointObservations {
    let observations = this.#endpoints.get(endpoint);
    if (observations === undefined) {
      observations = new EndpointObservations(endpoint, this.#options);
      this.#endpoints.set(endpoint, observations);
    }
    return observations;
  }
}

function stopped(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server is stopped');
}
