import type { PeerIdentity, TimerQueue } from '@flownexus/datagram';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import { RegistrationExpiry } from './expiry.ts';
import type { RegisteredEndpoint } from './registered-endpoint.ts';
import type { RegistrationObserver } from './registration-observer.ts';
import type { RegistrationTable } from './registration-table.ts';
import type { Registration } from './registration.ts';
import type { Safekeeping } from './safekeeping.ts';
import type { SerialByKey } from './serial-by-key.ts';

export interface RegistrationEndsOptions {
  readonly table: RegistrationTable;
  readonly serial: SerialByKey;
  readonly safekeeping: Safekeeping;
  readonly observer: RegistrationObserver;
  readonly timers: TimerQueue;
  readonly gracePeriodMs: number;
  /** Notes work that `stop` waits for; returns it. */
  readonly track: (work: Promise<void>) => Promise<void>;
}

/** How registrations end that nobody asks to end: their lifetime passes, or their credential is taken away. */
export class RegistrationEnds {
  readonly #options: RegistrationEndsOptions;
  readonly #expiry: RegistrationExpiry<RegisteredEndpoint>;

  /** @throws RangeError when `gracePeriodMs` is not a number of 0 or more */
  constructor(options: RegistrationEndsOptions) {
    this.#options = options;
    this.#expiry = new RegistrationExpiry(options.timers, options.gracePeriodMs, (endpoint) => {
      void this.expire(endpoint);
    });
  }

  /** How long a registration is kept after its latest Register or Update, in milliseconds. */
  keptForMs(registration: Registration): number {
    return this.#expiry.keptForMs(registration);
  }

  /** The lifetime of an endpoint in the table begins, or began so many milliseconds ago. */
  begin(endpoint: RegisteredEndpoint, elapsedMs: number = 0): void {
    this.#expiry.restart(endpoint, elapsedMs);
  }

  /** Takes an endpoint out of the table. */
  remove(endpoint: RegisteredEndpoint): void {
    endpoint.ended = true;
    this.#expiry.cancel(endpoint);
    this.#options.table.delete(endpoint);
    this.#options.observer.ended(endpoint);
  }

  /** Ends the registration of an endpoint whose lifetime has passed. */
  expire(endpoint: RegisteredEndpoint): MaybePromise<void> {
    return this.#inTurn(endpoint.endpointName, () => {
      // An Update whose handler was still running came first, and has begun a new lifetime.
      if (endpoint.ended || endpoint.expiryTimer !== undefined || endpoint.registration.lifetime === 0) return;
      return this.#end(endpoint, 'expired');
    });
  }

  /**
   * Ends the registration of an endpoint if a peer of its identity is not the endpoint any more. Whether there was one to end is known when it has
   * returned or resolved.
   */
  revoke(endpointName: string, isRevoked: (identity: PeerIdentity) => boolean): MaybePromise<boolean> {
    let isEnded = false;
    const outcome = this.#inTurn(endpointName, () => {
      const endpoint = this.#options.table.byEndpointName(endpointName);
      if (endpoint === undefined || !isRevoked(endpoint.registration.identity)) return;
      isEnded = true;
      return this.#end(endpoint, 'revoked');
    });
    return andThen(outcome, () => isEnded);
  }

  #inTurn(endpointName: string, task: () => MaybePromise<void>): MaybePromise<void> {
    const outcome = this.#options.serial.run(endpointName, task);
    return outcome instanceof Promise ? this.#options.track(outcome) : outcome;
  }

  #end(endpoint: RegisteredEndpoint, reason: 'expired' | 'revoked'): MaybePromise<void> {
    const { safekeeping, observer } = this.#options;
    const { registration, announcement } = endpoint;
    announcement.flush();
    this.remove(endpoint);
    const announce = announcement.after(() => {
      observer.deregistered(registration, reason);
    });
    const work = safekeeping.ended(registration, reason);
    if (work === undefined) announce();
    else return work.then(announce);
  }
}
