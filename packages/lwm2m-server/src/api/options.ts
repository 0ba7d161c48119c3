import type { CoapLimits, EchoOptions, PeerSettings } from '@flownexus/coap';
import type { Clock, Peer, RandomSource } from '@flownexus/datagram';
import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { ObservationStore } from '../observation/observation-store.ts';
import type { OperationStore } from '../queue/operation-store.ts';
import type { RegistrationStore } from '../registration/registration-store.ts';
import type { DeregistrationReason, Registration } from '../registration/registration.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { BootstrapOptions } from './bootstrap.ts';
import type { Notification, ObservationPolicy, SendReport } from './observation.ts';
import type { CoapResource } from './resource.ts';
import type { Rules } from './rules.ts';
import type { ServerEndpoint } from './server-endpoint.ts';

/**
 * Handlers that the answer to the device waits for. When one rejects, Register, Update and De-register are answered
 * 5.03 with everything as it was before, and a Confirmable notification is not acknowledged, so that the device sends
 * it again. The error goes to `onError` too. Handlers of one endpoint name run one after another, except `onNotify` and `onSend`.
 */
export interface UplinkHandlers {
  /**
   * A device registers; the 2.01 waits for it. Also for an endpoint that was registered already: it alone is called when
   * a registration replaces another.
   */
  onRegister?(registration: Registration): void | Promise<void>;
  /** A device updates its registration; the 2.04 waits for it, and until then `previous` is the present one. */
  onUpdate?(registration: Registration, previous: Registration): void | Promise<void>;
  /**
   * The registration ends; the 2.02 waits for it. One that expired or was revoked is over whatever the handler does. A registration that
   * is replaced does not come here (see `onRegister`).
   */
  onDeregister?(registration: Registration, reason: Exclude<DeregistrationReason, 'replaced'>): void | Promise<void>;
  /**
   * Values of an observed path. At least once: one that was too slow or failed is called again for the retransmission.
   * Non-confirmable notifications have none, nor has an answer that established the observation (`initial`), unless it
   * came as a Confirmable message of its own; its retransmission is then an ordinary notification.
   */
  onNotify?(notification: Notification): void | Promise<void>;
  /**
   * Values that a device sent by itself; the 2.04 waits for it. When it rejects the device is answered 5.03 and may send again. At least once, as with
   * `onNotify`.
   */
  onSend?(report: SendReport): void | Promise<void>;
}

export interface Lwm2mServerOptions extends UplinkHandlers, Rules {
  readonly endpoints: readonly ServerEndpoint[];
  readonly objects: ObjectRegistry;
  /**
   * Who may be which endpoint, asked at each Register, Update and De-register. A device that has proven an identity is the
   * endpoint that it belongs to, and one that has proven none is only an endpoint without a credential, or is refused with 4.03. Who says to be
   * another endpoint than its identity belongs to is refused with 4.00. A registration ends (`revoked`) when the credential of its identity is changed or removed, and one without an
   * identity when its endpoint is given a credential. Default: the stores that the endpoints have, such as that of `coaps`.
   * With none at all every peer may be every endpoint.
   */
  readonly credentials?: CredentialStore;
  /**
   * Bootstraps devices on the endpoints of this server, beside its registrations: `/bs` and `/bspack`. `Lwm2mBootstrapServer` does it on endpoints of its own, with credentials of
   * their own. Default: it does not.
   */
  readonly bootstrap?: BootstrapOptions;
  /** What the server observes by itself on endpoints that have registered the Object: see `ObservationPolicy`. `setPolicies` exchanges them. */
  readonly observe?: readonly ObservationPolicy[];
  /** Keeps registrations over a restart: afterwards the server knows its endpoints. Default: none are kept. */
  readonly registrationStore?: RegistrationStore;
  /** Keeps observations over a restart, with `registrationStore`. Default: none are kept, and policies observe anew when a device is heard. */
  readonly observationStore?: ObservationStore;
  /** Keeps the durable downlink queue. Default: memory, which a restart empties. */
  readonly operationStore?: OperationStore;
  /** How long a device in queue mode is awake after a message from it, in milliseconds; default 93 000 (MAX_TRANSMIT_WAIT, TS Core §6.5). */
  readonly awakeTimeMs?: number | ((registration: Registration) => number);
  /** What a Profile ID (`pid`) of LwM2M 1.2 stands for: object lists in link format by Profile ID. Another is learnt from a device that sends it with its list, for this device alone. */
  readonly profiles?: Readonly<Record<string, string>>;
  /** What differs for some devices on the level of CoAP: slow networks, small blocks. The registration is that of the peer, if it has one. */
  readonly peerSettings?: (peer: Peer, registration: Registration | undefined) => PeerSettings | undefined;
  /** What is served on the endpoints beside LwM2M; each has a path of its own, else `TypeError`. Default: nothing. */
  readonly resources?: readonly CoapResource[];
  /** Changes to the bounds of the CoAP engine. */
  readonly coapLimits?: Partial<CoapLimits>;
  /**
   * When a device has to prove by an Echo (RFC 9175) that it receives where its requests come from. Default: before a Bootstrap-Pack over plain CoAP, and else never, since clients that do not know Echo, as
   * Zephyr's and Wakaama, take the 4.01 for a refusal. LwM2M serves nothing else that is larger than what was asked (files are, to those who know their paths), and towards a device under a DTLS
   * Connection ID that comes from a new address the transport bounds what is sent until an answer has proven the address.
   */
  readonly echo?: EchoOptions;
  /** How long after its lifetime a registration is still kept, in milliseconds; default 93 000 (MAX_TRANSMIT_WAIT). */
  readonly gracePeriodMs?: number;
  /** Registrations held at once, and Registers being handled; one beyond is answered 5.03. Default 200 000. */
  readonly maxRegistrations?: number;
  /**
   * Told of every error that has no caller to go to: handlers that reject, listeners that throw, defects.
   * Default: a warning on the process (`process.emitWarning`), which Node prints.
   */
  readonly onError?: (error: unknown, context: string) => void;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}
