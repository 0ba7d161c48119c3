import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointName, listOf, pageLimit, queryFlag, queryTime, storableText } from '../http/schemas.ts';
import { formatTimeCursor, timeCursor } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { type EventDetail, eventDetailSchema, type EventItem, eventItemSchema, severitySchema } from './event-items.ts';
import { listEvents, readEvent } from './event-reader.ts';
import { idParams } from './id-params.ts';

const COLUMNS = ['id', 'time', 'endpoint', 'type', 'severity', 'source', 'message', 'timeReceived', 'timeDevice', 'acknowledgedAt', 'acknowledgedBy', 'acknowledgedNote', 'valueCount', 'firstValueTime', 'lastValueTime'] as const; // prettier-ignore
const TAG = 'Events';

export interface EventRoutesOptions {
  readonly database: Database;
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number;
  /** Hears of an event that was acknowledged. */
  readonly onChange?: (item: EventItem) => void;
}

/** `/api/v1/events`. */
export function eventRoutes({ database, now = Date.now, onChange }: EventRoutesOptions): Route[] {
  const find = async (id: number): Promise<EventDetail> => {
    const event = await readEvent(database.reads, id);
    if (event === undefined) throw new ApiError(404, 'not-found', `there is no event with the id ${id}`);
    return event;
  };
  return [
    route({
      method: 'get',
      path: '/api/v1/events',
      operationId: 'listEvents',
      summary: 'Events, the newest first',
      tag: TAG,
      access: 'read',
      query: z.strictObject({
        endpoint: endpointName.optional(),
        type: storableText.min(1).max(limits.eventNameLength).optional().meta({ description: 'The id of an Object, or the name of a definition or rule' }), // prettier-ignore
        severity: severitySchema.optional(),
        acknowledged: queryFlag.optional(),
        from: queryTime.optional(),
        to: queryTime.optional(),
        cursor: timeCursor.optional(),
        limit: pageLimit,
      }),
      answers: { 200: { description: 'A page of events', schema: listOf(eventItemSchema, 'EventList') } },
      handle: async ({ query }) => {
        const { items, next } = await listEvents(database.longReads, query);
        return {
          body: { items, nextCursor: next === undefined ? null : formatTimeCursor(next) },
          csv: { columns: COLUMNS, rows: items.map(csvRow) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/events/{id}',
      operationId: 'getEvent',
      summary: 'An event with its values',
      tag: TAG,
      access: 'read',
      params: idParams,
      answers: {
        200: { description: 'The event', schema: eventDetailSchema },
        404: { description: 'There is no such event' },
      },
      handle: async ({ params }) => ({ body: await find(params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/v1/events/{id}/acknowledge',
      operationId: 'acknowledgeEvent',
      summary: 'Says that somebody sees to an event',
      tag: TAG,
      access: 'operate',
      params: idParams,
      body: z
        .strictObject({ note: storableText.trim().min(1).max(limits.eventMessageLength).optional() })
        .meta({ id: 'Acknowledgement' })
        .default({}),
      answers: {
        200: { description: 'The event', schema: eventDetailSchema },
        404: { description: 'There is no such event' },
        409: { description: 'Somebody has acknowledged it already' },
      },
      handle: async ({ params: { id }, body: { note }, principal }) => {
        const { numUpdatedRows } = await database.db
          .updateTable('Event')
          .set({ acknowledged_at: now(), acknowledged_by: principal?.actor ?? '', acknowledged_note: note ?? null })
          .where('id', '=', id)
          .where('acknowledged_at', 'is', null)
          .executeTakeFirst();
        const event = await find(id);
        if (numUpdatedRows === 0n) {
          const { at, by } = event.acknowledged ?? { at: '', by: '' };
          throw new ApiError(409, 'conflict', `${by} has acknowledged it already, at ${at}`);
        }
        // It has no values in lists.
        onChange?.(eventItemSchema.parse(event));
        return { body: event, audit: { endpoint: event.endpoint, type: event.type } };
      },
    }),
  ];
}

function csvRow(item: EventItem): (string | number | null)[] {
  const { at = null, by = null, note = null } = item.acknowledged ?? {};
  return [item.id, item.time, item.endpoint, item.type, item.severity, item.source, item.message, item.timeReceived, item.timeDevice, at, by, note, item.valueCount, item.firstValueTime, item.lastValueTime]; // prettier-ignore
}
