import type { PeerIdentity } from '@flownexus/datagram';
import type { Presence } from '../presence/presence.ts';
import type { QueuedOperation } from '../queue/operation-store.ts';
import type { DeregistrationReason, Registration } from '../registration/registration.ts';
import type { BootstrapEvents } from './bootstrap.ts';
import type { Notification, SendReport } from './observation.ts';

/**
 * Events: past-tense facts, emitted after the answer has left, or when it is known that it never can. A listener that
 * throws disturbs nobody.
 */
export interface Lwm2mServerEvents extends BootstrapEvents {
  registered: [registration: Registration];
  updated: [registration: Registration, previous: Registration];
  /** With `replaced` it comes right before the `registered` of the registration that took its place. */
  deregistered: [registration: Registration, reason: DeregistrationReason];
  /**
   * A value of an observed path, after `onNotify` has resolved for it. The first answer (`initial`) comes also where
   * `onNotify` failed, since the device may not send it again; when it does, it comes again as an ordinary one.
   */
  notification: [notification: Notification];
  /**
   * An observation that the server keeps up by itself, for a policy or a queued operation, could not be established, or ended against our will. `path` is that
   * of the observation, of a composite all with spaces between them. One that gets no answer
   * is said once, at the third silence in a row, and is tried on each time that the device is heard.
   *
   * Or a value was lost, and the observation goes on: it did not decode (`ERR_LWM2M_SERVER_PAYLOAD`), in which case it
   * was acknowledged, since sending it again would not help; or the rest of a notification in blocks could not be
   * fetched (`ERR_LWM2M_SERVER_ABANDONED`). Or a device refused the Write-Attributes before an Observe, and is observed without
   * (`ERR_LWM2M_SERVER_ATTRIBUTES`).
   */
  observationFailed: [registration: Registration, path: string, error: Error];
  /** Values that a device sent by itself, after `onSend` has resolved for them. */
  send: [report: SendReport];
  /** An endpoint can be reached again, or no more: see `Presence`. Not for each message: only when it changes. */
  presence: [registration: Registration, presence: Presence];
  /** An operation of the durable queue was queued or changed its state; the store has it. */
  operation: [operation: QueuedOperation];
  /** A request was refused: the CoAP code and the reason it carried. */
  refused: [refusal: Refusal];
}

/** What devices ask for. `authorities`, `enroll` and `reenroll` are those of EST. */
export type RefusedOperation =
  'register' | 'update' | 'deregister' | 'send' | 'bootstrap' | 'bootstrapPack' | 'authorities' | 'enroll' | 'reenroll';

/** A refused request of a device. */
export interface Refusal {
  readonly operation: RefusedOperation;
  readonly endpointName: string | undefined;
  readonly address: { readonly host: string; readonly port: number };
  /** Who sent it. */
  readonly identity: PeerIdentity;
  /** The response code as text: `4.12`. */
  readonly code: string;
  readonly reason: string;
}
