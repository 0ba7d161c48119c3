import type { Clock, DatagramTransport, PeerIdentity, RandomSource } from '@flownexus/datagram';
import type { DecodedPayload, Lwm2mNode, ObjectRegistry, Path, PathLike, ResourceRecord } from '@flownexus/lwm2m-core';
import type { DeregistrationReason, Registration } from './registration/registration.ts';
import type { CredentialStore } from './security/credential-store.ts';

/** What a server gives the transports of its endpoints. */
export interface TransportContext {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Aborted when the server stops, or could not start. */
  readonly signal: AbortSignal;
  /** Told of errors that have no caller to go to. Never throws. */
  readonly onError: (error: unknown, context: string) => void;
}

/** Where the server listens. Made by `coap(…)`, by `coaps(…)`, or by `overTransport(…)` for any transport. */
export interface ServerEndpoint {
  /** Makes the transport; called once by `start`. */
  createTransport(context: TransportContext): DatagramTransport;
  /** Who the devices are that prove an identity here. The server asks it about those that prove none, too. */
  readonly credentials?: CredentialStore;
}

/** An address that a server listens on. */
export interface ServerAddress {
  /** `coap` or `coaps`. */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/** What a device answered to a Read. */
export interface ReadResult extends DecodedPayload {
  readonly path: Path;
  readonly contentFormat: number;
  readonly node: Lwm2mNode;
  readonly records: readonly ResourceRecord[];
}

/** Values a device reported for an observed path. */
export interface Notification extends DecodedPayload {
  readonly registration: Registration;
  /** The observed path. */
  readonly path: Path;
  readonly contentFormat: number;
  /** True for the answer that established the observation. */
  readonly initial: boolean;
  /** False for one that a newer one overtook: history, not the present state (RFC 7641 §3.4). */
  readonly fresh: boolean;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Bounds of one operation, and the format to ask for. They are the caller's own, also where an observation is shared. */
export interface OperationOptions {
  readonly signal?: AbortSignal;
  /**
   * Gives up after this time; the default is the exchange lifetime of CoAP. Of an Observe it limits the wait for the
   * first answer. `RangeError` when it is not a number of 0 or more.
   */
  readonly timeoutMs?: number;
  /** The Content-Format to ask for; the default is the best one the device is known to have. `null` asks for none. */
  readonly accept?: number | null;
}

/**
 * What the server observes on each endpoint by itself, after every Register. A policy is declared, not fired once: when
 * a device does not answer, it is asked once more each time that it is heard, without end. What it answers, unless it
 * observes (4.xx, 5.xx, a value without Observe), is final until its next Register.
 */
export interface ObservationPolicy {
  /** A path such as `/5/0/3`; an asterisk in place of the Object Instance id stands for every registered instance. */
  readonly path: string;
}

/**
 * One observation that a caller asked for. Iterating delivers its notifications, the first answer included; leaving
 * the loop cancels. Those that the iterator has not yet taken are kept up to a bound (`limits.ts`), beyond which the
 * oldest is dropped and counted. When the observation ends against the caller's will the iteration throws why: the
 * device ended it, or the registration ended or was replaced.
 */
export interface DeviceObservation extends AsyncIterable<Notification> {
  readonly path: Path;
  /**
   * Resolves to the first answer; rejects when the device refused. A path that is observed already, by a policy or
   * another caller, is not observed a second time: the present value is read instead. A `timeoutMs` that passes first
   * rejects it with `ERR_LWM2M_SERVER_TIMEOUT`, and ends this caller's share alone.
   */
  readonly established: Promise<Notification>;
  /**
   * Ends it and the iteration. When nobody else observes the path the device is asked to stop (RFC 7641 §3.6); rejects
   * when it does not answer. What it sends until then still goes to `onNotify` and to listeners.
   */
  cancel(): Promise<void>;
}

/** Downlink operations on one endpoint. They reject with {@link Lwm2mServerError} when it is not registered. */
export interface Device {
  readonly endpointName: string;
  readonly registration: Registration | undefined;
  /** Read (TS Core §6.3.1). Rejects with `OperationRejectedError` when the device answers 4.xx or 5.xx. */
  read(path: PathLike, options?: OperationOptions): Promise<ReadResult>;
  /**
   * Observe (TS Core §6.4.1). An observation that can't be established fails: `established` rejects and the iteration
   * throws. Throws at once for a path that is none, and for a `timeoutMs` that is none.
   */
  observe(path: PathLike, options?: OperationOptions): DeviceObservation;
}

/**
 * Events: past-tense facts, emitted after the answer has left, or when it is known that it never can. A listener that
 * throws disturbs nobody.
 */
export interface Lwm2mServerEvents {
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
   * An observation policy could not be established on an endpoint, or ended against our will. One that gets no answer
   * is said once, at the third silence in a row, and is tried on each time that the device is heard.
   *
   * Or a value was lost, and the observation goes on: it did not decode (`ERR_LWM2M_SERVER_PAYLOAD`), in which case it
   * was acknowledged, since sending it again would not help; or the rest of a notification in blocks could not be
   * fetched (`ERR_LWM2M_SERVER_ABANDONED`).
   */
  observationFailed: [registration: Registration, path: string, error: Error];
  /** A Register, Update or De-register was refused: the CoAP code and the reason it carried. */
  refused: [refusal: Refusal];
}

/** A refused request of the registration interface. */
export interface Refusal {
  readonly operation: 'register' | 'update' | 'deregister';
  readonly endpointName: string | undefined;
  readonly address: { readonly host: string; readonly port: number };
  /** Who sent it. */
  readonly identity: PeerIdentity;
  /** The response code as text: `4.12`. */
  readonly code: string;
  readonly reason: string;
}

/**
 * Handlers that the answer to the device waits for. When one rejects, Register, Update and De-register are answered
 * 5.03 with everything as it was before, and a Confirmable notification is not acknowledged, so that the device sends
 * it again. The error goes to `onError` too. Handlers of one endpoint name run one after another, except `onNotify`.
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
}

export interface Lwm2mServerOptions extends UplinkHandlers {
  readonly endpoints: readonly ServerEndpoint[];
  readonly objects: ObjectRegistry;
  /**
   * Who may be which endpoint, asked at each Register, Update and De-register. A device that has proven an identity is the
   * endpoint that it belongs to, and one that has proven none is only an endpoint without a credential; others are refused
   * with 4.03. A registration ends (`revoked`) when the credential of its identity is changed or removed, and one without an
   * identity when its endpoint is given a credential. Default: the stores that the endpoints have, such as that of `coaps`.
   * With none at all every peer may be every endpoint.
   */
  readonly credentials?: CredentialStore;
  /** Observed on every endpoint that has registered the object. */
  readonly observe?: readonly ObservationPolicy[];
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
