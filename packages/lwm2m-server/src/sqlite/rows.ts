import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { ErrorReporter } from '../events.ts';
import type { Row } from './row.ts';

/** Rows that are in memory at a time. */
export const PAGE_SIZE = 500;

/** One after another: there may be many, and others write meanwhile. `after` gives what `page` is to continue with; `first` begins. */
export function* inPages<Key extends SQLInputValue[]>(
  page: StatementSync,
  first: Key,
  after: (row: Row) => Key,
): Iterable<Row> {
  for (let key = first; ;) {
    const rows = page.all(...key);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_SIZE) return;
    key = after(last);
  }
}

/** What rows say. One that says nothing that can be read is reported, left where it is, and skipped. */
export function* readable<T>(
  rows: Iterable<Row>,
  read: (row: Row) => T,
  report: ErrorReporter,
  what: (row: Row) => string,
): Iterable<T> {
  for (const row of rows) {
    let value: T;
    try {
      value = read(row);
    } catch (error) {
      report(error, `${what(row)} in the store can not be read`);
      continue;
    }
    yield value;
  }
}
