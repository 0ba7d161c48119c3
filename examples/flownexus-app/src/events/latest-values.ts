import { type Path, pathOf, withPrefix } from '@flownexus/lwm2m-core';
import { type Kysely, sql } from 'kysely';
import type { Tables, ValueColumnsRow } from '../database/tables.ts';
import { limits } from '../limits.ts';
import { type Comparable, comparable } from './comparable.ts';
import type { LatestValue } from './event-rule.ts';

/**
 * The latest value that came from each endpoint at or below a path, page by page: of a Resource, of its instances only when the path names one.
 * It goes through all series once.
 */
export async function* latestValues(db: Kysely<Tables>, path: Path): AsyncGenerator<LatestValue[]> {
  const exact = path.resourceId !== undefined;
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('Series as s')
      .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
      .innerJoin('ResourceValue as v', (join) =>
        join
          .onRef('v.series_id', '=', 's.id')
          .on(sql`v.time`, '=', latest(sql`time`))
          .on(sql`v.id`, '=', latest(sql`id`)),
      )
      .select(['s.id as series', 's.endpoint', 's.prefix', 't.object_id', 't.resource_id', 's.object_instance_id'])
      .select(['s.resource_instance_id', 'v.time', 'v.ts_received'])
      .select(['v.value_type', 'v.int_value', 'v.float_value', 'v.bool_value', 'v.str_value', 'v.blob_value'])
      .where('s.id', '>', after)
      .where('t.object_id', '=', path.objectId ?? -1)
      .where('s.prefix', '=', path.prefix ?? '')
      .$if(path.objectInstanceId !== undefined, (query) =>
        query.where('s.object_instance_id', '=', path.objectInstanceId ?? -1),
      ) // prettier-ignore
      .$if(exact, (query) => query.where('t.resource_id', '=', path.resourceId ?? -1))
      .$if(exact, (query) => query.where('s.resource_instance_id', '=', path.resourceInstanceId ?? -1))
      .orderBy('s.id')
      .limit(limits.seriesPerRead)
      .execute();
    yield rows.map((row) => ({
      endpoint: row.endpoint,
      path: withPrefix(
        pathOf(row.object_id, row.object_instance_id, row.resource_id, row.resource_instance_id === -1 ? undefined : row.resource_instance_id), // prettier-ignore
        row.prefix === '' ? undefined : row.prefix,
      ),
      time: row.time,
      receivedAt: row.ts_received,
      value: comparableOfRow(row),
    }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < limits.seriesPerRead) return;
    after = last.series;
  }
}

function latest(column: ReturnType<typeof sql>) {
  return sql`(SELECT l.${column} FROM "ResourceValue" l WHERE l.series_id = s.id AND l.direction = 'up'
    ORDER BY l.time DESC, l.id DESC LIMIT 1)`;
}

/** What conditions compare, the same as of the value when it came. */
function comparableOfRow(row: ValueColumnsRow): Comparable {
  if (row.float_value !== null) return row.float_value;
  if (row.int_value !== null) return Number(row.int_value);
  if (row.bool_value !== null) return row.bool_value === 1;
  if (row.str_value !== null) return row.str_value;
  return comparable(row.blob_value ?? new Uint8Array());
}
