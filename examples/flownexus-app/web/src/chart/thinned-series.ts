/** One measured value. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly value: number;
}

export interface Points {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

interface Bucket {
  readonly index: number;
  min: Sample;
  max: Sample;
}

/**
 * A time series of bounded size. Time is cut into buckets and each keeps its lowest and its highest sample, so peaks stay
 * visible however long the range is. Adding is idempotent and order does not matter: history that overlaps live values,
 * or arrives after them, needs no further de-duplication.
 */
export class ThinnedSeries {
  readonly #bucketMs: number;
  readonly #maxBuckets: number;
  readonly #buckets: Bucket[] = [];
  #latest: Sample | undefined;
  #points: Points | undefined;

  constructor(bucketMs: number, maxBuckets: number) {
    if (!(bucketMs > 0) || !(maxBuckets >= 1)) throw new RangeError('bucketMs and maxBuckets must be positive');
    this.#bucketMs = bucketMs;
    this.#maxBuckets = maxBuckets;
  }

  /** The newest sample that was ever added, thinned away or not. */
  get latest(): Sample | undefined {
    return this.#latest;
  }

  /** Samples that are not finite numbers are ignored: no chart can show them. */
  add(sample: Sample): void {
    if (!Number.isFinite(sample.time) || !Number.isFinite(sample.value)) return;
    if (this.#latest === undefined || sample.time >= this.#latest.time) this.#latest = sample;
    const index = Math.floor(sample.time / this.#bucketMs);
    const at = this.#lowerBound(index);
    const bucket = this.#buckets[at];
    if (bucket?.index !== index) {
      this.#buckets.splice(at, 0, { index, min: sample, max: sample });
      if (this.#buckets.length > this.#maxBuckets) this.#buckets.shift();
    } else if (sample.value < bucket.min.value) bucket.min = sample;
    else if (sample.value > bucket.max.value) bucket.max = sample;
    else return;
    this.#points = undefined;
  }

  /** Forgets what is older than `time`, except the last bucket before it: the line has to come from somewhere. */
  dropBefore(time: number): void {
    const count = this.#lowerBound(Math.floor(time / this.#bucketMs)) - 1;
    if (count <= 0) return;
    this.#buckets.splice(0, count);
    this.#points = undefined;
  }

  /** All kept samples in order of time. */
  points(): Points {
    this.#points ??= toPoints(this.#buckets);
    return this.#points;
  }

  #lowerBound(index: number): number {
    let low = 0;
    let high = this.#buckets.length;
    // Live values land at the end: look there before searching.
    if (high > 0 && (this.#buckets[high - 1]?.index ?? 0) < index) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#buckets[middle]?.index ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function toPoints(buckets: readonly Bucket[]): Points {
  const times: number[] = [];
  const values: number[] = [];
  for (const { min, max } of buckets) {
    const [first, second] = min.time <= max.time ? [min, max] : [max, min];
    times.push(first.time);
    values.push(first.value);
    // Two samples with one time would be a vertical stroke, which a chart of distinct times cannot draw.
    if (second.time > first.time) {
      times.push(second.time);
      values.push(second.value);
    }
  }
  return { times, values };
}
