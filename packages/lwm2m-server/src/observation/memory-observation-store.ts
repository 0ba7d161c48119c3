import type { ObservationStore, StoredObservation } from './observation-store.ts';

/**
 * Observations in memory: for tests, and for servers that are stopped and made anew in one process. It has no bound of its own, as a store has none: what a
 * server keeps is bounded.
 */
export class MemoryObservationStore implements ObservationStore {
  readonly #byEndpoint = new Map<string, Map<string, StoredObservation>>();

  *load(): Iterable<StoredObservation> {
    for (const ofEndpoint of this.#byEndpoint.values()) yield* ofEndpoint.values();
  }

  save(observation: StoredObservation): void {
    const { endpointName, paths, composite } = observation;
    let ofEndpoint = this.#byEndpoint.get(endpointName);
    if (ofEndpoint === undefined)
      this.#byEndpoint.set(endpointName, (ofEndpoint = new Map<string, StoredObservation>()));
    ofEndpoint.set(keyOf(paths, composite), observation);
  }

  remove(endpointName: string, paths: readonly string[], composite: boolean): void {
    const ofEndpoint = this.#byEndpoint.get(endpointName);
    ofEndpoint?.delete(keyOf(paths, composite));
    if (ofEndpoint?.size === 0) this.#byEndpoint.delete(endpointName);
  }

  endRegistration(endpointName: string): void {
    const ofEndpoint = this.#byEndpoint.get(endpointName);
    if (ofEndpoint === undefined) return;
    for (const [key, observation] of ofEndpoint) {
      if (observation.kept) ofEndpoint.set(key, { ...observation, established: undefined });
      else ofEndpoint.delete(key);
    }
    if (ofEndpoint.size === 0) this.#byEndpoint.delete(endpointName);
  }
}

function keyOf(paths: readonly string[], composite: boolean): string {
  return `${composite ? 'composite ' : ''}${paths.join(' ')}`;
}
