import {
  CoapError,
  Code,
  type CoapNotification,
  type CoapObservation,
  type CoapResponse,
  type ObservationEnd,
  type Observer,
} from '@flownexus/coap';
import { formatPath, type Path } from '@flownexus/lwm2m-core';
import type { ReadOptions } from '../api/device.ts';
import type { Notification } from '../api/observation.ts';
import { withAcceptFallback } from '../downlink/accept.ts';
import { checkContent, decodeContent, inExchange, rejection } from '../downlink/answer.ts';
import { acceptOf } from '../downlink/read.ts';
import { uriPath } from '../downlink/target.ts';
import { Lwm2mServerError } from '../errors.ts';
import { ReportedError } from '../events.ts';
import { asPromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { ObservationContext } from './observation-context.ts';
import type { Subscription } from './subscription.ts';

/** What an establishment is made with. Callers and policies share it, so it has no caller's time limit. */
export type EstablishmentOptions = Pick<ReadOptions, 'accept'>;

/** What became of the first answer while it was still being delivered to us. */
interface FirstAnswer {
  outcome: { readonly notification: Notification } | { readonly error: unknown } | undefined;
}

/**
 * The observation of one path on one registered endpoint: at most one at the device, whoever wants it here.
 *
 * ```
 * waiting ──establish──► establishing ──2.05 + Observe──► active ──┐
 *    ▲                        │  └──4.xx, 5.xx──► failed ◄──4.xx───┤
 *    └──no answer; reset()────┴────────────────────────────────────┘ reset(), peer closed, cancel() answered
 * ```
 */
export class PathObservation {
  readonly path: Path;
  /** Its path as text. */
  readonly name: string;
  /** An observation policy wants it. */
  policy = false;
  /** Establishments in a row that the device did not answer. */
  silences = 0;
  readonly subscriptions: Set<Subscription> = new Set();
  readonly #endpoint: RegisteredEndpoint;
  readonly #context: ObservationContext;
  #state: 'waiting' | 'establishing' | 'active' | 'failed' = 'waiting';
  #observation: CoapObservation | undefined;
  /** The handler that has the value of the last notification, while it runs. */
  #last: Promise<void> | undefined;
  #establishment: Promise<Notification> | undefined;
  #abort = new AbortController();
  /** Replaced by each reset: what belongs to an earlier establishment is void. */
  #epoch = {};

  constructor(path: Path, endpoint: RegisteredEndpoint, context: ObservationContext) {
    this.path = path;
    this.name = formatPath(path);
    this.#endpoint = endpoint;
    this.#context = context;
  }

  get state(): 'waiting' | 'establishing' | 'active' | 'failed' {
    return this.#state;
  }

  get wanted(): boolean {
    return this.policy || this.subscriptions.size > 0;
  }

  /**
   * Asks the device to observe, or joins in when that is under way. Resolves to the first answer, which has gone to
   * the handler too, without waiting for the handler.
   */
  establish(options: EstablishmentOptions = {}): Promise<Notification> {
    this.#establishment ??= this.#establish(this.#epoch, options);
    return this.#establishment;
  }

  /** Forgets what the device has, without telling it, and begins to wait anew. */
  reset(): void {
    this.#epoch = {};
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#establishment = undefined;
    this.#observation?.forget();
    this.#observation = undefined;
    this.#state = 'waiting';
  }

  /** It will not be tried again until a reset. Whoever waits for it hears why. */
  fail(error: unknown): void {
    this.#state = 'failed';
    this.failCallers(error);
  }

  /** Ends the callers' shares in it; a policy's goes on. */
  failCallers(error: unknown): void {
    for (const subscription of this.subscriptions) subscription.fail(error);
    this.subscriptions.clear();
  }

  /**
   * Asks the device to stop (RFC 7641 §3.6), and then forgets. Until it has answered or is given up on, what it sends
   * goes to the handler as before: it is acknowledged, so it may not be lost.
   */
  async cancel(): Promise<void> {
    const observation = this.#observation;
    if (observation === undefined) {
      this.reset();
      return;
    }
    const epoch = this.#epoch;
    const { signal } = this.#abort;
    try {
      await inExchange(this.#endpoint.endpointName, () => observation.cancel({ signal }));
    } catch (error) {
      // After a reset there is nothing left to cancel, and a server that stops needs no answer.
      if (epoch === this.#epoch && !isEndpointClosed(error)) throw error;
    } finally {
      if (epoch === this.#epoch) this.reset();
    }
  }

  async #establish(epoch: object, options: EstablishmentOptions): Promise<Notification> {
    this.#state = 'establishing';
    try {
      return await this.#observe(epoch, options);
    } finally {
      if (epoch === this.#epoch) {
        this.#establishment = undefined;
        this.#state = this.#observation === undefined ? 'waiting' : 'active';
      }
    }
  }

  async #observe(epoch: object, { accept: wanted }: EstablishmentOptions): Promise<Notification> {
    const endpoint = this.#endpoint;
    const { signal } = this.#abort;
    const first: FirstAnswer = { outcome: undefined };
    const observe = (accept: number | undefined): Promise<CoapObservation> =>
      endpoint.coap.observe(
        endpoint.peer,
        {
          method: Code.GET,
          path: uriPath(endpoint.registration.rootPath, this.path),
          ...(accept === undefined ? {} : { accept }),
        },
        this.#observer(epoch, accept, first),
        { signal },
      );
    const { result: observation } = await inExchange(endpoint.endpointName, () =>
      withAcceptFallback(
        acceptOf(endpoint, wanted === undefined ? {} : { accept: wanted }),
        observe,
        ({ response }) => response,
      ),
    ).catch((error: unknown) => {
      throw epoch === this.#epoch ? error : this.#overtaken();
    });
    if (epoch !== this.#epoch) {
      observation.forget();
      throw this.#overtaken();
    }
    try {
      checkContent(observation.response);
    } catch (error) {
      observation.forget(); // 2.04 with Observe, say
      throw error;
    }
    // RFC 7641 §3.1: an answer without Observe is a plain answer to a GET.
    const { outcome } = first;
    if (!observation.active || outcome === undefined) {
      observation.forget();
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_OBSERVED', `the device does not observe ${this.name}`);
    }
    this.silences = 0;
    this.#observation = observation; // it stands also where the first answer does not decode: the next one may
    if ('error' in outcome) throw outcome.error;
    return outcome.notification;
  }

  #overtaken(): Lwm2mServerError {
    return new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', `the observation of ${this.name} was overtaken`);
  }

  #observer(epoch: object, accept: number | undefined, first: FirstAnswer): Observer {
    return {
      onEstablished: (response) => {
        if (epoch === this.#epoch && response.code === Code.CONTENT) return this.#established(response, accept, first);
      },
      onNotification: (notification) => {
        if (epoch === this.#epoch) return this.#notified(notification, accept);
      },
      onAbandoned: (cause) => {
        if (epoch === this.#epoch) this.#abandoned(cause);
      },
      onEnd: (end) => {
        if (epoch === this.#epoch && this.#observation !== undefined) this.#ended(end);
      },
    };
  }

  /** The first answer; a Confirmable one is acknowledged when this has resolved (RFC 7641 §3.1, RFC 7252 §5.2.2). */
  #established(response: CoapResponse, accept: number | undefined, first: FirstAnswer): void | Promise<void> {
    let notification: Notification;
    try {
      notification = this.#decode(response, accept, { initial: true, fresh: true });
    } catch (error) {
      this.#context.undecodable(this.#endpoint.registration, this.name, error);
      first.outcome = { error };
      return;
    }
    first.outcome = { notification };
    // Where the handler fails nobody may send it again, so whoever listens gets it all the same.
    const failed = (error: unknown): never => {
      this.#publish(notification);
      throw error;
    };
    let work: Promise<void> | undefined;
    try {
      work = this.#handle(notification);
    } catch (error) {
      return failed(error);
    }
    if (work === undefined) this.#publish(notification);
    else return work.then(() => this.#publish(notification), failed);
  }

  #abandoned(cause: CoapError): void {
    const message = `a notification of ${this.name} in blocks is lost: ${cause.message}`;
    const error = new Lwm2mServerError('ERR_LWM2M_SERVER_ABANDONED', message, { cause });
    this.#context.abandoned(this.#endpoint.registration, this.name, error);
  }

  /** The device is told that a value arrived when this has resolved: only then is it safe. */
  #notified(response: CoapNotification, accept: number | undefined): void | Promise<void> {
    this.#context.heard(this.#endpoint);
    let notification: Notification;
    try {
      notification = this.#decode(response, accept, { initial: false, fresh: response.fresh });
    } catch (error) {
      // It would not decode the next time either, so it is acknowledged: the device goes on with the next value.
      this.#context.undecodable(this.#endpoint.registration, this.name, error);
      return;
    }
    const work = this.#handle(notification);
    if (work === undefined) {
      this.#publish(notification);
      return;
    }
    const published = work.then(() => this.#publish(notification));
    if (response.observe === undefined) this.#last = published; // RFC 7641 §3.2
    return published;
  }

  #handle(notification: Notification): Promise<void> | undefined {
    const failed = (error: unknown): never => {
      this.#context.reportError(error, `onNotify failed for ${this.#endpoint.endpointName} ${this.name}`);
      throw new ReportedError(error);
    };
    try {
      const work = asPromise(this.#context.onNotify(notification));
      return work === undefined ? undefined : this.#context.track(work.catch(failed));
    } catch (error) {
      return failed(error);
    }
  }

  #publish(notification: Notification): void {
    for (const subscription of this.subscriptions) subscription.deliver(notification);
    this.#context.published(notification);
  }

  #decode(
    response: CoapResponse,
    accept: number | undefined,
    kind: Pick<Notification, 'initial' | 'fresh'>,
  ): Notification {
    const { registration } = this.#endpoint;
    const content = decodeContent(response, accept, this.path, registration, this.#context);
    return {
      registration,
      path: this.path,
      paths: [this.path],
      composite: false,
      ...content,
      ...kind,
      receivedAt: this.#context.clock.wallTime(),
    };
  }

  #ended(end: ObservationEnd): void {
    if (end.reason === 'cancelled') return;
    this.reset();
    switch (end.reason) {
      case 'unanswered': // does not come: nobody asks for `reregister` here
      case 'peer-closed': // the device slept or rebooted: its next uplink message shows which
        return;
      case 'endpoint-closed':
        this.fail(new Lwm2mServerError('ERR_LWM2M_SERVER_STATE', 'the server is stopped'));
        return;
      case 'response':
        this.#endedBy(end.response);
    }
  }

  #endedBy(response: CoapResponse): void {
    const error =
      rejection(response) ??
      new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_OBSERVED', `the device ended the observation of ${this.name}`);
    this.#state = 'failed';
    const epoch = this.#epoch;
    const end = (): void => {
      if (epoch !== this.#epoch) return; // somebody has asked anew meanwhile
      this.fail(error);
      if (this.policy) this.#context.failed(this.#endpoint.registration, this.name, error);
    };
    // Its last value comes before its end.
    if (this.#last === undefined) end();
    else void this.#last.then(end, end);
    this.#last = undefined;
  }
}

function isEndpointClosed(error: unknown): boolean {
  const cause = error instanceof Lwm2mServerError ? error.cause : undefined;
  return cause instanceof CoapError && cause.code === 'ERR_COAP_CLOSED';
}
