import type { NotificationAttributes } from '@flownexus/lwm2m-core';
import type { MaybePromise } from '../maybe-promise.ts';

/** An observation that a device has, or that is kept for it, as a store keeps it. */
export interface StoredObservation {
  readonly endpointName: string;
  /** One path, or those of a composite observation. */
  readonly paths: readonly string[];
  readonly composite: boolean;
  readonly attributes: NotificationAttributes | undefined;
  /** What the request was made with: the format of the list of paths, and the Accept. */
  readonly contentFormat: number | undefined;
  readonly accept: number | undefined;
  /** Asked for by a queued operation, so that it is established anew after each Register. False: by a policy of the server. */
  readonly kept: boolean;
  /** Of the observation that the device has at present; undefined while it has none. */
  readonly established: { readonly registrationId: string; readonly token: Uint8Array } | undefined;
}

/**
 * Keeps observations over a restart, so that notifications are understood that come afterwards. What an endpoint has is named by `paths` and `composite`.
 */
export interface ObservationStore {
  /** All. Called once, by `start`, after the registrations were loaded. */
  load(): MaybePromise<Iterable<StoredObservation>>;
  /** Takes an observation in the place of what the endpoint has with the same paths. */
  save(observation: StoredObservation): MaybePromise<void>;
  remove(endpointName: string, paths: readonly string[], composite: boolean): MaybePromise<void>;
  /** Removes all of an endpoint that are not `kept`, and makes the others not established. */
  endRegistration(endpointName: string): MaybePromise<void>;
}
