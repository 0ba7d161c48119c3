import type { DecodedPayload, NotificationAttributes, Path } from '@flownexus/lwm2m-core';
import type { OperationResult } from '../downlink/operation.ts';
import type { Registration } from '../registration/registration.ts';

/** Values a device reported for an observed path, or for those of a composite observation. */
export interface Notification extends DecodedPayload {
  readonly registration: Registration;
  /** The observed path; of a composite observation the root. */
  readonly path: Path;
  /** The paths of a composite observation; otherwise the one path. */
  readonly paths: readonly Path[];
  readonly composite: boolean;
  readonly contentFormat: number;
  /** True for the answer that established the observation. */
  readonly initial: boolean;
  /** False for one that a newer one overtook: history, not the present state (RFC 7641 §3.4). */
  readonly fresh: boolean;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Values that a device sent by itself (TS Core §6.4.7). */
export interface SendReport extends DecodedPayload {
  readonly registration: Registration;
  readonly contentFormat: number;
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/**
 * What the server observes by itself, after every Register and after its own restart. A policy is declared, not fired once: when
 * a device does not answer, it is asked once more each time that it is heard, without end. What it answers, unless it
 * observes (4.xx, 5.xx, a value without Observe), is final until its next Register. Where several policies want the same path, or the same set of paths, the first
 * has the say over attributes, and those for one endpoint come before those for all.
 */
export interface ObservationPolicy {
  /** A path such as `/5/0/3`; an asterisk in place of the Object Instance id stands for every registered instance. One of `path` and `paths`. */
  readonly path?: string;
  /** Paths for one Observe-Composite; those of Objects and instances that the endpoint has not registered are left out. */
  readonly paths?: readonly string[];
  /** As with `device.observe`: a device that refuses them is observed without where they are not a part of the Observe. */
  readonly attributes?: NotificationAttributes;
  /** On which endpoints: one by its name, or those that the function wants. Default: all. */
  readonly endpoints?: string | ((registration: Registration) => boolean);
}

/**
 * One observation that a caller asked for. Iterating delivers its notifications, the first answer included; leaving
 * the loop cancels. Those that the iterator has not yet taken are kept up to a bound (`limits.ts`), beyond which the
 * oldest is dropped and counted. When the observation ends against the caller's will the iteration throws why: the
 * device ended it, or the registration ended or was replaced.
 */
export interface DeviceObservation extends AsyncIterable<Notification> {
  /** The observed path; of a composite observation the root. */
  readonly path: Path;
  /**
   * Resolves to the first answer; rejects when the device refused. A path that is observed already, by a policy or
   * another caller, is not observed a second time: the present value is read instead. With other attributes than it has it is ended at the device and observed
   * anew: the attributes of the latest caller that has some hold for all who share it. Where the rule `filterValues` leaves nothing of the first
   * answer it has no records, and its node is an empty root. A `timeoutMs` that passes first
   * rejects it with `ERR_LWM2M_SERVER_TIMEOUT`, and ends this caller's share alone.
   */
  readonly established: Promise<Notification>;
  /**
   * Ends it and the iteration. When nobody else observes the path the device is asked to stop (RFC 7641 §3.6); rejects
   * when it does not answer, or not in time. What it sends until then still goes to `onNotify` and to listeners.
   *
   * Resolves to what the device answered, whatever its code, with the value that it had then (TS Core §6.4.3); to undefined where it was not asked. A value
   * that does not decode is left out.
   */
  cancel(options?: CancelOptions): Promise<OperationResult | undefined>;
}

/** How an observation is ended. */
export interface CancelOptions {
  /** The device is not asked: its next notification is answered with a Reset (RFC 7641 §3.6). Default false. */
  readonly passive?: boolean;
  /** Limits the wait for the answer of the device, while it sleeps too. Default: as of other operations. `RangeError` when it is not a number of 0 or more. */
  readonly timeoutMs?: number;
}
