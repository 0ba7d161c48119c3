/** Rows that one query of {@link inPages} gives at most. */
export const PAGE_SIZE = 1_000;

/**
 * All rows of a query, one page after another. `page` gives the {@link PAGE_SIZE} rows after the last one of the page before, or the first ones; fewer say
 * that there are no more.
 */
export async function* inPages<Row>(
  page: (last: Row | undefined) => Promise<readonly Row[]>,
): AsyncIterable<readonly Row[]> {
  for (let last: Row | undefined; ;) {
    const rows = await page(last);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE_SIZE) return;
    last = rows.at(-1);
  }
}
