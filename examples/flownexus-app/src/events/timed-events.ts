import type { Kysely, Transaction } from 'kysely';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Database } from '../database/open-database.ts';
import type { Tables } from '../database/tables.ts';
import { limits } from '../limits.ts';
import type { NewEvent, StoredEvent } from '../values/batch.ts';
import { IdBlock } from '../values/id-block.ts';

interface Waiting {
  readonly endpoint: string;
  readonly at: number;
  readonly event: NewEvent;
  /** Undefined until it was written. */
  stored: StoredEvent | undefined;
}

const insertEvents = bulkInsert({
  table: 'Event',
  columns: { id: 'bigint', endpoint: 'text', event_type: 'text', time: 'bigint', ts_received: 'bigint', source: 'text', severity: 'text', message: 'text' }, // prettier-ignore
});

/**
 * Makes the function that stores events which the time has come for, with no value that comes at that time. It gives the event when it is
 * committed, and undefined when the endpoint is gone.
 */
export function timedEvents(
  database: Database,
  onEvents: (trx: Transaction<Tables>, events: readonly StoredEvent[]) => Promise<void>,
): (endpoint: string, at: number, event: NewEvent) => Promise<StoredEvent | undefined> {
  // Few at a time: the ids of an event and of one that comes later are to be in the order of their times, as far as may be.
  const ids = new IdBlock('Event', 1);
  const submit = database.commits.lane<Waiting>({
    name: 'timed-events',
    maxWeight: limits.pendingTimedEvents,
    forget: () => ids.forget(),
    write: async (trx, items) => {
      const known = await existing(trx, items);
      const wanted = items.filter(({ endpoint }) => known.has(endpoint));
      for (const item of items) item.stored = undefined;
      if (wanted.length === 0) return;
      const first = await ids.take(trx, wanted.length);
      const events = wanted.map((item, index) => {
        const { endpoint, at, event } = item;
        return (item.stored = { id: first + index, endpoint, time: at, receivedAt: at, event });
      });
      await insertEvents(trx, {
        id: events.map(({ id }) => id),
        endpoint: events.map(({ endpoint }) => endpoint),
        event_type: events.map(({ event }) => event.eventType),
        time: events.map(({ time }) => time),
        ts_received: events.map(({ receivedAt }) => receivedAt),
        source: events.map(({ event }) => event.source),
        severity: events.map(({ event }) => event.severity),
        message: events.map(({ event }) => event.message ?? null),
      });
      await onEvents(trx, events);
    },
  });
  return async (endpoint, at, event) => {
    const waiting: Waiting = { endpoint, at, event, stored: undefined };
    await submit(waiting);
    return waiting.stored;
  };
}

async function existing(trx: Kysely<Tables>, items: readonly Waiting[]): Promise<Set<string>> {
  const known = new Set<string>();
  const names = [...new Set(items.map(({ endpoint }) => endpoint))];
  const rows = await trx.selectFrom('Endpoint').select('endpoint').where('endpoint', 'in', names).execute();
  for (const { endpoint } of rows) known.add(endpoint);
  return known;
}
