import type { CoapResponse } from '@flownexus/coap';
import type { OperationOptions } from '../api/device.ts';
import type { CancelOptions } from '../api/observation.ts';
import type { OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { cancelResult } from './cancel-result.ts';
import { EstablishmentLoop, type LoopOwner } from './establishment-loop.ts';
import { firstAnswer } from './first-answer.ts';
import type { EstablishedObservation } from './observation-at-device.ts';
import type { ObservationContext } from './observation-context.ts';
import { isRegistered, type WantedObservation } from './observation-policy.ts';
import type { ObservationTarget } from './observation-target.ts';
import type { Subscription } from './subscription.ts';
import { TargetObservation } from './target-observation.ts';

/** How a cancellation ends that nobody has to hear of: there is nothing left to cancel. */
const NOTHING_LEFT: ReadonlySet<string> = new Set([
  'ERR_LWM2M_SERVER_ABORTED',
  'ERR_LWM2M_SERVER_NOT_REGISTERED',
  'ERR_LWM2M_SERVER_REGISTRATION_ENDED',
  'ERR_LWM2M_SERVER_STATE',
]);

/** All observations of one registered endpoint, whoever wants them: policies, queued operations, callers. */
export class EndpointObservations implements LoopOwner {
  readonly endpoint: RegisteredEndpoint;
  readonly context: ObservationContext;
  readonly #loop = new EstablishmentLoop(this);
  /** By the keys of their targets, in the order in which they are asked for. */
  readonly #observations = new Map<string, TargetObservation>();
  /** Those that the device is being asked to end. Each has an operation under way or waiting, and those are bounded. */
  #cancelling: Set<TargetObservation> | undefined;

  constructor(endpoint: RegisteredEndpoint, context: ObservationContext) {
    this.endpoint = endpoint;
    this.context = context;
  }

  /** In the order in which they are asked for. */
  all(): Iterable<TargetObservation> {
    return this.#observations.values();
  }

  get size(): number {
    return this.#observations.size;
  }

  /** Whether the store knows of any. */
  get recorded(): boolean {
    for (const observation of this.#observations.values()) if (observation.recorded) return true;
    return false;
  }

  /** Takes up what policies want now, and drops what they wanted before; nothing is asked for before `resume`. */
  applyPolicies(wanted: ReadonlyMap<string, WantedObservation>): void {
    for (const [key, observation] of this.#observations) {
      if (observation.policy === undefined || wanted.has(key)) continue;
      observation.policy = undefined;
      this.#unwanted(observation);
    }
    this.#take(wanted, (observation, terms) => {
      const known = observation.policy !== undefined;
      observation.policy = terms;
      return !known;
    });
  }

  /** Takes up what queued operations asked for before this registration; nothing is asked for before `resume`. */
  takeOver(kept: ReadonlyMap<string, WantedObservation>): void {
    this.#take(kept, (observation, terms) => {
      observation.takeOver(terms);
      return true;
    });
  }

  /** Takes up what the device has since before a restart. Returns whether that could be. */
  adopt({ target, terms }: WantedObservation, kept: boolean, established: EstablishedObservation): boolean {
    const observation = this.obtain(target);
    if (kept) observation.kept = terms;
    else observation.policy = terms;
    if (observation.adopt(established)) return true;
    this.#observations.delete(target.key);
    return false;
  }

  /** The device was heard: tries what still waits. */
  resume(): void {
    this.#loop.resume();
  }

  /** The device is another peer than before: what it had was bound to the old one (RFC 7641 §3.5). */
  moved(): void {
    for (const observation of this.#observations.values()) if (observation.state !== 'failed') observation.reset();
    for (const observation of this.#cancelling ?? []) observation.reset();
    this.resume();
  }

  /** Forgets everything: a device that deregisters, expires or registers anew has dropped it too. The store is left as it is. */
  end(error: Lwm2mServerError): void {
    this.#loop.end();
    for (const observation of this.#observations.values()) {
      observation.release();
      observation.fail(error);
    }
    this.#observations.clear();
    for (const observation of this.#cancelling ?? []) observation.release();
  }

  /** The observation of a target, if there is one. */
  get(target: ObservationTarget): TargetObservation | undefined {
    return this.#observations.get(target.key);
  }

  /**
   * The observation of a target for one who wants it: one that has failed waits anew.
   *
   * @throws Lwm2mServerError `…_LIMIT` when the endpoint has as many as it may
   */
  obtain(target: ObservationTarget): TargetObservation {
    const observation = this.#observations.get(target.key) ?? this.#add(target);
    if (observation.state === 'failed') observation.reset();
    return observation;
  }

  /** A caller's observation: it shares that of others, and is first told the present value. Settles when it is, or when the caller is told why not. */
  async share(subscription: Subscription, target: ObservationTarget, signal: AbortSignal): Promise<void> {
    if (subscription.over) return;
    try {
      const joined = this.obtain(target);
      joined.subscribe(subscription);
      this.#loop.changed();
      subscription.attachment = {
        release: (options) => this.#release(joined, subscription, options),
        leave: () => this.#leave(joined, subscription),
      };
      const { terms } = subscription;
      const { notification, shared } = await firstAnswer(joined, { terms, signal, isOver: () => subscription.over });
      subscription.establish(notification);
      if (shared) subscription.deliver(notification);
    } catch (error) {
      subscription.giveUp(error);
      throw error;
    }
  }

  /** Somebody wants an observation no more, or otherwise than before: without anybody it is forgotten, and the device not told. */
  settle(observation: TargetObservation): void {
    this.#loop.changed();
    if (!observation.wanted) this.#drop(observation);
    else if (observation.outdated) this.resume();
  }

  /** Ends at the device what nobody wants any more, in its turn. Resolves to its answer, or to undefined when there is nothing left to end. */
  async cancel(
    observation: TargetObservation,
    bounds: Pick<OperationOptions, 'whenAsleep' | 'timeoutMs'>,
  ): Promise<OperationResult | undefined> {
    const options = { ...bounds, signal: observation.signal };
    const { endpointName } = this.endpoint;
    try {
      const response = await this.cancelBy(observation, () =>
        this.context.turns.run(endpointName, options, (_, rest) => observation.cancel(rest)),
      );
      return response === undefined ? undefined : cancelResult(observation, response);
    } catch (error) {
      if (error instanceof Lwm2mServerError && NOTHING_LEFT.has(error.code)) return undefined;
      throw error;
    }
  }

  /** Ends at the device what nobody wants any more. `ask` has it asked, and settles as that does. */
  async cancelBy(
    observation: TargetObservation,
    ask: () => Promise<CoapResponse | undefined>,
  ): Promise<CoapResponse | undefined> {
    this.#remove(observation);
    if (observation.state !== 'active') {
      observation.reset();
      return undefined;
    }
    void observation.record();
    (this.#cancelling ??= new Set()).add(observation);
    try {
      return await ask();
    } finally {
      this.#cancelling.delete(observation);
      if (this.#cancelling.size === 0) this.#cancelling = undefined;
      observation.reset(); // where it was not asked
    }
  }

  #leave(observation: TargetObservation, subscription: Subscription): void {
    if (!observation.unsubscribe(subscription)) return;
    this.settle(observation);
    // What the device refused were perhaps the attributes of this caller alone.
    if (subscription.terms.attributes !== undefined) this.resume();
  }

  async #release(
    observation: TargetObservation,
    subscription: Subscription,
    { passive = false, timeoutMs }: CancelOptions,
  ): Promise<OperationResult | undefined> {
    if (!observation.unsubscribe(subscription)) return undefined;
    if (!observation.wanted && !passive) return this.cancel(observation, timeoutMs === undefined ? {} : { timeoutMs });
    this.settle(observation);
    return undefined;
  }

  /** `note` says whether that is news to the observation. */
  #take(
    wanted: ReadonlyMap<string, WantedObservation>,
    note: (observation: TargetObservation, terms: WantedObservation['terms']) => boolean,
  ): void {
    for (const [key, { target, terms }] of wanted) {
      let observation = this.#observations.get(key);
      try {
        observation ??= this.#add(target);
      } catch (error) {
        this.context.failed(this.endpoint.registration, target.name, error);
        // Said once: a device can list thousands of instances.
        if (this.#observations.size >= limits.maxObservationsPerEndpoint) return;
        continue;
      }
      const isNews = note(observation, terms);
      if (isNews && observation.state === 'failed') observation.reset();
      else void observation.record();
    }
  }

  /** The device can not be told of what it does not have any more, and need not answer. */
  #unwanted(observation: TargetObservation): void {
    if (observation.wanted) {
      void observation.record();
      return;
    }
    const { target } = observation;
    if (!isRegistered(target.path, this.endpoint.registration)) {
      this.#drop(observation); // the instance is gone, and the device's observation with it
      return;
    }
    this.cancel(observation, { whenAsleep: 'fail' }).catch(() => undefined); // it is forgotten in any case
  }

  /** The device did not answer for it: the others come first the next time. */
  unanswered(observation: TargetObservation): void {
    const { key } = observation.target;
    if (!observation.wanted) this.#drop(observation);
    else if (this.#observations.delete(key)) this.#observations.set(key, observation);
  }

  /** @throws Lwm2mServerError `…_LIMIT` */
  #add(target: ObservationTarget): TargetObservation {
    if (target.paths.length > limits.maxCompositePaths) throw limit('a composite observation has too many paths');
    if (this.#observations.size >= limits.maxObservationsPerEndpoint) {
      for (const observation of [...this.#observations.values()]) if (!observation.wanted) this.#drop(observation); // failed ones
      if (this.#observations.size >= limits.maxObservationsPerEndpoint) {
        throw limit('the endpoint has as many observations as it may');
      }
    }
    const observation = new TargetObservation(target, this.endpoint, this.context, () => this.#loop.changed());
    this.#observations.set(target.key, observation);
    return observation;
  }

  #drop(observation: TargetObservation): void {
    if (this.#remove(observation)) observation.reset();
  }

  #remove(observation: TargetObservation): boolean {
    const { key } = observation.target;
    return this.#observations.get(key) === observation && this.#observations.delete(key);
  }
}

function limit(text: string): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_LIMIT', text);
}
