import { describe, expect, test } from 'vitest';
import { alignSeries, gapAfterMs } from '../../web/src/chart/align.ts';
import { nearestIndex, valueRange } from '../../web/src/chart/readout.ts';

const every = (stepMs: number, count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i * stepMs);

describe('gapAfterMs', () => {
  test('is three times the usual interval, at least ten seconds', () => {
    expect(gapAfterMs(every(60_000, 10))).toBe(180_000);
    expect(gapAfterMs(every(2000, 10))).toBe(10_000);
  });

  test('is unknown for a few samples', () => {
    expect(gapAfterMs([0, 1e6, 2e6])).toBe(Infinity);
  });
});

describe('alignSeries', () => {
  test('puts series with different times on one axis', () => {
    const aligned = alignSeries([
      { times: [1, 3], values: [10, 30] },
      { times: [2, 3], values: [20, 33] },
    ]);
    expect(aligned.times).toEqual([1, 2, 3]);
    expect(aligned.rows).toEqual([
      [10, undefined, 30],
      [undefined, 20, 33],
    ]);
  });

  test('marks a gap, and marks it in the rows of other series too', () => {
    const gapped = [...every(2000, 10), ...every(2000, 10, 100_000)];
    const { times, rows } = alignSeries([
      { times: gapped, values: gapped.map(() => 1) },
      { times: [50_000], values: [2] },
    ]);
    const inGap = times.flatMap((time, i) => (time > 18_000 && time < 100_000 ? [rows[0]?.[i]] : []));
    expect(inGap).toEqual([null, null]);
    expect(rows[1]?.filter((cell) => cell !== undefined)).toEqual([2]);
  });

  test('of nothing is nothing', () => {
    expect(alignSeries([])).toEqual({ times: [], rows: [] });
    expect(alignSeries([{ times: [], values: [] }])).toEqual({ times: [], rows: [[]] });
  });
});

describe('nearestIndex', () => {
  const times = [0, 10, 20, 30, 40];

  test('is the hovered sample or the nearest one within reach', () => {
    expect(nearestIndex(times, [1, 2, 3, 4, 5], 2, 15)).toBe(2);
    expect(nearestIndex(times, [1, undefined, undefined, 4, 5], 2, 15)).toBe(3);
    expect(nearestIndex(times, [1, undefined, undefined, undefined, undefined], 2, 15)).toBeUndefined();
  });

  test('does not reach over a gap', () => {
    expect(nearestIndex(times, [1, 2, null, 4, 5], 2, 15)).toBe(1);
    expect(nearestIndex(times, [1, null, undefined, null, 5], 2, 50)).toBeUndefined();
  });
});

describe('valueRange', () => {
  test('surrounds the values and is at least a degree high', () => {
    expect(valueRange(20, 30)).toEqual([19, 31]);
    const [low, high] = valueRange(21, 21);
    expect(high - low).toBeGreaterThanOrEqual(1);
  });
});
