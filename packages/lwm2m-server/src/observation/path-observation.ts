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
import type { Notification, OperationOptions } from '../api.ts';
import { withAcceptFallback } from '../downlink/accept.ts';
import { checkContent, decodeContent, inExchange, rejection } from '../downlink/answer.ts';
import { acceptOf } from '../downlink/read.ts';
import { uriPath } from '../downlink/target.ts';
import { Lwm2mServerError } from '../errors.ts';
import { asPromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { ObservationContext } from './observation-context.ts';
import type { Subscription } from './subscription.ts';

/** What an establishment is made with. */
export type EstablishmentOptions = Pick<OperationOptions, 'accept' | 'timeoutMs'>;

/**
 * The observation of one path on one registered endpoint: at most one at the device, whoever wants it here.
 *
 * ```
 * waiting ──establish──► establishing ──2.05 + Observe──► active ──┐
 *    ▲                        │  └──4.xx, 5.xx──► failed ◄──4.xx───┤
 *    └──no answer; reset()────┴────────────────────────────────────┘ reset(), peer closed
 * ```
 */
export class PathObservation {
  readonly path: Path;
  /** Its path as text. */
  readonly name: string;
  /** An observation policy wants it. */
  policy = false;
  /** Failed establishments since it began to wait. */
  attempts = 0;
  readonly subscriptions: Set<Subscription> = new Set();
  readonly #endpoint: RegisteredEndpoint;
  readonly #context: ObservationContext;
  #state: 'waiting' | 'establishing' | 'active' | 'failed' = 'waiting';
  #observation: CoapObservation | undefined;
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
   * the handler too.
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
    this.attempts = 0;
  }

  /** It will not be tried again until a reset. Whoever waits for it hears why. */
  fail(error: unknown): void {
    this.#state = 'failed';
    for (const subscription of this.subscriptions) subscription.fail(error);
    this.subscriptions.clear();
  }

  /** Asks the device to stop (RFC 7641 §3.6), and forgets. */
  async cancel(): Promise<void> {
    const observation = this.#observation;
    this.#observation = undefined;
    this.reset();
    if (observation === undefined) return;
    try {
      await inExchange(this.#endpoint.endpointName, () => observation.cancel());
    } catch (error) {
      if (!isEndpointClosed(error)) throw error; // a server that stops needs no answer
    } finally {
      observation.forget();
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

  async #observe(epoch: object, { accept: wanted, timeoutMs }: EstablishmentOptions): Promise<Notification> {
    const endpoint = this.#endpoint;
    const exchange = { signal: this.#abort.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const observe = (accept: number | undefined): Promise<CoapObservation> =>
      endpoint.coap.observe(
        endpoint.peer,
        {
          method: Code.GET,
          path: uriPath(endpoint.registration.rootPath, this.path),
          ...(accept === undefined ? {} : { accept }),
        },
        this.#observer(epoch, accept),
        exchange,
      );
    const { result: observation, accept } = await inExchange(endpoint.endpointName, () =>
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
    checkContent(observation.response);
    // RFC 7641 §3.1: an answer without Observe is a plain answer to a GET.
    if (!observation.active) {
      throw new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_OBSERVED', `the device does not observe ${this.name}`);
    }
    this.#observation = observation;
    let first: Notification;
    try {
      first = this.#decode(observation.response, accept, { initial: true, fresh: true });
    } catch (error) {
      // The observation stands: what comes next may decode.
      this.#context.undecodable(endpoint.registration, this.name, error);
      throw error;
    }
    this.#deliverFirst(first);
    return first;
  }

  #overtaken(): Lwm2mServerError {
    return new Lwm2mServerError('ERR_LWM2M_SERVER_REGISTRATION_ENDED', `the observation of ${this.name} was overtaken`);
  }

  #observer(epoch: object, accept: number | undefined): Observer {
    return {
      onNotification: (notification) => {
        if (epoch === this.#epoch) return this.#notified(notification, accept);
      },
      onEnd: (end) => {
        if (epoch === this.#epoch && this.#observation !== undefined) this.#ended(end);
      },
    };
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
    if (work === undefined) this.#publish(notification);
    else return work.then(() => this.#publish(notification));
  }

  /** Nothing waits for the handler here, and nobody would send the first answer again. */
  #deliverFirst(first: Notification): void {
    const publish = (): void => {
      this.#publish(first);
    };
    try {
      const work = this.#handle(first);
      if (work === undefined) publish();
      else work.then(publish, publish); // #handle has reported the failure
    } catch {
      publish(); // likewise
    }
  }

  #handle(notification: Notification): Promise<void> | undefined {
    const failed = (error: unknown): never => {
      this.#context.reportError(error, `onNotify failed for ${this.#endpoint.endpointName} ${this.name}`);
      throw error;
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
    return { registration, path: this.path, ...content, ...kind, receivedAt: this.#context.clock.wallTime() };
  }

  #ended(end: ObservationEnd): void {
    if (end.reason === 'cancelled') return;
    this.reset();
    switch (end.reason) {
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
    this.fail(error);
    if (this.policy) this.#context.failed(this.#endpoint.registration, this.name, error);
  }
}

function isEndpointClosed(error: unknown): boolean {
  const cause = error instanceof Lwm2mServerError ? error.cause : undefined;
  return cause instanceof CoapError && cause.code === 'ERR_COAP_CLOSED';
}
