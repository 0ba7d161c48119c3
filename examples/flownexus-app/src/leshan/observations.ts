import type { DeviceObservation } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import { limits } from '../limits.ts';
import { LeshanError } from './leshan-error.ts';

/** What an observation is of: one path, or the paths of a composite in their order. */
export interface ObservedPaths {
  readonly paths: readonly string[];
  readonly composite: boolean;
}

/** The observations that callers of the surface made, by the endpoint and what is observed. */
export class LeshanObservations {
  readonly #log: Logger;
  readonly #observations = new Map<string, DeviceObservation>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many there are. */
  get size(): number {
    return this.#observations.size;
  }

  /** @throws LeshanError when there are as many as may be, and none of these paths */
  checkPlaceFor(endpointName: string, observed: ObservedPaths): void {
    if (this.#observations.size < limits.leshanObservations) return;
    if (!this.#observations.has(keyOf(endpointName, observed))) {
      throw new LeshanError(503, 'as many observations are kept as may be');
    }
  }

  /** Keeps one until it ends with the registration, or is taken. One of the same paths that there was gives way to it, without the device hearing of that. */
  add(endpointName: string, observed: ObservedPaths, observation: DeviceObservation): void {
    const key = keyOf(endpointName, observed);
    const previous = this.#observations.get(key);
    this.#observations.set(key, observation);
    previous?.cancel({ passive: true }).catch((error: unknown) => this.#unexpected(error));
    void this.#follow(key, observation);
  }

  /** Gives up the one of exactly these paths, in this order; undefined when there is none. */
  take(endpointName: string, observed: ObservedPaths): DeviceObservation | undefined {
    const key = keyOf(endpointName, observed);
    const observation = this.#observations.get(key);
    this.#observations.delete(key);
    return observation;
  }

  /** The values go to the event streams by way of the server: here only the end counts. */
  async #follow(key: string, observation: DeviceObservation): Promise<void> {
    const iterator = observation[Symbol.asyncIterator]();
    try {
      while ((await iterator.next()).done !== true);
    } catch (error) {
      this.#log.debug({ err: error }, 'an observation has ended');
    } finally {
      if (this.#observations.get(key) === observation) this.#observations.delete(key);
    }
  }

  #unexpected(error: unknown): void {
    this.#log.error({ err: error }, 'an observation could not be given up');
  }
}

/** A list of paths counts with its order, as with a Leshan server. */
function keyOf(endpointName: string, { paths, composite }: ObservedPaths): string {
  return JSON.stringify([endpointName, composite, ...paths]);
}
