import type { MaybePromise } from '../maybe-promise.ts';
import type { Registration } from './registration.ts';

/** A registration as a store keeps it, with the peer that it was made by. */
export interface StoredRegistration {
  readonly registration: Registration;
  /** `Peer.key`: by it a transport recalls the peer after a restart. */
  readonly peerKey: string;
  /** `coap` or `coaps`. */
  readonly scheme: string;
}

/**
 * Keeps registrations over a restart. The 2.01, 2.04 and 2.02 wait for it. What it can do at once it should: a promise costs a turn of the event loop.
 */
export interface RegistrationStore {
  /** All, in the order of their Registers. Called once, by `start`. */
  load(): MaybePromise<Iterable<StoredRegistration>>;
  /** Takes a registration in the place of what the endpoint name has. It is safe when this has returned, or resolved. */
  save(stored: StoredRegistration): MaybePromise<void>;
  /** Removes the registration of an endpoint if it still is the one with this ID. */
  remove(endpointName: string, registrationId: string): MaybePromise<void>;
}
