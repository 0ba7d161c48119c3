import { CoapError, type CoapResponse, type ObservationEnd } from '@flownexus/coap';
import { formatAttributes, type NotificationAttributes } from '@flownexus/lwm2m-core';
import type { Notification } from '../api/observation.ts';
import { rejection } from '../downlink/answer.ts';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import {
  ObservationAtDevice,
  overtaken,
  type EstablishedObservation,
  type ObservationOwner,
} from './observation-at-device.ts';
import type { ObservationContext } from './observation-context.ts';
import { attachAttributes } from './observation-exchange.ts';
import { storedObservation, type ObservationState } from './observation-records.ts';
import type { ObservationTarget, ObservationTerms } from './observation-target.ts';
import type { Subscription } from './subscription.ts';

interface Recorded extends Pick<ObservationState, 'kept' | 'established'> {
  /** Whether it could be stored. */
  outcome: MaybePromise<boolean>;
}

/**
 * The observation of one target on one registered endpoint: at most one at the device, whoever wants it here. One that is wanted with other attributes
 * than it has is ended at the device and asked for anew.
 *
 * ```
 * waiting ──establish──► establishing ──2.05 + Observe──► active ──┐
 *    ▲                    ▲   │  └──4.xx, 5.xx──► failed ◄──4.xx───┤
 *    │                    └───┼────────────────────────────────────┤ establish(): with other attributes
 *    └──no answer; reset()────┴────────────────────────────────────┘ reset(), peer closed, cancel() answered
 * ```
 */
export class TargetObservation implements ObservationOwner {
  readonly target: ObservationTarget;
  readonly endpoint: RegisteredEndpoint;
  readonly context: ObservationContext;
  /** Establishments in a row that the device did not answer. */
  silences = 0;
  /** Those of callers, the latest last. Most observations have none. */
  #subscriptions: Set<Subscription> | undefined;
  #state: 'waiting' | 'establishing' | 'active' | 'failed' = 'waiting';
  #atDevice: ObservationAtDevice | undefined;
  #establishment: Promise<Notification> | undefined;
  /** What Write-Attributes attached, to a device that needs that. */
  #attached: NotificationAttributes | undefined;
  /** What the store has, or will have when it answers. */
  #recorded: Recorded | undefined;
  #abort: AbortController | undefined;
  /** Replaced by each reset: what belongs to an earlier establishment is void. */
  #epoch = {};
  #policy: ObservationTerms | undefined;
  #kept: ObservationTerms | undefined;
  readonly #changed: () => void;

  /** `changed` is called when it may have to be asked for: when it begins to wait, and when the server wants it otherwise. */
  constructor(
    target: ObservationTarget,
    endpoint: RegisteredEndpoint,
    context: ObservationContext,
    changed: () => void,
  ) {
    this.target = target;
    this.endpoint = endpoint;
    this.context = context;
    this.#changed = changed;
  }

  /** An observation policy wants it so. */
  get policy(): ObservationTerms | undefined {
    return this.#policy;
  }

  set policy(terms: ObservationTerms | undefined) {
    this.#policy = terms;
    this.#changed();
  }

  /** A queued operation asked for it so. */
  get kept(): ObservationTerms | undefined {
    return this.#kept;
  }

  set kept(terms: ObservationTerms | undefined) {
    this.#kept = terms;
    this.#changed();
  }

  get state(): 'waiting' | 'establishing' | 'active' | 'failed' {
    return this.#state;
  }

