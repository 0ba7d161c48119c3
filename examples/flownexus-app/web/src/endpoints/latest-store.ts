import type { Sample } from '../chart/thinned-series.ts';

export interface Latest extends Sample {
  readonly path: string;
  readonly units: string | undefined;
}

/** A device may register thousands of sensor instances; the table needs a few. */
const MAX_PATHS = 8;
const NOTHING: readonly Latest[] = [];

/** The newest temperature per endpoint and path. The list of an endpoint is a new array exactly when it changed. */
export class LatestStore {
  readonly #byEndpoint = new Map<string, readonly Latest[]>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  get(endpoint: string): readonly Latest[] {
    return this.#byEndpoint.get(endpoint) ?? NOTHING;
  }

  /** Takes a value over unless a newer one is known. Call `notify` after the last of a batch. */
  put(endpoint: string, latest: Latest): void {
    const known = this.get(endpoint);
    const same = known.find(({ path }) => path === latest.path);
    if (same === undefined ? known.length >= MAX_PATHS : same.time > latest.time) return;
    const others = known.filter(({ path }) => path !== latest.path);
    const list = [...others, latest].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
    this.#byEndpoint.set(endpoint, list);
    this.#version += 1;
  }

  /** Forgets endpoints that are no longer listed. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#byEndpoint.keys()) if (!names.has(name)) this.#byEndpoint.delete(name);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
