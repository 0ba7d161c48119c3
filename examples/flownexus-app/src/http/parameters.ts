import { formatPath, Lwm2mError, parsePath, pathLevel, type PathLevel } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { limits } from '../limits.ts';

// Parameters that several routes have.

/** What JavaScript's Date, and with it ISO 8601 in our answers, can tell, in milliseconds since 1970. */
const LATEST = 8_640_000_000_000_000;

/** The name of an endpoint. PostgreSQL has no U+0000 in text, so that no endpoint has it in its name. */
export const endpointName = z
  .string()
  .min(1)
  .max(limits.endpointNameLength)
  .refine((text) => !text.includes('\0'), 'no endpoint has U+0000 in its name');

/** A time in a query, as milliseconds since 1970. A calendar date alone is the beginning of that day in UTC; a time needs its zone. */
export const timeParameter = z
  .string()
  .max(40)
  .transform((text, context) => {
    const milliseconds = /^-?\d{1,16}$/.test(text) ? Number(text) : isoTime(text);
    if (Math.abs(milliseconds) <= LATEST) return milliseconds;
    context.addIssue({ code: 'custom', message: 'expected an ISO 8601 time or milliseconds since 1970' });
    return z.NEVER;
  })
  .meta({ description: 'ISO 8601, or milliseconds since 1970' });

/** How many items a page has. */
export const limitParameter = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(limits.maximumPageSize))
  .default(limits.defaultPageSize)
  .meta({ description: `Items of a page, 1 to ${limits.maximumPageSize}; default ${limits.defaultPageSize}` });

/** Where a page of a list that is ordered by time goes on. */
export interface TimePosition {
  readonly time: number;
  readonly id: number;
}

/** The `nextCursor` of a list that is ordered by time. */
export const timeCursor = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,16}$/, 'expected a nextCursor of the same list')
  .transform((text): TimePosition => {
    const [time, id] = text.split('.');
    return { time: Number(time), id: Number(id) };
  })
  .meta({ description: 'The nextCursor of the page before' });

/** The text of such a cursor. */
export function formatTimeCursor({ time, id }: TimePosition): string {
  return `${time}.${id}`;
}

/** A number in a path, such as the id of a row. */
export const idParameter = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** A path of the LwM2M data model that has at least so many ids, in its usual form. */
export function lwm2mPath(least: PathLevel): z.ZodType<string, string> {
  return z
    .string()
    .max(100)
    .transform((text, context) => {
      try {
        const path = parsePath(text);
        if (pathLevel(path) >= least) return formatPath(path);
        context.addIssue({ code: 'custom', message: `expected a path of at least ${least} ids` });
      } catch (error) {
        if (!(error instanceof Lwm2mError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
      return z.NEVER;
    });
}

function isoTime(text: string): number {
  const known = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).safeParse(text);
  return known.success ? Date.parse(text) : Number.NaN;
}
