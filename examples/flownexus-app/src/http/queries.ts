import { Lwm2mError, parsePath } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { EARLIEST, LATEST, type Position, type ResourceSelection } from '../database/resource-table.ts';
import { limits } from '../limits.ts';
import { ApiError } from './errors.ts';

const limit = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= limits.maximumPageSize)
  .default(limits.defaultPageSize);
const cursor = z.string().min(1).max(limits.cursorLength);

const time = z.string().transform((text, context) => {
  const milliseconds = parseTime(text);
  if (milliseconds === undefined) context.addIssue({ code: 'custom' });
  return milliseconds ?? Number.NaN;
});

const path = z.string().transform((text, context) => {
  try {
    const parsed = parsePath(text);
    if (parsed.prefix === undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'expected a path without the prefix of a gateway' });
    return z.NEVER;
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const endpointsQuery = z.strictObject({ limit, cursor: cursor.optional() });
const resourcesQuery = z.strictObject({
  path: path.optional(),
  from: time.default(EARLIEST),
  to: time.default(LATEST),
  limit,
  order: z.enum(['latest', 'asc', 'desc']).default('latest'),
  cursor: cursor.transform(parsePosition).optional(),
});
const streamQuery = z.strictObject({ endpoint: z.string().min(1).max(1024).optional() });

/** What each parameter may be, for the message that refuses another value. */
const allowed: Readonly<Record<string, string>> = {
  limit: `an integer from 1 to ${String(limits.maximumPageSize)}`,
  cursor: 'a nextCursor of the same list',
  from: 'an ISO 8601 time or milliseconds since 1970',
  to: 'an ISO 8601 time or milliseconds since 1970',
  order: 'latest, asc or desc',
  path: 'a path such as /3303/0/5700',
  endpoint: 'the name of an endpoint',
};

/** The query of the list of endpoints. */
export function parseEndpointsQuery(query: unknown): { limit: number; after: string | undefined } {
  const parsed = parse(endpointsQuery, query);
  return { limit: parsed.limit, after: parsed.cursor };
}

/** The query of the list of an endpoint's values. */
export function parseResourcesQuery(query: unknown): ResourceSelection {
  const parsed = parse(resourcesQuery, query);
  return { ...parsed, path: parsed.path, cursor: parsed.cursor };
}

/** The query of the event stream. */
export function parseStreamQuery(query: unknown): { endpoint: string | undefined } {
  return { endpoint: parse(streamQuery, query).endpoint };
}

/** The text of a cursor. */
export function formatPosition({ time: at, id }: Position): string {
  return `${String(at)}.${String(id)}`;
}

function parsePosition(text: string, context: z.RefinementCtx): Position {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(text);
  if (match === null) context.addIssue({ code: 'custom' });
  return { time: Number(match?.[1]), id: Number(match?.[2]) };
}

function parse<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    throw new ApiError(400, 'bad-query', `the query has no parameter ${JSON.stringify(issue.keys[0])}`);
  }
  const name = String(issue?.path[0]);
  const detail =
    name === 'path' && issue?.message !== undefined && issue.code === 'custom' ? ` (${issue.message})` : '';
  throw new ApiError(400, 'bad-query', `${name} must be ${allowed[name] ?? 'something else'}${detail}`);
}

/** A calendar date alone is the beginning of that day in UTC; a time needs its zone. */
function parseTime(text: string): number | undefined {
  const milliseconds = /^-?\d{1,16}$/.test(text) ? Number(text) : isoTime(text);
  return milliseconds >= EARLIEST && milliseconds <= LATEST ? milliseconds : undefined;
}

function isoTime(text: string): number {
  const known = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).safeParse(text);
  return known.success ? Date.parse(text) : Number.NaN;
}
