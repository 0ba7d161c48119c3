import { bucketMs, MAX_BUCKETS_PER_SERIES, type Range } from './ranges.ts';
import { ThinnedSeries, type Sample } from './thinned-series.ts';

/** Most series that one chart draws. More lines than this can be told apart by nobody. */
export const MAX_SERIES = 8;

/** What one line of the chart shows: one Resource of one Object Instance of one endpoint. */
export interface SeriesId {
  readonly endpoint: string;
  readonly path: string;
}

export interface StoredSeries {
  readonly samples: ThinnedSeries;
  units: string | undefined;
}

/** One text per series. A path has no line feed, so that no two series share a text. */
export function seriesKey({ endpoint, path }: SeriesId): string {
  return `${path}\n${endpoint}`;
}

/** The samples of the series that a chart shows, over one range of time. What isn't shown isn't kept. */
export class SeriesStore {
  readonly range: Range;
  readonly #series = new Map<string, StoredSeries>();

  constructor(range: Range) {
    this.range = range;
  }

  /** Says which series are shown from now on, at most MAX_SERIES of them; the samples of others are forgotten. */
  show(ids: readonly SeriesId[]): void {
    const keys = new Set(ids.slice(0, MAX_SERIES).map(seriesKey));
    for (const key of this.#series.keys()) if (!keys.has(key)) this.#series.delete(key);
    for (const key of keys) if (!this.#series.has(key)) this.#series.set(key, this.#empty());
  }

  get(id: SeriesId): StoredSeries | undefined {
    return this.#series.get(seriesKey(id));
  }

  /** Adds a sample. False when the series isn't shown: there was nothing to do. */
  add(id: SeriesId, sample: Sample, units: string | null | undefined): boolean {
    const series = this.#series.get(seriesKey(id));
    if (series === undefined) return false;
    series.samples.add(sample);
    series.units = units ?? series.units;
    return true;
  }

  /** Adds all that another series kept. */
  merge(id: SeriesId, samples: ThinnedSeries, units: string | null | undefined): void {
    const { times, values } = samples.points();
    times.forEach((time, i) => this.add(id, { time, value: values[i] ?? NaN }, units));
    if (samples.latest !== undefined) this.add(id, samples.latest, units);
  }

  /** Forgets what left the range. */
  expire(now: number): void {
    for (const { samples } of this.#series.values()) samples.dropBefore(now - this.range.ms);
  }

  /** The same series over another range, so that a change of range doesn't start from an empty chart. */
  withRange(range: Range): SeriesStore {
    const store = new SeriesStore(range);
    for (const [key, { samples, units }] of this.#series) {
      const [path = '', ...endpoint] = key.split('\n');
      store.#series.set(key, store.#empty());
      store.merge({ path, endpoint: endpoint.join('\n') }, samples, units);
    }
    return store;
  }

  #empty(): StoredSeries {
    return { samples: new ThinnedSeries(bucketMs(this.range), MAX_BUCKETS_PER_SERIES), units: undefined };
  }
}
