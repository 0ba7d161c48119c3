import { parsePath } from '@flownexus/lwm2m-core';
import type { ErrorReporter } from '../events.ts';
import { andThen, type MaybePromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { EndpointObservations } from './endpoint-observations.ts';
import type { KeptObservations } from './kept-observations.ts';
import type { WantedObservation } from './observation-policy.ts';
import type { ObservationRecords } from './observation-records.ts';
import type { StoredObservation } from './observation-store.ts';
import { compositeTarget, singleTarget, type ObservationTarget, type ObservationTerms } from './observation-target.ts';

interface LoadedObservation {
  readonly stored: StoredObservation;
  readonly target: ObservationTarget;
}

/** What a restart finds in the store of observations, until the endpoints that it belongs to have taken it up. */
export class StoredObservations {
  readonly #records: ObservationRecords;
  readonly #kept: KeptObservations;
  readonly #reportError: ErrorReporter;
  readonly #loaded = new Map<string, LoadedObservation[]>();

  constructor(records: ObservationRecords, kept: KeptObservations, reportError: ErrorReporter) {
    this.#records = records;
    this.#kept = kept;
    this.#reportError = reportError;
  }

  /** Reads the store. What is kept for endpoints is so from now on, whether they are registered or not. */
  load(): MaybePromise<void> {
    return andThen(this.#records.load(), (all) => {
      for (const stored of all) this.#take(stored);
    });
  }

  /** Takes up what an endpoint has; what is established and not wanted any more is forgotten. */
  restore(
    endpoint: RegisteredEndpoint,
    policies: ReadonlyMap<string, WantedObservation>,
    observations: () => EndpointObservations,
  ): void {
    const { endpointName, registration } = endpoint;
    const loaded = this.#loaded.get(endpointName) ?? [];
    this.#loaded.delete(endpointName);
    for (const { stored, target } of loaded) {
      const { established, attributes, accept, contentFormat } = stored;
      if (established === undefined) continue;
      const wanted = this.#kept.of(endpointName).get(target.key) ?? policies.get(target.key);
      const form = { attributes, accept, contentFormat };
      // A device that can't be reached comes back as another peer, and what it had is bound to the old one (RFC 7641 §3.5).
      const isPresent = endpoint.reachable && established.registrationId === registration.registrationId;
      const { token } = established;
      // The paths stay in the order in which the device was asked for them.
      const isTakenUp =
        wanted !== undefined &&
        isPresent &&
        this.#adopt(endpointName, () =>
          observations().adopt({ target, terms: wanted.terms }, stored.kept, { form, token }),
        );
      if (!isTakenUp) this.#forget(stored, target);
    }
  }

  /** What was loaded and nobody has taken up has lost its registration. */
  forgetOthers(): void {
    for (const loaded of this.#loaded.values()) {
      for (const { stored, target } of loaded) if (stored.established !== undefined) this.#forget(stored, target);
    }
    this.#loaded.clear();
  }

  /** A store may have more than an endpoint may: those beyond are not taken up, and the server starts all the same. */
  #adopt(endpointName: string, adopt: () => boolean): boolean {
    try {
      return adopt();
    } catch (error) {
      this.#reportError(error, `an observation of ${endpointName} is not taken up`);
      return false;
    }
  }

  #take(stored: StoredObservation): void {
    const { endpointName, kept } = stored;
    let target: ObservationTarget;
    try {
      target = targetOf(stored);
    } catch (error) {
      this.#reportError(error, `the store has an observation of ${endpointName} that is none`);
      return;
    }
    if (kept && this.#kept.hasPlaceFor(endpointName, target)) {
      this.#kept.set(endpointName, { target, terms: termsOf(stored) });
    }
    const loaded = this.#loaded.get(endpointName);
    if (loaded === undefined) this.#loaded.set(endpointName, [{ stored, target }]);
    else loaded.push({ stored, target });
  }

  #forget(stored: StoredObservation, target: ObservationTarget): void {
    if (stored.kept) void this.#records.save({ ...stored, established: undefined });
    else this.#records.remove(stored.endpointName, target);
  }
}

/** @throws Lwm2mError `ERR_LWM2M_PATH` */
function targetOf({ paths, composite }: StoredObservation): ObservationTarget {
  if (composite) return compositeTarget(paths.map(parsePath));
  const [path = ''] = paths;
  return singleTarget(parsePath(path));
}

function termsOf({ attributes, accept, contentFormat }: StoredObservation): ObservationTerms {
  return {
    ...(attributes === undefined ? {} : { attributes }),
    ...(accept === undefined ? {} : { accept }),
    ...(contentFormat === undefined ? {} : { contentFormat }),
  };
}
