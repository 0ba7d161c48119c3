import type { Logger } from 'pino';
import { limits } from '../limits.ts';
import type { StoredBatch } from './batch.ts';

/** Counts the values that were not stored, and tells of each endpoint once that it has such. */
export class RefusedValues {
  readonly #log: Logger;
  readonly #told = new Set<string>();
  #count = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many there were since the start, of all endpoints. */
  get count(): number {
    return this.#count;
  }

  /** To be called with what was committed. */
  add(stored: readonly StoredBatch[]): void {
    for (const { batch, refused } of stored) {
      if (refused === 0) continue;
      this.#count += refused;
      this.#tell(batch.endpoint, refused);
    }
  }

  #tell(endpoint: string, values: number): void {
    if (this.#told.has(endpoint)) return;
    for (const oldest of this.#told) {
      if (this.#told.size < limits.toldEndpoints) break;
      this.#told.delete(oldest);
    }
    this.#told.add(endpoint);
    this.#log.warn(
      { endpoint, values },
      'values are not stored: there are as many Resources with values as may be, of this endpoint (setting seriesPerEndpoint) or of unknown kinds in all',
    );
  }
}
