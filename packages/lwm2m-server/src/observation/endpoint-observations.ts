import { formatPath, parsePath, type Path } from '@flownexus/lwm2m-core';
import type { ReadOptions } from '../api/device.ts';
import type { Notification } from '../api/observation.ts';
import { readPath } from '../downlink/read.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { ObservationContext } from './observation-context.ts';
import { PathObservation, type EstablishmentOptions } from './path-observation.ts';
import { boundSubscription } from './subscription-bounds.ts';
import { Subscription, type SubscriptionOwner } from './subscription.ts';

/** Errors that say that the device was not there, not that it refuses: worth another try when it is heard again. */
const PASSING: ReadonlySet<string> = new Set(['ERR_LWM2M_SERVER_TIMEOUT', 'ERR_LWM2M_SERVER_EXCHANGE']);

/**
 * All observations of one registered endpoint.
 *
 * What policies want is established one path after another (NSTART, RFC 7252 §4.7). When the device doesn't answer it
 * may have gone to sleep: the rest waits until it is heard again. A policy that gets no answer is tried once each time
 * that the device is heard, without end; what the device answers, unless it observes, is final until it registers anew.
 */
export class EndpointObservations {
  readonly #endpoint: RegisteredEndpoint;
  readonly #context: ObservationContext;
  readonly #paths = new Map<string, PathObservation>();
  /** Those that the device is being asked to end. Each has a request waiting, and the CoAP engine bounds those. */
  readonly #cancelling = new Set<PathObservation>();
  #establishing = false;
  #again = false;
  #ended = false;

  constructor(endpoint: RegisteredEndpoint, context: ObservationContext) {
    this.#endpoint = endpoint;
    this.#context = context;
  }

  get size(): number {
    return this.#paths.size;
  }

  /** Takes up the paths that policies want now and drops those that they wanted before. */
  applyPolicies(names: ReadonlySet<string>): void {
    for (const [name, observation] of this.#paths) {
      if (!observation.policy || names.has(name)) continue;
      observation.policy = false; // the instance is gone, and the device's observation with it
      this.#dropUnwanted(observation);
    }
    for (const name of names) {
      const observation = this.#paths.get(name) ?? this.#add(parsePath(name));
      if (observation === undefined) {
        // Said once: a device can list thousands of instances.
        this.#context.failed(this.#endpoint.registration, name, tooMany());
        break;
      } else if (!observation.policy) {
        observation.policy = true;
        if (observation.state === 'failed') observation.reset();
      }
    }
    this.resume();
  }

  /** The device was heard: tries what still waits. */
  resume(): void {
    if (this.#ended || !this.#hasWaiting()) return;
    this.#again = true;
    if (this.#establishing) return;
    this.#establishing = true;
    this.#establishWaiting().catch((error: unknown) => {
      this.#context.reportError(error, `establishing the observations of ${this.#endpoint.endpointName} failed`);
    });
  }

  /** The device is another peer than before: what it had was bound to the old one (RFC 7641 §3.5). */
  moved(): void {
    for (const observation of this.#paths.values()) if (observation.state !== 'failed') observation.reset();
    this.#forgetCancelling();
    this.resume();
  }

  /** Forgets everything: a device that deregisters, expires or registers anew has dropped it too. */
  end(error: Lwm2mServerError): void {
    this.#ended = true;
    for (const observation of this.#paths.values()) {
      observation.reset();
      observation.fail(error);
    }
    this.#paths.clear();
    this.#forgetCancelling();
  }

  /** A caller's observation: it shares that of a policy or another caller, and is first told the present value. */
  observe(path: Path, options: ReadOptions): Subscription {
    const observation = this.#paths.get(formatPath(path)) ?? this.#add(path);
    const owner: SubscriptionOwner = {
      release: (released) => this.#release(observation, released),
      dropped: () => this.#context.dropped(),
      reportError: (error, context) => this.#context.reportError(error, context),
    };
    const subscription: Subscription = new Subscription(path, owner);
    if (observation === undefined) {
      subscription.fail(tooMany());
      return subscription;
    }
    if (observation.state === 'failed') observation.reset();
    observation.subscriptions.add(subscription);
    const giveUp = (error: unknown): void => {
      subscription.fail(error);
      observation.subscriptions.delete(subscription);
      this.#dropUnwanted(observation);
    };
    const ended = boundSubscription(subscription, options, { timers: this.#context.timers, owner, giveUp });
    if (ended.aborted) return subscription; // the signal was aborted already
    const { accept } = options;
    this.#firstAnswer(observation, ended, accept === undefined ? {} : { accept }).then((first) => {
      subscription.establish(first.notification);
      if (first.shared) subscription.deliver(first.notification);
    }, giveUp);
    return subscription;
  }

  /** The first answer for a caller. Its own bounds are in `ended`: the establishment is shared and has none of them. */
  async #firstAnswer(
    observation: PathObservation,
    ended: AbortSignal,
    options: EstablishmentOptions,
  ): Promise<{ readonly notification: Notification; readonly shared: boolean }> {
    while (observation.state !== 'active') {
      try {
        return { notification: await observation.establish(options), shared: false };
      } catch (error) {
        // The device moved meanwhile: it is asked again at its new address.
        if (this.#ended || !isOvertaken(error) || ended.aborted) throw error;
      }
    }
    // No second Observe: clients keep one observation per path, and a new one would replace it. A GET without Observe
    // leaves it in place (RFC 7641 §3.6) and tells the present value.
    const result = await readPath(this.#endpoint, observation.path, this.#context, {
      ...options,
      signal: ended,
    });
    const { registration } = this.#endpoint;
    const receivedAt = this.#context.clock.wallTime();
    return {
      notification: {
        ...result,
        paths: [result.path],
        composite: false,
        registration,
        initial: true,
        fresh: true,
        receivedAt,
      },
      shared: true,
    };
  }

