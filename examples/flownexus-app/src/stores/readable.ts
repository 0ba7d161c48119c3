/** Told of what nobody waits for. Must not throw. */
export type ErrorReport = (error: unknown, context: string) => void;

/** What rows say. One that says nothing that can be read is reported, left where it is, and skipped. */
export function readable<Row, T>(
  rows: readonly Row[],
  read: (row: Row) => T,
  report: ErrorReport,
  what: (row: Row) => string,
): T[] {
  const values: T[] = [];
  for (const row of rows) {
    try {
      values.push(read(row));
    } catch (error) {
      report(error, `${what(row)} in the database can not be read`);
    }
  }
  return values;
}
