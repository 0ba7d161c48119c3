import { expect, test } from 'vitest';
import { mergeSeries } from '../../src/values/merge-series.ts';

interface Row {
  readonly time: number;
  readonly id: number;
}

/** Numbers that look random and are the same each time. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

async function merge(allSeries: readonly (readonly Row[])[], count: number, ascending: boolean) {
  let read = 0;
  const rows = await mergeSeries<readonly Row[], Row>(allSeries, count, ascending, (reads, atMost) =>
    Promise.resolve(
      reads.map(({ series, after }) => {
        const ordered = ascending ? series : series.toReversed();
        const start = after === undefined ? 0 : ordered.indexOf(after) + 1;
        const part = ordered.slice(start, start + atMost);
        read += part.length;
        return part;
      }),
    ),
  );
  return { rows, read };
}

test('the result is that of sorting everything, and little more than it is read', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = sequence(seed);
    const allSeries: Row[][] = Array.from({ length: random(12) }, () => []);
    const total = random(200);
    for (let id = 0; id < total && allSeries.length > 0; id += 1) {
      // Half of the values in the first series, many at the same time.
      const series = random(2) === 0 ? 0 : random(allSeries.length);
      allSeries[series]?.push({ time: Math.floor(id / (1 + random(4))), id });
    }
    const order = (a: Row, b: Row): number => a.time - b.time || a.id - b.id;
    for (const series of allSeries) series.sort(order);
    const sorted = allSeries.flat().sort(order);
    const rounds = 2 + Math.log2(Math.max(1, allSeries.length));
    for (const count of [1, 2, 1 + random(20), 500]) {
      const ascending = await merge(allSeries, count, true);
      expect(ascending.rows).toEqual(sorted.slice(0, count));
      expect(ascending.read).toBeLessThanOrEqual(rounds * 2 * count + 2 * allSeries.length);
      const descending = await merge(allSeries, count, false);
      expect(descending.rows).toEqual(sorted.toReversed().slice(0, count));
    }
  }
});

test('of many series only a share is read', async () => {
  const allSeries = Array.from({ length: 1_000 }, (_, series) =>
    Array.from({ length: 100 }, (_, index) => ({ time: index, id: series * 100 + index })),
  );
  const { rows, read } = await merge(allSeries, 1_001, false);
  expect(rows).toHaveLength(1_001);
  expect(read).toBeLessThan(5_000);
});
