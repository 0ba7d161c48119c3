/** The spans of time that the chart can show. */
export const RANGES = [
  { id: '5m', ms: 5 * 60_000 },
  { id: '1h', ms: 3_600_000 },
  { id: '24h', ms: 24 * 3_600_000 },
  { id: '7d', ms: 7 * 24 * 3_600_000 },
] as const;

export type Range = (typeof RANGES)[number];
export type RangeId = Range['id'];

/** A chart is about this many pixels wide; finer buckets could not be seen. */
const BUCKETS_PER_RANGE = 2000;

/** The bucket width at which a series over this range is thinned. */
export function bucketMs(range: Range): number {
  return range.ms / BUCKETS_PER_RANGE;
}

/** Values from the future (a device or browser clock that is off) need room too. */
export const MAX_BUCKETS_PER_SERIES = BUCKETS_PER_RANGE + 200;

/** The shown span of time. It moves on in steps of about a pixel, so that a long range isn't redrawn all the time. */
export function windowAt(now: number, range: Range): readonly [from: number, to: number] {
  const step = Math.max(1000, range.ms / 1000);
  const to = Math.ceil(now / step) * step;
  return [to - range.ms, to];
}

export function rangeOf(id: RangeId): Range {
  return RANGES.find((range) => range.id === id) ?? RANGES[0];
}

export function isRangeId(text: string): text is RangeId {
  return RANGES.some((range) => range.id === text);
}
