import { describe, expect, test } from 'vitest';
import { bucketMs, isRangeId, MAX_BUCKETS_PER_SERIES, rangeOf, RANGES, windowAt } from '../../web/src/chart/ranges.ts';
import { MAX_SERIES, SeriesStore } from '../../web/src/chart/series-store.ts';

const kitchen = { endpoint: 'kitchen', path: '/3303/0/5700' };
const cellar = { endpoint: 'cellar', path: '/3303/0/5700' };

describe('SeriesStore', () => {
  test('keeps the samples of the series that are shown, and of no other', () => {
    const store = new SeriesStore(rangeOf('5m'));
    store.show([kitchen]);
    expect(store.add(kitchen, { time: 1000, value: 20 }, 'Cel')).toBe(true);
    expect(store.add(cellar, { time: 1000, value: 10 }, 'Cel')).toBe(false);
    expect(store.get(kitchen)?.samples.latest?.value).toBe(20);
    expect(store.get(cellar)).toBeUndefined();

    store.show([cellar]);
    expect(store.get(kitchen)).toBeUndefined();
  });

  test('remembers the units once a value has told them', () => {
    const store = new SeriesStore(rangeOf('5m'));
    store.show([kitchen]);
    store.add(kitchen, { time: 1000, value: 20 }, 'Cel');
    store.add(kitchen, { time: 2000, value: 21 }, null);
    expect(store.get(kitchen)?.units).toBe('Cel');
  });

  test('shows no more series than can be drawn', () => {
    const store = new SeriesStore(rangeOf('5m'));
    const ids = Array.from({ length: 20 }, (_, i) => ({ endpoint: 'kitchen', path: `/3303/${String(i)}/5700` }));
    store.show(ids);
    expect(ids.filter((id) => store.get(id) !== undefined)).toHaveLength(MAX_SERIES);
  });

  test('takes its samples along to another range', () => {
    const odd = { endpoint: 'a\nb', path: '/3303/0/5700' };
    const store = new SeriesStore(rangeOf('5m'));
    store.show([kitchen, odd]);
    store.add(kitchen, { time: 1000, value: 20 }, 'Cel');
    store.add(odd, { time: 2000, value: 5 }, undefined);
    const longer = store.withRange(rangeOf('1h'));
    expect(longer.get(kitchen)?.samples.points()).toEqual({ times: [1000], values: [20] });
    expect(longer.get(kitchen)?.units).toBe('Cel');
    expect(longer.get(odd)?.samples.latest).toEqual({ time: 2000, value: 5 });
  });

  test('forgets what left the range', () => {
    const store = new SeriesStore(rangeOf('5m'));
    store.show([kitchen]);
    for (let i = 0; i < 10; i += 1) store.add(kitchen, { time: i * 60_000, value: i }, 'Cel');
    store.expire(540_000);
    expect(store.get(kitchen)?.samples.points().values).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('ranges', () => {
  test('a series has room for its whole range', () => {
    for (const range of RANGES) expect(range.ms / bucketMs(range)).toBeLessThanOrEqual(MAX_BUCKETS_PER_SERIES);
  });

  test('are shown up to now, moving on by about a pixel', () => {
    const [from, to] = windowAt(1_000_000_100, rangeOf('5m'));
    expect([from, to]).toEqual([1_000_001_000 - 300_000, 1_000_001_000]);
    expect(windowAt(1_000_000_900, rangeOf('5m'))).toEqual([from, to]);
    for (const range of RANGES) expect(windowAt(12_345_678, range)[1]).toBeGreaterThanOrEqual(12_345_678);
  });

  test('have names', () => {
    expect(isRangeId('7d')).toBe(true);
    expect(isRangeId('8d')).toBe(false);
  });
});
