interface Ordered {
  readonly time: bigint;
  readonly id: bigint;
}

/** Reads up to `count` rows of one series, in order, behind the one that is given. */
export type ReadSeries<S, Row> = (series: S, after: Row | undefined, count: number) => readonly Row[];

/**
 * The first `count` rows of many series in the order of their times and ids.
 *
 * Of each series only so much is read as the result may need: an equal share at first, and twice as much again, round
 * by round, of those that the result takes all of. A round reads at most `2 * count` rows, and one for each series; there
 * are no more rounds than `2 + log2(series)`, nearly always two or three.
 */
export function mergeSeries<S, Row extends Ordered>(
  allSeries: readonly S[],
  count: number,
  ascending: boolean,
  read: ReadSeries<S, Row>,
): Row[] {
  const sign = ascending ? 1 : -1;
  const compare = (a: Row, b: Row): number => sign * (order(a.time, b.time) || order(a.id, b.id));
  const merged: Row[] = [];
  let share = Math.ceil(count / Math.max(1, allSeries.length));
  let open = allSeries.map((series): { series: S; last: Row | undefined } => ({ series, last: undefined }));
  while (open.length > 0) {
    const unfinished: typeof open = [];
    for (const { series, last } of open) {
      const rows = read(series, last, share);
      for (const row of rows) merged.push(row);
      if (rows.length === share) unfinished.push({ series, last: rows.at(-1) });
    }
    merged.sort(compare);
    if (merged.length > count) merged.length = count;
    // Behind the end of a full result nothing counts any more.
    const end = merged.length === count ? merged.at(-1) : undefined;
    open = unfinished.filter(({ last }) => end === undefined || (last !== undefined && compare(last, end) < 0));
    share = Math.min(share * 2, count);
  }
  return merged;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
