import type { Cell } from './align.ts';

/**
 * The index of the sample that is nearest in time to the hovered one and no further than `withinMs`: series that report
 * at different moments share few times. Undefined where the series has a gap.
 */
export function nearestIndex(
  times: readonly number[],
  row: ArrayLike<Cell>,
  hovered: number,
  withinMs: number,
): number | undefined {
  const time = times[hovered];
  if (time === undefined) return undefined;
  if (typeof row[hovered] === 'number') return hovered;
  const before = seek(times, row, hovered, -1, time, withinMs);
  const after = seek(times, row, hovered, 1, time, withinMs);
  if (before === undefined || after === undefined) return before ?? after;
  return time - (times[before] ?? 0) <= (times[after] ?? 0) - time ? before : after;
}

function seek(
  times: readonly number[],
  row: ArrayLike<Cell>,
  from: number,
  step: 1 | -1,
  time: number,
  withinMs: number,
): number | undefined {
  for (let i = from + step; i >= 0 && i < times.length; i += step) {
    if (Math.abs((times[i] ?? 0) - time) > withinMs || row[i] === null) return undefined;
    if (typeof row[i] === 'number') return i;
  }
  return undefined;
}

/** The y range for the values at hand: padded, and never so narrow that noise looks like a storm. */
export function valueRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 30];
  const span = Math.max(max - min, 1);
  const middle = (min + max) / 2;
  return [middle - span * 0.6, middle + span * 0.6];
}
