import { formatPath } from '@flownexus/lwm2m-core';
import type { ErrorReporter } from '../events.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import type { Registration } from '../registration/registration.ts';
import { SerialByKey } from '../registration/serial-by-key.ts';
import type { ObservationForm } from './observation-request.ts';
import type { ObservationStore, StoredObservation } from './observation-store.ts';
import type { ObservationTarget, ObservationTerms } from './observation-target.ts';

export interface ObservationRecordsOptions {
  readonly store: ObservationStore | undefined;
  readonly reportError: ErrorReporter;
  /** Notes work that `stop` waits for; returns it. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
}

/**
 * Writes to the store of observations: what belongs to one endpoint name in its order, also where the store is slow. What the store fails of is reported:
 * the observation itself goes on, and is not known after a restart. Without a store nothing happens.
 *
 * The lanes have no bound of their own: an endpoint has a bounded number of observations, and each has a bounded number of changes under way.
 */
export class ObservationRecords {
  readonly #options: ObservationRecordsOptions;
  readonly #serial = new SerialByKey();

  constructor(options: ObservationRecordsOptions) {
    this.#options = options;
  }

  /** Whether there is a store. */
  get enabled(): boolean {
    return this.#options.store !== undefined;
  }

  /** All that is kept. Throws or rejects as the store does. */
  load(): MaybePromise<Iterable<StoredObservation>> {
    return this.#options.store?.load() ?? [];
  }

  /** Resolves to whether it is safe. */
  save(observation: StoredObservation): MaybePromise<boolean> {
    return this.#write(observation.endpointName, (store) => store.save(observation));
  }

  remove(endpointName: string, target: ObservationTarget): void {
    void this.#write(endpointName, (store) => store.remove(endpointName, pathsOf(target), target.composite));
  }

  endRegistration(endpointName: string): void {
    void this.#write(endpointName, (store) => store.endRegistration(endpointName));
  }

  #write(endpointName: string, write: (store: ObservationStore) => MaybePromise<void>): MaybePromise<boolean> {
    const { store, reportError, track } = this.#options;
    if (store === undefined) return true;
    const failed = (error: unknown): boolean => {
      reportError(error, `the observations of ${endpointName} could not be stored`);
      return false;
    };
    const outcome = this.#serial.run(endpointName, () => guarded(() => andThen(write(store), () => true), failed));
    return outcome instanceof Promise ? track(outcome) : outcome;
  }
}

/** An observation as it is now. */
export interface ObservationState {
  readonly target: ObservationTarget;
  readonly policy: ObservationTerms | undefined;
  readonly kept: ObservationTerms | undefined;
  /** What the device has at present. */
  readonly established: { readonly form: ObservationForm; readonly token: Uint8Array } | undefined;
}

/** What is to be known of an observation after a restart: undefined when that is nothing, as of one that only callers of this process want. */
export function storedObservation(
  { endpointName, registrationId }: Pick<Registration, 'endpointName' | 'registrationId'>,
  { target, policy, kept, established }: ObservationState,
): StoredObservation | undefined {
  if (kept === undefined && (policy === undefined || established === undefined)) return undefined;
  const form = established?.form ?? {
    attributes: kept?.attributes,
    accept: kept?.accept ?? undefined,
    contentFormat: kept?.contentFormat,
  };
  return {
    endpointName,
    paths: pathsOf(target),
    composite: target.composite,
    ...form,
    kept: kept !== undefined,
    established: established && { registrationId, token: established.token },
  };
}

/** The paths of a target as a store has them. */
function pathsOf({ paths }: ObservationTarget): readonly string[] {
  return paths.map(formatPath);
}
