import { describe, expect, test } from 'vitest';
import { ThinnedSeries } from '../../web/src/chart/thinned-series.ts';

function series(
  bucketMs: number,
  samples: readonly (readonly [time: number, value: number])[],
  most = 100,
): ThinnedSeries {
  const made = new ThinnedSeries(bucketMs, most);
  for (const [time, value] of samples) made.add({ time, value });
  return made;
}

describe('ThinnedSeries', () => {
  test('keeps every sample when buckets are finer than the interval', () => {
    expect(
      series(10, [
        [0, 1],
        [100, 2],
        [200, 3],
      ]).points(),
    ).toEqual({ times: [0, 100, 200], values: [1, 2, 3] });
  });

  test('keeps the lowest and the highest sample of a bucket, in order of time', () => {
    const samples = series(1000, [
      [0, 5],
      [100, 9],
      [200, 7],
      [300, 1],
      [400, 4],
    ]);
    expect(samples.points()).toEqual({ times: [100, 300], values: [9, 1] });
    expect(samples.latest).toEqual({ time: 400, value: 4 });
  });

  test('takes samples in any order and more than once', () => {
    const once = series(10, [
      [0, 1],
      [100, 2],
      [200, 3],
    ]);
    const mixed = series(10, [
      [200, 3],
      [0, 1],
      [100, 2],
      [0, 1],
      [200, 3],
    ]);
    expect(mixed.points()).toEqual(once.points());
    expect(mixed.latest).toEqual({ time: 200, value: 3 });
  });

  test('ignores what is not a finite number', () => {
    expect(
      series(10, [
        [0, NaN],
        [1, Infinity],
        [NaN, 1],
      ]).points(),
    ).toEqual({ times: [], values: [] });
  });

  test('is bounded: the oldest buckets go', () => {
    const samples = series(
      10,
      Array.from({ length: 1000 }, (_, i) => [i * 10, i] as const),
      50,
    );
    expect(samples.points().times).toHaveLength(50);
    expect(samples.points().times[0]).toBe(9500);
  });

  test('drops what is before a time, but keeps where the line comes from', () => {
    const samples = series(10, [
      [0, 1],
      [100, 2],
      [200, 3],
      [300, 4],
    ]);
    samples.dropBefore(250);
    expect(samples.points().times).toEqual([200, 300]);
  });

  test('has no two points with the same time', () => {
    expect(
      series(10, [
        [5, 1],
        [5, 2],
      ]).points().times,
    ).toEqual([5]);
  });
});
