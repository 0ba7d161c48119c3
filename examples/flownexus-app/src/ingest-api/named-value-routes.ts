import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import type { Route } from '../http/route.ts';
import { route } from '../http/route.ts';
import { endpointName, isoTimestamp, pageLimit, queryTime, storableText } from '../http/schemas.ts';
import { formatTimeCursor, timeCursor } from '../http/time-cursor.ts';
import { limits } from '../limits.ts';
import { tellTooMany } from '../values/tell-too-many.ts';
import { EARLIEST, LATEST } from '../values/times.ts';
import { type EndpointValue, ValueReader } from '../values/value-reader.ts';
import { jsonValueSchema } from '../values/value-schemas.ts';

const namedValue = z
  .object({
    timestamp_created: isoTimestamp.meta({ description: 'When the server received it' }),
    value: jsonValueSchema,
    resource_type: z.string(),
    endpoint: z.string(),
    path: z.string(),
    time: isoTimestamp.meta({ description: "The device's own time when it gave one" }),
  })
  .meta({ id: 'NamedValue' });

const columns = ['timestamp_created', 'value', 'resource_type', 'endpoint', 'path', 'time'] as const;

/** `GET /leshan_api/data/{name}`: FlowNexus' list of the values that have one name, such as `temperature`. */
export function namedValueRoutes({ database }: { readonly database: Pick<Database, 'longReads'> }): Route[] {
  const reader = new ValueReader(database.longReads);
  return [
    route({
      method: 'get',
      path: '/leshan_api/data/{name}',
      operationId: 'listNamedValues',
      summary: 'The values of all Resources of a name, over all endpoints',
      description:
        'The newest ones, oldest of them first. The header `Link` has the address of the next page, which goes back in time.',
      tag: 'Reports',
      access: 'read',
      params: z.object({
        name: storableText.min(1).max(limits.searchLength).meta({ description: 'Such as `temperature`' }),
      }),
      query: z.strictObject({
        endpoint: endpointName.optional(),
        from: queryTime.default(EARLIEST),
        to: queryTime.default(LATEST),
        limit: pageLimit,
        cursor: timeCursor.optional(),
      }),
      answers: {
        200: { description: 'They', schema: z.array(namedValue) },
        404: { description: 'No value of that name is stored' },
      },
      handle: async ({ params: { name }, query: { endpoint, cursor, ...range }, request }) => {
        const { values, next } = await tellTooMany(reader.pageNamed(name, { ...range, endpoint, order: 'latest', cursor })); // prettier-ignore
        if (values.length === 0 && cursor === undefined) {
          throw new ApiError(404, 'not-found', `${name} resource type not found: no value of that name is stored`);
        }
        const items = values.map(toNamedValue);
        return {
          body: items,
          csv: { columns, rows: items.map((item) => columns.map((column) => item[column])) },
          ...(next === undefined ? {} : { headers: { Link: nextLink(request.originalUrl, formatTimeCursor(next)) } }),
        };
      },
    }),
  ];
}

function toNamedValue({ endpoint, item }: EndpointValue): z.infer<typeof namedValue> {
  const { timeReceived, value, name, path, time } = item;
  return { timestamp_created: timeReceived, value, resource_type: name, endpoint, path, time };
}

/** RFC 8288, as an address that is relative to this one. */
function nextLink(address: string, cursor: string): string {
  const query = new URLSearchParams(address.split('?')[1] ?? '');
  query.set('cursor', cursor);
  return `<?${query.toString()}>; rel="next"`;
}
