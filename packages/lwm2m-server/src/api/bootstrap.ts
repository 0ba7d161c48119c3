import type { PeerIdentity } from '@flownexus/datagram';
import type { Link, ResourceRecord } from '@flownexus/lwm2m-core';
import type { BootstrapConfiguration } from '../bootstrap/bootstrap-configuration.ts';
import type { BootstrapStore } from '../bootstrap/bootstrap-store.ts';
import type { Enrollment, EstOptions } from './est.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** How devices are bootstrapped. */
export interface BootstrapOptions {
  /** What is written to which device. A device that has no configuration there is refused with 4.00. */
  readonly configurations: BootstrapStore;
  /** How long a session may take, in milliseconds. Default 247 000 (EXCHANGE_LIFETIME, RFC 7252 §4.8.2): longer than that no device waits. */
  readonly sessionTimeoutMs?: number;
  /** How long the answer to one request may take, in milliseconds. Default 93 000 (MAX_TRANSMIT_WAIT). */
  readonly stepTimeoutMs?: number;
  /** Sessions at a time; a Bootstrap-Request beyond is answered 5.03. Default 10 000. */
  readonly maxSessions?: number;
  /** Whether a whole configuration is given to devices of LwM2M 1.2 that ask for it at once (Bootstrap-Pack-Request). Default true; else 5.01. */
  readonly pack?: boolean;
  /** Gives certificates to devices that have proven who they are: `/.well-known/est` (RFC 9148). Default: nobody does. */
  readonly est?: EstOptions;
  /**
   * A device found what it was given inconsistent (4.06 to Finish). What this gives is written instead; undefined: the same once more. Asked three times in a session at the
   * most. What it throws or rejects with ends the session, and goes to `onError`.
   */
  onInconsistent?(session: BootstrapSession): MaybePromise<BootstrapConfiguration | undefined>;
}

/** What was done with one device, from its Bootstrap-Request on: a snapshot. */
export interface BootstrapSession {
  /** Tells it from all others of the server. */
  readonly id: string;
  readonly endpointName: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly identity: PeerIdentity;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The requests that are over, in their order. There are no keys in it: what is in the Objects 0 and 21 is written, and never read. */
  readonly steps: readonly BootstrapSessionStep[];
  /** Why it failed. */
  readonly reason?: string;
}

/** One request of a session, and how the device answered it. */
export interface BootstrapSessionStep {
  readonly operation: 'discover' | 'delete' | 'write' | 'read' | 'finish';
  /** `/0/1`; of a Finish `/bs`. */
  readonly path: string;
  /** Of what was written. */
  readonly contentFormat?: number;
  /** `2.04`; undefined when there was no answer. */
  readonly responseCode: string | undefined;
  /** The diagnostic payload of an error, or in words why there is no answer, or why it could not be read. */
  readonly diagnostic: string | undefined;
  readonly durationMs: number;
  /** Of a Discover. */
  readonly links?: readonly Link[];
  /** Of a Read. */
  readonly records?: readonly ResourceRecord[];
}

/** A configuration that was given to a device as a whole. What it makes of it the device does not say. */
export interface BootstrapPackDelivery {
  readonly endpointName: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly identity: PeerIdentity;
  readonly contentFormat: number;
}

/** Events of bootstrapping: past-tense facts, emitted after the answer has left. */
export interface BootstrapEvents {
  /** A Bootstrap-Request was answered 2.04. */
  bootstrapStarted: [session: BootstrapSession];
  /** A request of the session is over: the last of its `steps`. */
  bootstrapProgressed: [session: BootstrapSession];
  /** The device has taken everything, and the Finish. */
  bootstrapFinished: [session: BootstrapSession];
  /** It refused something, did not answer, or asked again: see `reason`. */
  bootstrapFailed: [session: BootstrapSession];
  /** A Bootstrap-Pack-Request was answered 2.05. */
  bootstrapPackSent: [delivery: BootstrapPackDelivery];
  /** A device was given a certificate, by EST. */
  enrolled: [enrollment: Enrollment];
}
