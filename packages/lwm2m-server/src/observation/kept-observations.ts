import { limits } from '../limits.ts';
import type { WantedObservation } from './observation-policy.ts';
import type { ObservationTarget } from './observation-target.ts';

const NONE: ReadonlyMap<string, WantedObservation> = new Map();

/** What queued operations asked to observe, by endpoint name: it outlives registrations, and is established anew after each Register. */
export class KeptObservations {
  readonly #byEndpoint = new Map<string, Map<string, WantedObservation>>();
  #size = 0;

  /** Those of an endpoint, by the keys of their targets. */
  of(endpointName: string): ReadonlyMap<string, WantedObservation> {
    return this.#byEndpoint.get(endpointName) ?? NONE;
  }

  /** Whether one more may be kept. */
  hasPlaceFor(endpointName: string, { key }: ObservationTarget): boolean {
    const ofEndpoint = this.of(endpointName);
    if (ofEndpoint.has(key)) return true;
    return ofEndpoint.size < limits.maxObservationsPerEndpoint && this.#size < limits.maxKeptObservations;
  }

  /** In the place of one of the same target. */
  set(endpointName: string, observation: WantedObservation): void {
    let ofEndpoint = this.#byEndpoint.get(endpointName);
    if (ofEndpoint === undefined)
      this.#byEndpoint.set(endpointName, (ofEndpoint = new Map<string, WantedObservation>()));
    this.#size -= ofEndpoint.size;
    ofEndpoint.set(observation.target.key, observation);
    this.#size += ofEndpoint.size;
  }

  /** Returns what was kept, if it was. */
  delete(endpointName: string, key: string): WantedObservation | undefined {
    const ofEndpoint = this.#byEndpoint.get(endpointName);
    const kept = ofEndpoint?.get(key);
    if (ofEndpoint === undefined || kept === undefined) return undefined;
    ofEndpoint.delete(key);
    this.#size -= 1;
    if (ofEndpoint.size === 0) this.#byEndpoint.delete(endpointName);
    return kept;
  }
}
