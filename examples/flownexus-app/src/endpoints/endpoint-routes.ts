import { z } from 'zod';
import type { Route } from '../http/route.ts';
import { route } from '../http/route.ts';
import { endpointParams, listOf, pageCursor, pageLimit, queryFlag, storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { admissionSchema, type EndpointItem, endpointItemSchema, securityModeSchema } from './endpoint-item.ts';
import { type EndpointReader, type EndpointSort, sortColumns } from './endpoint-reader.ts';

const text = storableText.min(1).max(limits.searchLength);

const listQuery = z.strictObject({
  search: text.optional().meta({
    description:
      'A part of the name, the address, or of what the Device object says; letters of ASCII match in either case',
  }),
  registered: queryFlag.optional(),
  admission: admissionSchema.optional(),
  security: securityModeSchema.optional(),
  object: z
    .string()
    .regex(/^\d{1,5}$/, 'expected the id of an Object')
    .transform(Number)
    .optional()
    .meta({ description: 'The id of an Object that the endpoint registered', override: { type: 'integer' } }),
  model: text.optional().meta({ description: 'The model number, whole' }),
  sort: z.enum(Object.keys(sortColumns) as [EndpointSort]).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  limit: pageLimit,
  cursor: pageCursor.optional(),
});

/** `GET /api/v1/endpoints` and `GET /api/v1/endpoints/{name}`. */
export function endpointRoutes({ endpoints }: { readonly endpoints: EndpointReader }): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/endpoints',
      operationId: 'listEndpoints',
      summary: 'The endpoints that are known',
      tag: 'Endpoints',
      access: 'read',
      query: listQuery,
      answers: { 200: { description: 'A page of them; a table for who accepts text/csv', schema: listOf(endpointItemSchema, 'EndpointList') } }, // prettier-ignore
      handle: async ({ query }) => {
        const page = await endpoints.page(query);
        return { body: page, csv: { columns: csvColumns, rows: page.items.map(csvRow) } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/endpoints/{name}',
      operationId: 'getEndpoint',
      summary: 'One endpoint',
      tag: 'Endpoints',
      access: 'read',
      params: endpointParams,
      answers: {
        200: { description: 'It', schema: endpointItemSchema },
        404: { description: 'No endpoint of that name is known' },
      },
      handle: async ({ params }) => ({ body: await endpoints.get(params.name) }),
    }),
  ];
}

const csvColumns = Object.keys(endpointItemSchema.shape) as (keyof EndpointItem)[];

function csvRow(item: EndpointItem): (string | number | boolean | null)[] {
  return csvColumns.map((column) => {
    const value = item[column];
    if (value === null || typeof value !== 'object') return value;
    return 'state' in value ? value.state : value.join(' ');
  });
}
