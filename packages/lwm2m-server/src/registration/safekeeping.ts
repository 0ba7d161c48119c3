import type { UplinkHandlers } from '../api/options.ts';
import type { ErrorReporter } from '../events.ts';
import { andThen, asPromise, type MaybePromise } from '../maybe-promise.ts';
import { unavailable } from './refusal-error.ts';
import type { CoapClient } from './registered-endpoint.ts';
import type { DeregistrationReason, Registration } from './registration.ts';
import type { RegistrationStore, StoredRegistration } from './registration-store.ts';

export interface SafekeepingOptions {
  readonly handlers: UplinkHandlers;
  readonly store: RegistrationStore | undefined;
  /** The address of a CoAP endpoint of ours: `coap://192.0.2.1:5683`. */
  readonly addressOf: (coap: CoapClient) => string;
  readonly reportError: ErrorReporter;
}

/**
 * What the answer to a device waits for: the handler of the application, and then the store. What fails is reported, and refuses the request
 * (RefusalError 5.03, thrown or as a rejection).
 */
export class Safekeeping {
  readonly #options: SafekeepingOptions;

  constructor(options: SafekeepingOptions) {
    this.#options = options;
  }

  /** `peerKey` and `coap`: whom the registration is of, and where it came in. */
  registering(registration: Registration, peerKey: string, coap: CoapClient): MaybePromise<void> {
    const { handlers, store } = this.#options;
    if (handlers.onRegister === undefined && store === undefined) return undefined;
    return this.#inTurn(
      registration,
      'onRegister',
      () => handlers.onRegister?.(registration),
      (present) => present.save(this.#stored(registration, peerKey, coap)),
    );
  }

  /** As `registering`. */
  updating(registration: Registration, previous: Registration, peerKey: string, coap: CoapClient): MaybePromise<void> {
    const { handlers, store } = this.#options;
    if (handlers.onUpdate === undefined && store === undefined) return undefined;
    return this.#inTurn(
      registration,
      'onUpdate',
      () => handlers.onUpdate?.(registration, previous),
      (present) => present.save(this.#stored(registration, peerKey, coap)),
    );
  }

  deregistering(registration: Registration): MaybePromise<void> {
    const { handlers } = this.#options;
    return this.#inTurn(
      registration,
      'onDeregister',
      () => handlers.onDeregister?.(registration, 'deregistered'),
      (store) => store.remove(registration.endpointName, registration.registrationId),
    );
  }

  /** A registration is over, whatever handler and store do: neither waits for the other, and nothing that fails is thrown. */
  ended(
    registration: Registration,
    reason: Exclude<DeregistrationReason, 'replaced' | 'deregistered'>,
  ): Promise<unknown> | undefined {
    const { handlers } = this.#options;
    const handled = this.#settled(registration, 'onDeregister', () => handlers.onDeregister?.(registration, reason));
    const removed = this.#settled(registration, 'the registration store', () =>
      this.#options.store?.remove(registration.endpointName, registration.registrationId),
    );
    return handled === undefined ? removed : handled.then(() => removed);
  }

  #stored(registration: Registration, peerKey: string, coap: CoapClient): StoredRegistration {
    return { registration, peerKey, serverAddress: this.#options.addressOf(coap) };
  }

  #inTurn(
    registration: Registration,
    handlerName: keyof UplinkHandlers,
    handle: () => unknown,
    keep: (store: RegistrationStore) => MaybePromise<void>,
  ): MaybePromise<void> {
    const { store } = this.#options;
    const handled = this.#call(registration, handlerName, handle);
    if (store === undefined) return handled;
    return andThen(handled, () => this.#call(registration, 'the registration store', () => keep(store)));
  }

  #call(registration: Registration, what: string, call: () => unknown): Promise<void> | undefined {
    const failed = (error: unknown): never => {
      this.#options.reportError(error, `${what} failed for ${registration.endpointName}`);
      throw unavailable();
    };
    try {
      return asPromise(call())?.catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #settled(registration: Registration, what: string, call: () => unknown): Promise<void> | undefined {
    try {
      // `#call` has reported why it failed.
      return this.#call(registration, what, call)?.catch(() => undefined);
    } catch {
      return undefined;
    }
  }
}
