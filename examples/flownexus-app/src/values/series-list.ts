import { formatPath, type Path, pathOf, withPrefix } from '@flownexus/lwm2m-core';
import { type Kysely, type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { ValueType } from './value-schemas.ts';
import { NO_INSTANCE } from './series-cache.ts';

/** A series, and what is known of its values. */
export interface SeriesInfo {
  readonly id: number;
  readonly endpoint: string;
  readonly path: Path;
  /** The text of the path. */
  readonly text: string;
  /** Of its ResourceType: `temperature`. */
  readonly name: string;
  readonly dataType: ValueType;
  readonly units: string | null;
}

/** There are more series at or below a path than one request may read. */
export class TooManySeriesError extends Error {
  override readonly name = 'TooManySeriesError';
}

/**
 * The series of an endpoint at or below a path, in the order of their paths; below the root those of devices behind it too. Rejects with a
 * {@link TooManySeriesError} when there are more than `maximum`.
 */
export async function seriesBelow(
  db: Kysely<Tables>,
  endpoint: string,
  path: Path | undefined,
  maximum: number,
): Promise<SeriesInfo[]> {
  const found = await selectSeries(db)
    .where('s.endpoint', '=', endpoint)
    .where(below(path))
    .orderBy('s.prefix')
    .orderBy('t.object_id')
    .orderBy('s.object_instance_id')
    .orderBy('t.resource_id')
    .orderBy('s.resource_instance_id')
    .limit(maximum + 1)
    .execute();
  if (found.length > maximum) {
    throw new TooManySeriesError(`there are more than ${String(maximum)} series of values: a longer path selects fewer`); // prettier-ignore
  }
  return found.map(toInfo);
}

/**
 * The series of all Resources of a name, of one endpoint or of all. Rejects with a {@link TooManySeriesError} when there are more than `maximum`.
 */
export async function seriesNamed(
  db: Kysely<Tables>,
  name: string,
  endpoint: string | undefined,
  maximum: number,
): Promise<SeriesInfo[]> {
  let select = selectSeries(db).where('t.name', '=', name);
  if (endpoint !== undefined) select = select.where('s.endpoint', '=', endpoint);
  const found = await select
    .orderBy('s.id')
    .limit(maximum + 1)
    .execute();
  if (found.length > maximum) {
    throw new TooManySeriesError(`more than ${String(maximum)} series of values have that name: those of one endpoint are fewer`); // prettier-ignore
  }
  return found.map(toInfo);
}

/** Whether a value was ever stored at or below a path. */
export async function hasSeries(db: Kysely<Tables>, endpoint: string, path: Path): Promise<boolean> {
  const found = await selectSeries(db).where('s.endpoint', '=', endpoint).where(below(path)).limit(1).execute();
  return found.length > 0;
}

/** The series of the ids, in no order; those that are gone are left out. `ids` are few. */
export async function seriesById(db: Kysely<Tables>, ids: readonly number[]): Promise<SeriesInfo[]> {
  return ids.length === 0 ? [] : (await selectSeries(db).where('s.id', 'in', ids).execute()).map(toInfo);
}

/** Those of the series that have neither values nor aggregates. `ids` are few. */
export async function emptySeries(db: Kysely<Tables>, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await db.selectFrom('Series').select('id').where('id', 'in', ids).where(isEmptySeries).execute();
  return new Set(rows.map(({ id }) => id));
}

/** Whether a row of table Series has neither values nor aggregates. */
export const isEmptySeries: RawBuilder<SqlBool> = sql<SqlBool>`NOT EXISTS (SELECT 1 FROM "ResourceValue" v WHERE v.series_id = "Series".id)
  AND NOT EXISTS (SELECT 1 FROM "ResourceAggregate" a WHERE a.series_id = "Series".id)`;

/** All series after an id, in the order of their ids: a page of the whole table. */
export async function seriesAfter(db: Kysely<Tables>, id: number, limit: number): Promise<SeriesInfo[]> {
  return (await selectSeries(db).where('s.id', '>', id).orderBy('s.id').limit(limit).execute()).map(toInfo);
}

/** The same of one endpoint. */
export async function seriesAfterOf(
  db: Kysely<Tables>,
  endpoint: string,
  id: number,
  limit: number,
): Promise<SeriesInfo[]> {
  const page = selectSeries(db).where('s.endpoint', '=', endpoint).where('s.id', '>', id).orderBy('s.id').limit(limit);
  return (await page.execute()).map(toInfo);
}

function selectSeries(db: Kysely<Tables>) {
  return db
    .selectFrom('Series as s')
    .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
    .select(['s.id', 's.endpoint', 's.prefix', 's.object_instance_id', 's.resource_instance_id'])
    .select(['t.object_id', 't.resource_id', 't.name', 't.data_type', 't.units']);
}

function below(path: Path | undefined) {
  if (path?.objectId === undefined) return sql<SqlBool>`1 = 1`;
  const conditions = [sql`s.prefix = ${path.prefix ?? ''}`, sql`t.object_id = ${path.objectId}`];
  if (path.objectInstanceId !== undefined) conditions.push(sql`s.object_instance_id = ${path.objectInstanceId}`);
  if (path.resourceId !== undefined) conditions.push(sql`t.resource_id = ${path.resourceId}`);
  if (path.resourceInstanceId !== undefined) conditions.push(sql`s.resource_instance_id = ${path.resourceInstanceId}`);
  return sql<SqlBool>`${sql.join(conditions, sql` AND `)}`;
}

function toInfo(row: Awaited<ReturnType<ReturnType<typeof selectSeries>['execute']>>[number]): SeriesInfo {
  const instance = row.resource_instance_id === NO_INSTANCE ? undefined : row.resource_instance_id;
  const own = pathOf(row.object_id, row.object_instance_id, row.resource_id, instance);
  const path = withPrefix(own, row.prefix === '' ? undefined : row.prefix);
  return {
    id: row.id,
    endpoint: row.endpoint,
    path,
    text: formatPath(path),
    name: row.name,
    dataType: row.data_type,
    units: row.units,
  };
}