  get wanted(): boolean {
    return this.keptUp || (this.#subscriptions?.size ?? 0) > 0;
  }

  /** The server keeps it up by itself: when it fails there is no caller to tell. */
  get keptUp(): boolean {
    return this.policy !== undefined || this.kept !== undefined;
  }

  /** As it is wanted: a queued operation has the say over a policy, and callers, the latest first, over both. */
  get terms(): ObservationTerms {
    let terms: ObservationTerms = { ...this.policy, ...this.kept };
    for (const subscription of this.#subscriptions ?? []) terms = { ...terms, ...subscription.terms };
    return terms;
  }

  /** Aborts at the next reset. */
  get signal(): AbortSignal {
    return (this.#abort ??= new AbortController()).signal;
  }

  /** The device has it, and as it is wanted. */
  isReady(): boolean {
    return this.#state === 'active' && !this.outdated;
  }

  /** The device has it with other attributes than are wanted. */
  get outdated(): boolean {
    const established = this.#atDevice?.established;
    if (established === undefined) return false;
    // Asked each time that the device is heard: nearly always a policy alone wants it.
    const isOfPolicy = this.kept === undefined && this.#subscriptions === undefined;
    const { attributes } = isOfPolicy ? (this.policy ?? {}) : this.terms;
    return !sameAttributes(established.form.attributes, attributes);
  }

  /**
   * Asks the device to observe, or joins in when that is under way. Resolves to the first answer. Callers share it, so it has none of their bounds.
   */
  establish(): Promise<Notification> {
    this.#establishment ??= this.#establish();
    return this.#establishment;
  }

  /** Takes up what the device has since before a restart, and what the store has of it. Returns whether that could be. */
  adopt(established: EstablishedObservation): boolean {
    const atDevice = new ObservationAtDevice(this);
    try {
      atDevice.adopt(established);
    } catch (error) {
      const { endpointName } = this.endpoint;
      this.context.reportError(
        error,
        `the observation of ${this.target.name} on ${endpointName} could not be taken up`,
      );
      return false;
    }
    this.#atDevice = atDevice;
    this.#state = 'active';
    this.#recorded = { kept: this.kept, established, outcome: true };
    return true;
  }

  /** Forgets what the device has, without telling it, and begins to wait anew. */
  reset(): void {
    this.release();
    void this.record();
  }

  /** As `reset`; the store is left as it is. */
  release(): void {
    this.#epoch = {};
    this.#abort?.abort();
    this.#abort = undefined;
    this.#establishment = undefined;
    this.#state = 'waiting';
    this.#changed();
    this.#forget();
  }

  /** It will not be tried again until a reset. Whoever waits for it hears why. */
  fail(error: unknown): void {
    this.#state = 'failed';
    this.failCallers(error);
  }

  /** Ends the callers' shares in it; that of the server goes on. */
  failCallers(error: unknown): void {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = undefined;
    for (const subscription of subscriptions ?? []) subscription.fail(error);
  }

  /** A caller has a share in it. */
  subscribe(subscription: Subscription): void {
    (this.#subscriptions ??= new Set()).add(subscription);
  }

  /** Returns whether the caller had a share. */
  unsubscribe(subscription: Subscription): boolean {
    const had = this.#subscriptions?.delete(subscription) === true;
    if (this.#subscriptions?.size === 0) this.#subscriptions = undefined;
    return had;
  }

  /** Asks the device to stop, and then forgets: see {@link ObservationAtDevice.end}. Resolves to what it answered, where it was asked. */
  async cancel(bounds: ExchangeBounds): Promise<CoapResponse | undefined> {
    const epoch = this.#epoch;
    try {
      return await this.#atDevice?.end(bounds);
    } catch (error) {
      // After a reset there is nothing left to cancel, and a server that stops needs no answer.
      if (epoch === this.#epoch && !isEndpointClosed(error)) throw error;
      return undefined;
    } finally {
      if (epoch === this.#epoch) this.reset();
    }
  }

  /** A queued operation asked for it before this registration, and the store knows. */
  takeOver(kept: ObservationTerms): void {
    this.kept = kept;
    this.#recorded ??= { kept, established: undefined, outcome: true };
  }

  /** Whether the store knows of what the device has. */
  get recorded(): boolean {
    return this.#recorded?.established !== undefined;
  }

  /** Tells the store what is to be known after a restart, if that has changed. Resolves when it is safe, to whether it could be stored. */
  record(): MaybePromise<boolean> {
    const { target, policy, kept, endpoint } = this;
    const { records } = this.context;
    if (!records.enabled) return true;
    const established = this.#atDevice?.established;
    const stored = storedObservation(endpoint.registration, { target, policy, kept, established });
    const recorded = this.#recorded;
    if (stored === undefined) {
      this.#recorded = undefined;
      if (recorded !== undefined) records.remove(endpoint.endpointName, target);
      return true;
    }
    const isSame = recorded !== undefined && recorded.kept === kept && recorded.established === established;
    if (isSame && recorded.outcome !== false) return recorded.outcome;
    const outcome = records.save(stored);
    const next: Recorded = { kept, established, outcome };
    this.#recorded = next;
    if (outcome instanceof Promise) void outcome.then((result) => (next.outcome = result));
    return outcome;
  }

  deliver(notification: Notification): void {
    for (const subscription of this.#subscriptions ?? []) subscription.deliver(notification);
  }

  accepted(): Promise<unknown> | undefined {
    const outcome = this.record();
    return outcome instanceof Promise ? outcome : undefined;
  }

  ended(end: ObservationEnd, last: Promise<void> | undefined): void {
    if (end.reason === 'endpoint-closed') {
      this.release(); // the device has it still, and the store knows
      this.fail(new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server is stopped'));
      return;
    }
    this.reset();
    // `peer-closed`: the device slept or rebooted, and its next uplink message shows which. `unanswered` does not come: nobody asks for `reregister`.
    if (end.reason === 'response') this.#endedBy(end.response, last);
  }

  async #establish(): Promise<Notification> {
    const epoch = this.#epoch;
    this.#state = 'establishing';
    try {
      if (this.#atDevice !== undefined) await this.#replace(this.#atDevice);
      const { terms } = this;
      if (terms.attributes !== undefined || this.#attached !== undefined) await this.#attach(terms.attributes);
      this.#atDevice = new ObservationAtDevice(this);
      return await this.#atDevice.ask(terms);
    } finally {
      if (epoch === this.#epoch) this.#settle();
    }
  }

  #settle(): void {
    this.#establishment = undefined;
    this.#changed();
    this.#abort = undefined; // one for each observation of each device would be much
    if (this.#atDevice?.established === undefined) {
      this.#forget();
      this.#state = 'waiting';
      void this.record();
    } else {
      this.#state = 'active';
      this.silences = 0;
    }
  }

  /** Ends what the device has, for something else to take its place. */
  async #replace(atDevice: ObservationAtDevice): Promise<void> {
    const epoch = this.#epoch;
    try {
      await atDevice.end({ signal: this.signal });
    } finally {
      if (epoch === this.#epoch) this.#forget();
    }
    if (epoch !== this.#epoch) throw overtaken(this.target);
  }

  /** Attaches attributes to a device that does not take them with the Observe. That it refuses them is no reason not to observe. */
  async #attach(attributes: NotificationAttributes | undefined): Promise<void> {
    const { endpoint, target, context } = this;
    const epoch = this.#epoch;
    const refused = await attachAttributes(endpoint, target, attributes, this.#attached, context, this.signal);
    if (epoch !== this.#epoch) throw overtaken(this.target);
    this.#attached = attributes;
    if (refused !== undefined) context.failed(endpoint.registration, target.name, refused);
  }

  #forget(): void {
    const atDevice = this.#atDevice;
    this.#atDevice = undefined;
    atDevice?.forget();
  }

  #endedBy(response: CoapResponse, last: Promise<void> | undefined): void {
    const { name } = this.target;
    const text = `the device ended the observation of ${name}`;
    const error = rejection(response) ?? new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_OBSERVED', text);
    this.#state = 'failed';
    const epoch = this.#epoch;
    const end = (): void => {
      if (epoch !== this.#epoch) return; // somebody has asked anew meanwhile
      this.fail(error);
      if (this.keptUp) this.context.failed(this.endpoint.registration, name, error);
    };
    // Its last value comes before its end.
    if (last === undefined) end();
    else void last.then(end, end);
  }
}

function sameAttributes(a: NotificationAttributes | undefined, b: NotificationAttributes | undefined): boolean {
  return a === b || formatAttributes(a ?? {}).join() === formatAttributes(b ?? {}).join();
}

function isEndpointClosed(error: unknown): boolean {
  const cause = error instanceof Lwm2mServerError ? error.cause : undefined;
  return cause instanceof CoapError && cause.code === 'ERR_COAP_CLOSED';
}
