import {
  Code,
  type CoapError,
  type CoapNotification,
  type CoapObservation,
  type CoapResponse,
  type ObservationEnd,
  type Observer,
} from '@flownexus/coap';
import type { Notification } from '../api/observation.ts';
import { checkContent, inExchange } from '../downlink/answer.ts';
import type { ExchangeBounds } from '../downlink/request.ts';
import { Lwm2mServerError } from '../errors.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import { takeFirst, takeNext, type FirstOutcome, type NotificationSource } from './notification-intake.ts';
import { askToObserve, impliedFormatOf } from './observation-exchange.ts';
import { observationRequest, type ObservationForm } from './observation-request.ts';
import type { ObservationTarget, ObservationTerms } from './observation-target.ts';

/** What a device has accepted: how it was asked, and by which token its notifications are known. */
export interface EstablishedObservation {
  readonly form: ObservationForm;
  readonly token: Uint8Array;
}

/** Whose observation it is. */
export interface ObservationOwner extends NotificationSource {
  /** Aborts when the observation is forgotten. */
  readonly signal: AbortSignal;
  /** The device has accepted. What it sends is acknowledged when the promise that this returns has resolved. */
  accepted(established: EstablishedObservation): Promise<unknown> | undefined;
  /** It has ended by itself. `last` is the handler that has its last value, if one still runs. */
  ended(end: ObservationEnd, last: Promise<void> | undefined): void;
}

/**
 * One observation at a device, from the request on until it ends or is forgotten: after that nothing of it reaches anybody.
 */
export class ObservationAtDevice {
  readonly #owner: ObservationOwner;
  #observation: CoapObservation | undefined;
  #established: EstablishedObservation | undefined;
  #accepting: Promise<unknown> | undefined;
  /** The handler that has the value of the last notification, while it runs. */
  #last: Promise<void> | undefined;
  /** We are ending it: whatever the device has to say to that is its end. */
  #ending = false;
  #forgotten = false;

  constructor(owner: ObservationOwner) {
    this.#owner = owner;
  }

  /** Undefined as long as the device has not accepted. */
  get established(): EstablishedObservation | undefined {
    return this.#established;
  }

  /**
   * Asks the device. Resolves to the first answer when `accepted` has, without waiting for the handler, which has it too; rejects as
   * `askToObserve` does, and with `Lwm2mServerError` when the device does not observe or the answer does not decode: then it may observe all the same.
   */
  async ask(terms: ObservationTerms): Promise<Notification> {
    const { endpoint, target, signal } = this.#owner;
    let outcome: FirstOutcome | undefined;
    const observerOf = (form: ObservationForm): Observer => this.#observer(form, (told) => (outcome = told));
    let observation: CoapObservation;
    try {
      ({ observation } = await askToObserve(endpoint, target, terms, observerOf, signal));
    } catch (error) {
      throw this.#forgotten ? overtaken(target) : error;
    }
    try {
      if (this.#forgotten) throw overtaken(target);
      checkContent(observation.response); // 2.04 with Observe, say
      // RFC 7641 §3.1: an answer without Observe is a plain answer to a GET.
      if (!observation.active || outcome === undefined) throw this.#notObserved();
    } catch (error) {
      this.#established = undefined;
      observation.forget();
      throw error;
    }
    this.#observation = observation; // it stands also where the first answer does not decode: the next one may
    await this.#accepting;
    if ('error' in outcome) throw outcome.error;
    return outcome.notification;
  }

  /**
   * Takes up what the device has since before a restart (RFC 7641): nothing is sent.
   *
   * @throws what `CoapEndpoint.adopt` throws
   */
  adopt(established: EstablishedObservation): void {
    const { endpoint, target } = this.#owner;
    const { form, token } = established;
    const request = observationRequest(target, form, endpoint.registration);
    this.#observation = endpoint.coap.adopt(
      endpoint.peer,
      request,
      token,
      this.#observer(form, () => undefined),
    );
    this.#established = established;
  }

  /**
   * Asks the device to stop (RFC 7641 §3.6). Until it has answered or is given up on, what it sends goes to the handler as before: it is acknowledged, so
   * it may not be lost. Resolves to the answer, whatever it is; rejects with `Lwm2mServerError` when there is none.
   */
  async end(bounds: ExchangeBounds): Promise<CoapResponse | undefined> {
    const observation = this.#observation;
    // What another peer had is gone with it (RFC 7641 §3.5).
    if (observation === undefined || observation.peer.key !== this.#owner.endpoint.peer.key) return undefined;
    this.#ending = true;
    return inExchange(this.#owner.endpoint.endpointName, () => observation.cancel(bounds));
  }

  /** Forgets it without telling the device: its next notification is answered with a Reset (RFC 7641 §3.6). */
  forget(): void {
    this.#forgotten = true;
    this.#observation?.forget();
  }

  #observer(form: ObservationForm, tell: (outcome: FirstOutcome) => void): Observer {
    const accept = impliedFormatOf(form);
    return {
      onEstablished: (response, token) => {
        if (this.#forgotten || response.code !== Code.CONTENT) return;
        this.#established = { form, token };
        const accepting = this.#owner.accepted(this.#established);
        this.#accepting = accepting?.finally(() => (this.#accepting = undefined));
        const taking = takeFirst(this.#owner, response, accept, tell);
        // Both at once: what the handler rejects with while the store still writes is nobody's otherwise.
        return accepting === undefined ? taking : Promise.all([accepting, taking]).then(() => undefined);
      },
      onNotification: (notification) => {
        if (!this.#forgotten) return this.#notified(notification, accept);
      },
      onAbandoned: (cause) => {
        if (!this.#forgotten) this.#abandoned(cause);
      },
      onEnd: (end) => {
        const own = this.#forgotten || this.#ending || end.reason === 'cancelled';
        if (!own && this.#observation !== undefined) this.#owner.ended(end, this.#last);
      },
    };
  }

  /** The device is told that a value arrived when this has resolved: only then is it safe, and the token known after a crash. */
  #notified(response: CoapNotification, accept: number | undefined): MaybePromise<void> {
    const { context, endpoint } = this.#owner;
    context.heard(endpoint);
    const taking = andThen(this.#accepting, () => takeNext(this.#owner, response, accept));
    if (taking instanceof Promise && response.observe === undefined) this.#last = taking; // RFC 7641 §3.2
    return taking;
  }

  #abandoned(cause: CoapError): void {
    const { context, endpoint, target } = this.#owner;
    const message = `a notification of ${target.name} in blocks is lost: ${cause.message}`;
    const error = new Lwm2mServerError('ERR_LWM2M_SERVER_ABANDONED', message, { cause });
    context.abandoned(endpoint.registration, target.name, error);
  }

  #notObserved(): Lwm2mServerError {
    const text = `the device does not observe ${this.#owner.target.name}`;
    return new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_OBSERVED', text);
  }
}

/** The error for what belongs to an observation that is not the present one any more. */
export function overtaken({ name }: ObservationTarget): Lwm2mServerError {
  return new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', `the observation of ${name} was overtaken`);
}
