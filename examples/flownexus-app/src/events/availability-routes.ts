import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointName, endpointParams, isoTimestamp, listOf, queryTime } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { type Availability, availabilityOf, availabilityOfFleet } from './availability.ts';
import { isoTime } from '../values/resource-item.ts';

const DEFAULT_RANGE_MS = 7 * 86_400_000;
const TAG = 'Availability';

const summarySchema = z
  .object({
    endpoint: z.string(),
    registered: z.boolean().meta({ description: 'At present' }),
    lastSeen: isoTimestamp,
    from: isoTimestamp.meta({ description: 'The beginning of what is judged; later than asked for when the endpoint was not known before' }), // prettier-ignore
    to: isoTimestamp,
    onlineSeconds: z.number(),
    onlineShare: z.number().nullable().meta({ description: 'From 0 to 1; null for a stretch of no length' }),
    registrations: z.int(),
    reRegistrations: z.int().meta({ description: 'Registrations while there was one already' }),
    updates: z.int(),
    complete: z.boolean().meta({ description: 'False: there were too many changes, and `to` is the time of the last one that is judged' }), // prettier-ignore
  })
  .meta({ id: 'AvailabilitySummary' });
const detailSchema = summarySchema
  .extend({ history: z.array(z.object({ time: isoTimestamp, registered: z.boolean() })).readonly() })
  .meta({ id: 'Availability' });

const COLUMNS = ['endpoint', 'registered', 'lastSeen', 'from', 'to', 'onlineSeconds', 'onlineShare', 'registrations', 'reRegistrations', 'updates', 'complete'] as const; // prettier-ignore

const range = {
  from: queryTime.optional().meta({ description: 'Default: seven days before `to`', override: { type: 'string' } }),
  to: queryTime.optional().meta({ description: 'Default, and at most: now', override: { type: 'string' } }),
};

export interface AvailabilityRoutesOptions {
  readonly database: Database;
  readonly settings: { readonly values: { readonly registrationObject: number } };
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number;
}

/** `/api/v1/endpoints/{name}/availability` and `/api/v1/availability`. */
export function availabilityRoutes({ database, settings, now = Date.now }: AvailabilityRoutesOptions): Route[] {
  const rangeOf = (query: { from?: number | undefined; to?: number | undefined }) => {
    const to = Math.min(query.to ?? now(), now());
    const from = query.from ?? to - DEFAULT_RANGE_MS;
    if (from > to) {
      throw new ApiError(400, 'bad-query', 'query.from: expected a time before `to` and not in the future', [
        { path: 'query.from', message: 'expected a time before `to` and not in the future' },
      ]);
    }
    return { from, to, registrationObject: settings.values.registrationObject };
  };
  return [
    route({
      method: 'get',
      path: '/api/v1/endpoints/{name}/availability',
      operationId: 'getAvailability',
      summary: 'How an endpoint was registered over time',
      tag: TAG,
      access: 'read',
      params: endpointParams,
      query: z.strictObject(range),
      answers: {
        200: { description: 'Its availability', schema: detailSchema },
        404: { description: 'No endpoint of that name is known' },
      },
      handle: async ({ params: { name }, query }) => {
        const availability = await availabilityOf(database.longReads, name, rangeOf(query));
        if (availability === undefined) {
          throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
        }
        const history = availability.changes.map(({ time, registered }) => ({ time: isoTime(time), registered }));
        return { body: { ...summaryOf(availability), history } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/availability',
      operationId: 'listAvailability',
      summary: 'How the endpoints were registered over time, by name',
      tag: TAG,
      access: 'read',
      query: z.strictObject({
        ...range,
        cursor: endpointName.optional().meta({ description: '`nextCursor` of the page before' }),
        limit: z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number)
          .pipe(z.int().min(1).max(limits.availabilityPageSize))
          .default(limits.availabilityPageSize)
          .meta({ override: { type: 'integer', minimum: 1, maximum: limits.availabilityPageSize, default: limits.availabilityPageSize } }), // prettier-ignore
      }),
      answers: { 200: { description: 'A page', schema: listOf(summarySchema, 'AvailabilityList') } },
      handle: async ({ query }) => {
        const { cursor: after, limit } = query;
        const { items, next } = await availabilityOfFleet(database.longReads, { ...rangeOf(query), after, limit });
        const summaries = items.map(summaryOf);
        return {
          body: { items: summaries, nextCursor: next ?? null },
          csv: { columns: COLUMNS, rows: summaries.map((summary) => COLUMNS.map((column) => summary[column])) },
        };
      },
    }),
  ];
}

function summaryOf(availability: Availability) {
  const { endpoint, registered, lastSeen, from, to, onlineMs, registrations, reRegistrations, updates, complete } = availability; // prettier-ignore
  return {
    endpoint,
    registered,
    lastSeen: isoTime(lastSeen),
    from: isoTime(from),
    to: isoTime(to),
    onlineSeconds: onlineMs / 1000,
    onlineShare: to > from ? onlineMs / (to - from) : null,
    registrations,
    reRegistrations,
    updates,
    complete,
  };
}
