interface Ordered {
  readonly time: number;
  readonly id: number;
}

/** One series to read on in. */
export interface SeriesRead<S, Row> {
  readonly series: S;
  /** The row behind which it goes on; undefined: from the beginning. */
  readonly after: Row | undefined;
}

/** Reads up to `count` rows of each series, in order; the answers are in the order of the questions. */
export type ReadSeries<S, Row> = (
  reads: readonly SeriesRead<S, Row>[],
  count: number,
) => Promise<readonly (readonly Row[])[]>;

/**
 * The first `count` rows of many series in the order of their times and ids.
 *
 * Of each series only so much is read as the result may need: an equal share at first, and twice as much again, round by round, of those that the
 * result takes all of. A round reads at most `2 * count` rows, and one for each series; there are no more rounds than `2 + log2(series)`, nearly
 * always two or three.
 */
export async function mergeSeries<S, Row extends Ordered>(
  allSeries: readonly S[],
  count: number,
  ascending: boolean,
  read: ReadSeries<S, Row>,
): Promise<Row[]> {
  const sign = ascending ? 1 : -1;
  const compare = (a: Row, b: Row): number => sign * (a.time - b.time || a.id - b.id);
  const merged: Row[] = [];
  let share = Math.ceil(count / Math.max(1, allSeries.length));
  let open = allSeries.map((series): SeriesRead<S, Row> => ({ series, after: undefined }));
  while (open.length > 0) {
    const answers = await read(open, share);
    const unfinished: typeof open = [];
    for (const [index, { series }] of open.entries()) {
      const rows = answers[index] ?? [];
      for (const row of rows) merged.push(row);
      if (rows.length === share) unfinished.push({ series, after: rows.at(-1) });
    }
    merged.sort(compare);
    if (merged.length > count) merged.length = count;
    // Behind the end of a full result nothing counts any more.
    const end = merged.length === count ? merged.at(-1) : undefined;
    open = unfinished.filter(({ after }) => end === undefined || (after !== undefined && compare(after, end) < 0));
    share = Math.min(share * 2, count);
  }
  return merged;
}
