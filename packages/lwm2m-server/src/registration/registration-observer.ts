import type { RegisteredEndpoint } from './registered-endpoint.ts';
import type { DeregistrationReason, Registration } from './registration.ts';

/**
 * What happens around the registrations. All but `ended` is called when the answer has left, or is known never to leave,
 * and in the order of what happened.
 */
export interface RegistrationObserver {
  registered(endpoint: RegisteredEndpoint): void;
  /** `moved`: the device is now another peer, or came in at another CoAP endpoint. */
  updated(endpoint: RegisteredEndpoint, previous: Registration, moved: boolean): void;
  /** Called at once when the endpoint has left the table, before the answer and before `deregistered`. */
  ended(endpoint: RegisteredEndpoint): void;
  deregistered(registration: Registration, reason: DeregistrationReason): void;
}
