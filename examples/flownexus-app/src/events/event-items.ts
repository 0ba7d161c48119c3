import { z } from 'zod';
import type { StoredEvent } from '../values/batch.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { isoTime } from '../values/resource-item.ts';
import { jsonValueSchema, resourceItemSchema } from '../values/value-schemas.ts';

const severities = ['info', 'warning', 'critical'] as const;
export const severitySchema = z.enum(severities);

/** An event in lists, in the stream and in what is sent to webhooks. */
export const eventItemSchema = z
  .object({
    id: z.int(),
    endpoint: z.string(),
    type: z.string().meta({ description: 'The id of an Object, or the name of an event definition or rule' }),
    severity: severitySchema,
    source: z.enum(['composite', 'observe', 'send', 'read', 'ingest', 'rule']),
    message: z.string().nullable(),
    time: isoTimestamp.meta({ description: "The device's own time when it gave one, else when it was received" }),
    timeReceived: isoTimestamp,
    timeDevice: isoTimestamp.nullable(),
    acknowledged: z
      .object({ at: isoTimestamp, by: z.string(), note: z.string().nullable() })
      .nullable()
      .meta({ description: 'Who has seen to it, and when' }),
    valueCount: z.int().meta({ description: 'How many values it groups' }),
    firstValueTime: isoTimestamp.nullable().meta({ description: 'The time of the earliest of its values' }),
    lastValueTime: isoTimestamp.nullable().meta({ description: 'The time of the latest of its values' }),
  })
  .meta({ id: 'Event' });
export type EventItem = z.infer<typeof eventItemSchema>;

/** A value of an event: as in the list of values, but what is kept no longer is known only by its path and time. */
const eventValueSchema = resourceItemSchema
  .pick({ path: true, name: true, type: true, units: true, time: true, timeDevice: true })
  .extend({
    value: jsonValueSchema.nullable().meta({ description: 'Null when it is kept no longer' }),
    timeReceived: isoTimestamp.nullable(),
  })
  .meta({ id: 'EventValue' });
export type EventValue = z.infer<typeof eventValueSchema>;

/** An event with its values. */
export const eventDetailSchema = eventItemSchema
  .extend({
    values: z.array(eventValueSchema).readonly(),
    valuesComplete: z.boolean().meta({ description: 'False: it has more values than one answer' }),
  })
  .meta({ id: 'EventDetail' });
export type EventDetail = z.infer<typeof eventDetailSchema>;

/** The item of an event that was stored just now. `valueTimes`: of the values that it groups, in milliseconds since 1970. */
export function itemOfStored(
  { id, endpoint, time, receivedAt, event }: StoredEvent,
  valueTimes: readonly number[],
): EventItem {
  // prettier-ignore
  const first = valueTimes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const last = valueTimes.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return {
    id,
    endpoint,
    type: event.eventType,
    severity: event.severity,
    source: event.source,
    message: event.message ?? null,
    time: isoTime(time),
    timeReceived: isoTime(receivedAt),
    timeDevice: time === receivedAt ? null : isoTime(time),
    acknowledged: null,
    valueCount: valueTimes.length,
    firstValueTime: valueTimes.length === 0 ? null : isoTime(first),
    lastValueTime: valueTimes.length === 0 ? null : isoTime(last),
  };
}
