import type { Clock, DatagramTransport, RandomSource } from '@flownexus/datagram';
import type { DecodedPayload, Lwm2mNode, ObjectRegistry, Path, PathLike, ResourceRecord } from '@flownexus/lwm2m-core';
import type { DeregistrationReason, Registration } from './registration/registration.ts';

/** Where the server listens. Made by `coap(…)`, or by `overTransport(…)` for any transport. */
export interface ServerEndpoint {
  /** Makes the transport; called once by `start`. */
  createTransport(context: { readonly clock: Clock; readonly random: RandomSource }): DatagramTransport;
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

/** Bounds of one operation, and the format to ask for. */
export interface OperationOptions {
  readonly signal?: AbortSignal;
  /** Gives up after this time; the default is the exchange lifetime of CoAP. */
  readonly timeoutMs?: number;
  /** The Content-Format to ask for; the default is the best one the device is known to have. `null` asks for none. */
  readonly accept?: number | null;
}

/** What the server observes on each endpoint by itself, after every Register. */
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
   * another caller, is not observed a second time: the present value is read instead.
   */
  readonly established: Promise<Notification>;
  /**
   * Ends it and the iteration. When nobody else observes the path the device is asked to stop (RFC 7641 §3.6); rejects
   * when it does not answer.
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
   * throws. Throws at once for a path that is none.
   */
  observe(path: PathLike, options?: OperationOptions): DeviceObservation;
}

/** Events: past-tense facts, emitted after the answer has left. A listener that throws disturbs nobody. */
export interface Lwm2mServerEvents {
  registered: [registration: Registration];
  updated: [registration: Registration, previous: Registration];
  /** With `replaced` it comes right before the `registered` of the registration that took its place. */
  deregistered: [registration: Registration, reason: DeregistrationReason];
  notification: [notification: Notification];
  /**
   * An observation policy could not be established on an endpoint, or ended against our will; or an observed value did
   * not decode (`ERR_LWM2M_SERVER_PAYLOAD`), in which case it was acknowledged, since sending it again would not help,
   * and the observation goes on.
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
  /** Also for an endpoint that was registered already: it alone is called when a registration replaces another. */
  onRegister?(registration: Registration): void | Promise<void>;
  onUpdate?(registration: Registration, previous: Registration): void | Promise<void>;
  /**
   * The registration ends: `deregistered` or `expired`, never `replaced` (see `onRegister`). An expired one is over
   * whatever the handler does.
   */
  onDeregister?(registration: Registration, reason: DeregistrationReason): void | Promise<void>;
  /**
   * Values of an observed path. At least once: one that was too slow or failed is called again for the retransmission.
   * For the answer that established the observation (`initial`) there is no retransmission, and none for
   * Non-confirmable notifications.
   */
  onNotify?(notification: Notification): void | Promise<void>;
}

export interface Lwm2mServerOptions extends UplinkHandlers {
  readonly endpoints: readonly ServerEndpoint[];
  readonly objects: ObjectRegistry;
  /** Observed on every endpoint that has registered the object. */
  readonly observe?: readonly ObservationPolicy[];
  /** How long after its lifetime a registration is still kept, in milliseconds; default 93 000 (MAX_TRANSMIT_WAIT). */
  readonly gracePeriodMs?: number;
  /** Registrations held at once; a Register beyond is answered 5.03. Default 200 000. */
  readonly maxRegistrations?: number;
  /**
   * Told of every error that has no caller to go to: handlers that reject, listeners that throw. Default: a warning on
   * the process (`process.emitWarning`), which Node prints.
   */
  readonly onError?: (error: unknown, context: string) => void;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}
