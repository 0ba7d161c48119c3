import type { Kysely } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Tables } from '../database/tables.ts';
import type { NewEvent, StoredBatch, StoredEvent } from './batch.ts';
import { deviceTime } from './times.ts';

const insertEvents = bulkInsert({
  table: 'Event',
  columns: {
    id: 'bigint',
    endpoint: 'text',
    event_type: 'text',
    time: 'bigint',
    ts_device: 'bigint',
    ts_received: 'bigint',
    source: 'text',
    severity: 'text',
    message: 'text',
  },
});
const insertEventResources = bulkInsert({
  table: 'EventResource',
  columns: { event_id: 'bigint', series_id: 'bigint', time: 'bigint', resource_id: 'bigint' },
});

/** An event of a batch, with the id that it gets. */
export function storedEvent({ batch }: Pick<StoredBatch, 'batch'>, event: NewEvent, id: number): StoredEvent {
  const time = timeOf({ batch }, event) ?? batch.receivedAt;
  return { id, endpoint: batch.endpoint, time, receivedAt: batch.receivedAt, event };
}

/** Writes the events of batches whose values are written. */
export async function writeEvents(trx: Kysely<Tables>, stored: readonly StoredBatch[]): Promise<void> {
  const events = stored.flatMap(({ events }) => events);
  await insertEvents(trx, {
    id: events.map(({ id }) => id),
    endpoint: events.map(({ endpoint }) => endpoint),
    event_type: events.map(({ event }) => event.eventType),
    time: events.map(({ time }) => time),
    ts_device: stored.flatMap((each) => each.events.map(({ event }) => timeOf(each, event))),
    ts_received: events.map(({ receivedAt }) => receivedAt),
    source: events.map(({ event }) => event.source),
    severity: events.map(({ event }) => event.severity),
    message: events.map(({ event }) => event.message ?? null),
  });
  const links = stored.flatMap(({ values, events: own }) =>
    own.flatMap(({ id, event }) =>
      [...new Set(event.records)].map((index) => {
        const value = values[index];
        if (value === undefined) throw new RangeError('an event groups a value that its batch does not have');
        return { id, value };
      }),
    ),
  );
  await insertEventResources(trx, {
    event_id: links.map(({ id }) => id),
    series_id: links.map(({ value }) => value.seriesId),
    time: links.map(({ value }) => value.time),
    resource_id: links.map(({ value }) => value.id),
  });
}

/** The latest of the device's own times of its values. */
function timeOf({ batch }: Pick<StoredBatch, 'batch'>, { records }: NewEvent): number | null {
  let latest: number | null = null;
  for (const index of records) {
    const time = deviceTime(batch.records[index]?.time);
    if (time !== null) latest = Math.max(latest ?? time, time);
  }
  return latest;
}
