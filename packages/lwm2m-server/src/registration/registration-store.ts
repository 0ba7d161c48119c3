import type { MaybePromise } from '../maybe-promise.ts';
import type { Registration } from './registration.ts';

/** A registration as a store keeps it, with the peer that it was made by. `formatRegistration` has a text for the registration. */
export interface StoredRegistration {
  readonly registration: Registration;
  /** `Peer.key`: by it a transport recalls the peer after a restart. */
  readonly peerKey: string;
  /** The endpoint of ours that it came in at: `coap://192.0.2.1:5683`. What is sent to the device leaves from there. */
  readonly serverAddress: string;
}

/**
 * Keeps registrations over a restart. The 2.01, 2.04 and 2.02 wait for it, after the handler of the application has resolved. What fails is answered 5.03,
 * with everything as it was before. What it can do at once it should: a promise costs a turn of the event loop.
 *
 * Calls for one endpoint come one after another, each when the one before has resolved.
 */
export interface RegistrationStore {
  /** All, in the order of their Registers. Called once, by `start`. */
  load(): MaybePromise<Iterable<StoredRegistration>>;
  /** Takes a registration in the place of what the endpoint name has. It is safe when this has returned, or resolved. */
  save(stored: StoredRegistration): MaybePromise<void>;
  /** Removes the registration of an endpoint if it still is the one with this ID. */
  remove(endpointName: string, registrationId: string): MaybePromise<void>;
}
