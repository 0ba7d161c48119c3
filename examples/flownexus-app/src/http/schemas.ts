import { Lwm2mError, parsePath } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { EARLIEST, LATEST } from '../values/times.ts';

// What parameters and answers of several routes are made of.

/** Text of a request that is looked for in the database. PostgreSQL has no U+0000. */
export const storableText = z.string().refine((text) => !text.includes('\0') && text.isWellFormed(), {
  message: 'expected text without U+0000 and without half a surrogate pair',
});

/** The name of an endpoint. */
export const endpointName = storableText.min(1).max(limits.endpointNameLength);

/** `{name}` of a path. */
export const endpointParams = z.object({
  name: endpointName.meta({ description: 'The endpoint name, percent-encoded' }),
});

/** `limit` of a list. */
export const pageLimit = z
  .string()
  .regex(/^\d{1,9}$/, `expected an integer from 1 to ${String(limits.maximumPageSize)}`)
  .transform(Number)
  .refine((value) => value >= 1 && value <= limits.maximumPageSize, {
    message: `expected an integer from 1 to ${String(limits.maximumPageSize)}`,
  })
  .default(limits.defaultPageSize)
  .meta({
    description: `How many items at most, from 1 to ${String(limits.maximumPageSize)}`,
    override: { type: 'integer', minimum: 1, maximum: limits.maximumPageSize, default: limits.defaultPageSize },
  });

/** `cursor` of a list, as its previous page gave it. */
export const pageCursor = storableText
  .min(1)
  .max(limits.cursorLength)
  .meta({ description: '`nextCursor` of the page before' });

/** `true` or `false` in a query. */
export const queryFlag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A time in a query: ISO 8601, or milliseconds since 1970, which it becomes. A date alone is the beginning of that day in UTC; a time needs its zone. */
export const queryTime = z
  .string()
  .transform((text, context) => {
    const milliseconds = /^-?\d{1,16}$/.test(text) ? Number(text) : isoTime(text);
    if (milliseconds >= EARLIEST && milliseconds <= LATEST) return milliseconds;
    context.addIssue({ code: 'custom', message: 'expected an ISO 8601 time or milliseconds since 1970' });
    return z.NEVER;
  })
  .meta({ description: 'ISO 8601, or milliseconds since 1970', override: { type: 'string' } });

/** A path of the LwM2M data model in a query: `/3303/0/5700`. */
export const queryPath = z
  .string()
  .max(200)
  .transform((text, context) => {
    try {
      return parsePath(text);
    } catch (error) {
      if (!(error instanceof Lwm2mError)) throw error;
      context.addIssue({ code: 'custom', message: `expected a path such as /3303/0/5700 (${error.message})` });
      return z.NEVER;
    }
  })
  .meta({
    description: 'An Object, Object Instance, Resource or Resource Instance: `/3303/0/5700`',
    override: { type: 'string' },
  });

/** A time in an answer. */
export const isoTimestamp = z.iso.datetime().meta({ description: 'ISO 8601 in UTC' });

/** A page of a list. */
export function listOf<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item).readonly(),
      nextCursor: z
        .string()
        .nullable()
        .meta({ description: 'For `?cursor=`, to get the next page; null on the last one' }),
    })
    .meta({ id });
}

function isoTime(text: string): number {
  const known = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).safeParse(text);
  return known.success ? Date.parse(text) : Number.NaN;
}
