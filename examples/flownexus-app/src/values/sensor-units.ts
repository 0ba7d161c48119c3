import { formatPath, type Path, pathOf, withPrefix } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { SENSOR_UNITS } from './known-resource-types.ts';
import { chunks, KEYS_PER_QUERY } from './key-rows.ts';
import type { SeriesInfo } from './series-list.ts';

/** Characters of a unit: `Cel`, `%RH`. What is longer is none. */
const LONGEST = 64;

/**
 * What Object Instances last said that their measurements are in: IPSO's sensor objects have a Resource for that. Gives the function that tells it
 * for a series; null when it said nothing.
 */
export async function sensorUnits(
  db: Kysely<Tables>,
  series: readonly SeriesInfo[],
): Promise<(series: SeriesInfo) => string | null> {
  const asking = series.filter(({ units, dataType }) => units === null && dataType === 'FLOAT');
  const endpoints = [...new Set(asking.map(({ endpoint }) => endpoint))];
  const objects = [...new Set(asking.map(({ path }) => path.objectId ?? -1))];
  const found = new Map<string, string | null>();
  for (const group of chunks(endpoints, KEYS_PER_QUERY)) {
    const rows = await db
      .selectFrom('Series as s')
      .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
      .select(['s.endpoint', 's.prefix', 't.object_id', 's.object_instance_id'])
      .select(
        sql<
          string | null
        >`(SELECT CASE WHEN length(v.str_value) > ${sql.lit(LONGEST)} THEN NULL ELSE v.str_value END FROM "ResourceValue" v
          WHERE v.series_id = s.id AND v.direction = 'up' ORDER BY v.time DESC, v.id DESC LIMIT 1)`.as('units'),
      )
      .where('t.resource_id', '=', SENSOR_UNITS)
      .where('t.object_id', 'in', objects)
      .where('s.endpoint', 'in', group)
      .execute();
    for (const row of rows) {
      const own = pathOf(row.object_id, row.object_instance_id);
      found.set(sensor(row.endpoint, withPrefix(own, row.prefix === '' ? undefined : row.prefix)), row.units);
    }
  }
  return ({ endpoint, path }) => found.get(sensor(endpoint, path)) ?? null;
}

/** The Object Instance of a path, of an endpoint. */
function sensor(endpoint: string, { prefix, objectId, objectInstanceId }: Path): string {
  return `${formatPath(withPrefix(pathOf(objectId, objectInstanceId), prefix))} ${endpoint}`;
}
