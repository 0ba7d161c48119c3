import { z } from 'zod';
import { isoTimestamp } from '../http/schemas.ts';

const valueTypeSchema = z
  .enum(['STRING', 'INTEGER', 'UNSIGNED_INTEGER', 'FLOAT', 'BOOLEAN', 'OPAQUE', 'TIME', 'OBJLNK', 'CORELINK', 'NONE'])
  .meta({ id: 'ValueType', description: 'A data type of the LwM2M registry' });
export type { ValueType } from '../database/tables.ts';

export const jsonValueSchema = z.union([z.string(), z.number(), z.boolean()]).meta({
  id: 'Value',
  description:
    'By its type. INTEGER, UNSIGNED_INTEGER and TIME (seconds since 1970): a number, or decimal digits as a string beyond ±(2^53 - 1). ' +
    'FLOAT: a number, or "NaN", "Infinity", "-Infinity". BOOLEAN: a boolean. OPAQUE: base64. OBJLNK: "66:0". STRING, CORELINK: a string',
});
export type JsonValue = z.infer<typeof jsonValueSchema>;

const valueSourceSchema = z
  .enum(['observe', 'composite', 'send', 'read', 'register', 'ingest', 'operation'])
  .meta({ id: 'ValueSource', description: 'Where a value came from' });

const path = z.string().meta({ description: '`/3303/0/5700`, or `/3/0/7/1` for one instance of a multiple Resource; behind a gateway `/d01/3303/0/5700`' }); // prettier-ignore
const name = z.string().meta({ description: 'Such as `temperature`' });
const units = z.string().nullable();

/** One stored value, in lists and in the stream. */
export const resourceItemSchema = z
  .object({
    id: z.int().meta({ description: 'Grows with each stored value; unique over all endpoints' }),
    path,
    name,
    type: valueTypeSchema,
    units,
    value: jsonValueSchema,
    time: isoTimestamp.meta({
      description:
        "The device's own time when it gave one, else when the server received it: what lists and charts go by",
    }),
    timeReceived: isoTimestamp,
    timeDevice: isoTimestamp.nullable(),
    source: valueSourceSchema,
    direction: z.enum(['up', 'down']).meta({ description: '`down`: it was written to the device' }),
  })
  .meta({ id: 'Resource' });
export type ResourceItem = z.infer<typeof resourceItemSchema>;

/** One series of values. */
export const seriesItemSchema = z
  .object({
    path,
    name,
    type: valueTypeSchema,
    units,
    firstTime: isoTimestamp.nullable().meta({ description: 'Of its oldest value; null when only aggregates are left' }),
    lastTime: isoTimestamp.nullable().meta({ description: 'Of its latest value' }),
  })
  .meta({ id: 'Series' });
export type SeriesItem = z.infer<typeof seriesItemSchema>;

/** What one series measured in a stretch of time. */
export const aggregateItemSchema = z
  .object({
    path,
    name,
    units,
    start: isoTimestamp.meta({ description: 'When the stretch begins' }),
    count: z.int(),
    mean: z.number(),
    minimum: z.number(),
    maximum: z.number(),
  })
  .meta({ id: 'Aggregate' });
export type AggregateItem = z.infer<typeof aggregateItemSchema>;
