import type { Kysely } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Tables } from '../database/tables.ts';
import type { EarlierValue, StoredEvent } from '../values/batch.ts';

const insertResources = bulkInsert({
  table: 'EventResource',
  columns: { event_id: 'bigint', series_id: 'bigint', time: 'bigint', resource_id: 'bigint' },
  onConflict: 'ON CONFLICT DO NOTHING',
});

/** Adds to events the values that were stored before and belong to them. A value that is kept no longer is left out. */
export async function addEarlierValues(trx: Kysely<Tables>, events: readonly StoredEvent[]): Promise<void> {
  const rows: { event: number; series: number; time: number; id: number }[] = [];
  for (const { id: event, endpoint, event: made } of events) {
    for (const value of made.earlier ?? []) {
      const found = await findValue(trx, endpoint, value);
      if (found !== undefined) rows.push({ event, series: found.series_id, time: value.time, id: found.id });
    }
  }
  await insertResources(trx, {
    event_id: rows.map((row) => row.event),
    series_id: rows.map((row) => row.series),
    time: rows.map((row) => row.time),
    resource_id: rows.map((row) => row.id),
  });
}

function findValue(
  trx: Kysely<Tables>,
  endpoint: string,
  { path, time }: EarlierValue,
): Promise<{ series_id: number; id: number } | undefined> {
  return trx
    .selectFrom('Series as s')
    .innerJoin('ResourceType as t', 't.id', 's.resource_type_id')
    .innerJoin('ResourceValue as v', 'v.series_id', 's.id')
    .select(['v.series_id', 'v.id'])
    .where('s.endpoint', '=', endpoint)
    .where('s.prefix', '=', path.prefix ?? '')
    .where('t.object_id', '=', path.objectId ?? -1)
    .where('t.resource_id', '=', path.resourceId ?? -1)
    .where('s.object_instance_id', '=', path.objectInstanceId ?? -1)
    .where('s.resource_instance_id', '=', path.resourceInstanceId ?? -1)
    .where('v.time', '=', time)
    .orderBy('v.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
