import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../src/database/tables.ts';

export interface SeriesFill {
  readonly id: number;
  /** When its first value is, in milliseconds since 1970: the beginning of an hour. */
  readonly begin: number;
  readonly minutes: number;
}

/** What one statement makes: 30 days, far from what a statement may take. A whole number of hours. */
const MINUTES_AT_ONCE = 43_200;

/** Gives a series a value for each minute, with aggregates: made in the database, far faster than they could come. */
export async function fillSeries(db: Kysely<Tables>, { id, begin, minutes }: SeriesFill): Promise<void> {
  for (let first = 0; first < minutes; first += MINUTES_AT_ONCE) {
    await fillMinutes(db, { id, begin }, first, Math.min(first + MINUTES_AT_ONCE, minutes));
  }
}

async function fillMinutes(
  db: Kysely<Tables>,
  { id, begin }: Pick<SeriesFill, 'id' | 'begin'>,
  first: number,
  end: number,
): Promise<void> {
  const time = sql`${sql.lit(begin)} + n * 60000`;
  await sql`
    WITH RECURSIVE minutes (n) AS (SELECT CAST(${sql.lit(first)} AS bigint) UNION ALL SELECT n + 1 FROM minutes WHERE n + 1 < ${sql.lit(end)})
    INSERT INTO "ResourceValue" (series_id, time, id, ts_received, source, float_value)
    SELECT ${sql.lit(id)}, ${time}, ${sql.lit(id * 10_000_000)} + n, ${time}, 'observe', 20 + (n % 600) * 0.01 FROM minutes`.execute(
    db,
  );
  await sql`
    INSERT INTO "ResourceAggregate" (series_id, resolution, bucket, count, sum, minimum, maximum)
    SELECT series_id, 3600000, time - time % 3600000, count(*), sum(float_value), min(float_value), max(float_value)
    FROM "ResourceValue" WHERE series_id = ${sql.lit(id)}
      AND time >= ${sql.lit(begin + first * 60_000)} AND time < ${sql.lit(begin + end * 60_000)} GROUP BY 1, 3`.execute(
    db,
  );
}
