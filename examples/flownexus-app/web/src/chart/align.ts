import type { Points } from './thinned-series.ts';

/** A value, `null` for a gap in the line, `undefined` where this series has no sample and the line passes by. */
export type Cell = number | null | undefined;

export interface Aligned {
  readonly times: number[];
  readonly rows: Cell[][];
}

/** A pause that is this much longer than the slow end of the usual reporting interval is drawn as a gap. */
const GAP_FACTOR = 3;
const MINIMUM_GAP_MS = 10_000;
const SLOW_PERCENTILE = 0.9;

/** The pause in milliseconds from which on the line is interrupted. Infinity while too little is known. */
export function gapAfterMs(times: readonly number[]): number {
  if (times.length < 5) return Infinity;
  const intervals = times.slice(1).map((time, i) => time - (times[i] ?? time));
  intervals.sort((a, b) => a - b);
  const slow = intervals[Math.floor((intervals.length - 1) * SLOW_PERCENTILE)] ?? 0;
  return Math.max(slow * GAP_FACTOR, MINIMUM_GAP_MS);
}

/** Merges series with times of their own into one table over all times, and marks the gaps. */
export function alignSeries(series: readonly Points[]): Aligned {
  const limits = series.map(({ times }) => gapAfterMs(times));
  const marks = series.map(({ times }, i) => gapMarks(times, limits[i] ?? Infinity));
  const times = mergeTimes([...series.map((points) => points.times), ...marks]);
  const rows = series.map((points, i) => toRow(points, times, limits[i] ?? Infinity));
  return { times, rows };
}

/** A moment inside each gap, so that there is a place to mark it even when no other series has a sample there. */
function gapMarks(times: readonly number[], limit: number): number[] {
  const before = times.filter((time, i) => (times[i + 1] ?? time) - time > limit);
  return before.map((time) => time + 1);
}

function toRow(points: Points, times: readonly number[], limit: number): Cell[] {
  let next = 0;
  return times.map((time): Cell => {
    if (points.times[next] === time) return points.values[next++];
    const before = points.times[next - 1];
    const after = points.times[next];
    // Every cell of a gap has to be null: the plot goes on drawing at the first that isn't.
    return before !== undefined && after !== undefined && after - before > limit ? null : undefined;
  });
}

function mergeTimes(lists: readonly (readonly number[])[]): number[] {
  if (lists.length === 1) return [...(lists[0] ?? [])];
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let offset = 0;
  for (const list of lists) {
    all.set(list, offset);
    offset += list.length;
  }
  all.sort();
  return Array.from(all.filter((time, i) => i === 0 || time !== all[i - 1]));
}