  async #release(observation: PathObservation | undefined, subscription: Subscription): Promise<void> {
    subscription.finish(new Lwm2mServerError('ERR_LWM2M_SERVER_ABORTED', 'the caller cancelled the observation'));
    if (observation === undefined || !observation.subscriptions.delete(subscription) || observation.wanted) return;
    if (this.#paths.get(observation.name) === observation) this.#paths.delete(observation.name);
    this.#cancelling.add(observation);
    try {
      await observation.cancel();
    } finally {
      this.#cancelling.delete(observation);
    }
  }

  #forgetCancelling(): void {
    for (const observation of this.#cancelling) observation.reset();
    this.#cancelling.clear();
  }

  #hasWaiting(): boolean {
    for (const observation of this.#paths.values()) {
      if (observation.state === 'waiting' && observation.wanted) return true;
    }
    return false;
  }

  #add(path: Path): PathObservation | undefined {
    if (this.#paths.size >= limits.maxObservationsPerEndpoint) {
      for (const observation of [...this.#paths.values()]) this.#dropUnwanted(observation); // failed ones
      if (this.#paths.size >= limits.maxObservationsPerEndpoint) return undefined;
    }
    const observation = new PathObservation(path, this.#endpoint, this.#context);
    this.#paths.set(observation.name, observation);
    return observation;
  }

  #dropUnwanted(observation: PathObservation): void {
    if (observation.wanted || this.#paths.get(observation.name) !== observation) return;
    observation.reset();
    this.#paths.delete(observation.name);
  }

  async #establishWaiting(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        for (const observation of this.#paths.values()) {
          if (observation.state !== 'waiting' || !observation.wanted) continue;
          if (!(await this.#establish(observation))) break;
        }
      }
    } finally {
      this.#establishing = false;
    }
  }

  /** Returns false when the device was not there. */
  async #establish(observation: PathObservation): Promise<boolean> {
    try {
      await observation.establish();
      return true;
    } catch (error) {
      if (this.#ended || observation.state === 'active' || !observation.wanted) return true;
      if (isOvertaken(error)) return true; // by a reset, which begins anew
      const code = error instanceof Lwm2mServerError ? error.code : undefined;
      if (code !== undefined && PASSING.has(code)) {
        this.#silent(observation, error);
        return false;
      }
      observation.fail(error);
      if (observation.policy) this.#context.failed(this.#endpoint.registration, observation.name, error);
      return true;
    }
  }

  #silent(observation: PathObservation, error: unknown): void {
    observation.silences += 1;
    const { name, policy, silences } = observation;
    if (silences === limits.maxSilences && policy) this.#context.failed(this.#endpoint.registration, name, error);
    if (silences >= limits.maxSilences) {
      observation.failCallers(error);
      this.#dropUnwanted(observation);
    }
    // The next time the others come first: one that is never answered does not keep them from their turn.
    if (this.#paths.delete(name)) this.#paths.set(name, observation);
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_REGISTRATION_ENDED';
}

function tooMany(): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', 'the endpoint has as many observations as it may');
}
