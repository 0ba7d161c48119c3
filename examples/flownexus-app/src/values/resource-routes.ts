import { type DefinitionSource, formatPath, parsePath, type Path, pathStartsWith } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { type CsvTable, type Route, route } from '../http/route.ts';
import { endpointParams, listOf, pageLimit, queryPath, queryTime } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { type AggregatePosition, bucketSizes, readAggregates } from './aggregates.ts';
import { sensorUnits } from './sensor-units.ts';
import { hasSeries, seriesBelow } from './series-list.ts';
import { EARLIEST, LATEST } from './times.ts';
import { ValueReader } from './value-reader.ts';
import { type AggregateItem, aggregateItemSchema, type ResourceItem, resourceItemSchema, seriesItemSchema } from './value-schemas.ts'; // prettier-ignore
import { tellTooMany } from './tell-too-many.ts';
import type { Position } from './value-select.ts';

export interface ResourceRoutesOptions {
  readonly database: Database;
  readonly definitions: DefinitionSource;
}

const NOT_A_CURSOR = 'expected nextCursor of a page of the same list';
/** A cursor of two integers. */
const positionCursor = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,16}$/, NOT_A_CURSOR)
  .transform((text) => text.split('.').map(Number) as [number, number])
  .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } });

const range = { from: queryTime.default(EARLIEST), to: queryTime.default(LATEST) };
const historyQuery = z.strictObject({
  path: queryPath.optional(),
  ...range,
  limit: pageLimit,
  order: z
    .enum(['latest', 'asc', 'desc'])
    .default('latest')
    .meta({
      description:
        '`latest`: the newest `limit` values, oldest of them first as a chart draws them, further pages going back in time; ' +
        '`desc`: newest first; `asc`: oldest first from the beginning',
    }),
  cursor: positionCursor.optional(),
});
const latestQuery = z.strictObject({
  path: queryPath.optional(),
  limit: pageLimit,
  cursor: z.string().regex(/^\d{1,9}$/, NOT_A_CURSOR).transform(Number).optional().meta({ description: '`nextCursor` of the page before', override: { type: 'string' } }), // prettier-ignore
});
const aggregatesQuery = z.strictObject({
  path: queryPath.optional(),
  ...range,
  bucket: z.enum(bucketSizes).default('hour'),
  offset: z
    .string()
    .regex(/^[+-]?\d{1,2}$/, 'expected whole hours from -12 to 14')
    .transform(Number)
    .refine((hours) => hours >= -12 && hours <= 14, 'expected whole hours from -12 to 14')
    .default(0)
    .meta({
      description: 'Hours that the time zone is ahead of UTC: days, weeks (from Monday) and months are those of it',
      override: { type: 'integer', minimum: -12, maximum: 14, default: 0 },
    }),
  limit: pageLimit,
  cursor: positionCursor.optional(),
});
const seriesQuery = z.strictObject({ path: queryPath.optional() });
const UNKNOWN = { 404: { description: 'No endpoint of that name is known, or it has nothing at that path' } };
const resourceColumns = Object.keys(resourceItemSchema.shape) as (keyof ResourceItem)[];
const aggregateColumns = Object.keys(aggregateItemSchema.shape) as (keyof AggregateItem)[];

/** What endpoints measured: `/api/v1/endpoints/{name}/resources`, its `/latest` and `/aggregates`, and `/api/v1/endpoints/{name}/series`. */
export function resourceRoutes({ database, definitions }: ResourceRoutesOptions): Route[] {
  const values = new ValueReader(database.longReads);
  const known = new KnownPaths(database, definitions);
  const shared = { method: 'get', tag: 'Values', access: 'read', params: endpointParams } as const;
  return [
    route({
      ...shared,
      path: '/api/v1/endpoints/{name}/resources',
      operationId: 'listResources',
      summary: 'The values of an endpoint over time',
      query: historyQuery,
      answers: { 200: { description: 'A page of them; a table for who accepts text/csv', schema: listOf(resourceItemSchema, 'ResourceList') }, ...UNKNOWN }, // prettier-ignore
      handle: async ({ params: { name }, query }) => {
        const selection = { ...query, path: query.path, cursor: toPosition(query.cursor) };
        const { items, next } = await tellTooMany(values.page(name, selection));
        if (items.length === 0) await known.check(name, query.path);
        return list(items, next === undefined ? null : formatPosition(next.time, next.id), resourceColumns);
      },
    }),
    route({
      ...shared,
      path: '/api/v1/endpoints/{name}/resources/latest',
      operationId: 'listLatestResources',
      summary: 'The latest value of each Resource of an endpoint',
      query: latestQuery,
      answers: { 200: { description: 'A page of them, in the order of their paths; a table for who accepts text/csv', schema: listOf(resourceItemSchema, 'LatestResourceList') }, ...UNKNOWN }, // prettier-ignore
      handle: async ({ params: { name }, query: { path, limit, cursor = 0 } }) => {
        const { items, next } = await tellTooMany(values.latest(name, { path, limit, after: cursor }));
        if (items.length === 0) await known.check(name, path);
        return list(items, next === undefined ? null : String(next), resourceColumns);
      },
    }),
    route({
      ...shared,
      path: '/api/v1/endpoints/{name}/resources/aggregates',
      operationId: 'listAggregates',
      summary: 'What an endpoint measured, in hours, days, weeks or months',
      description: 'Of all numbers that were received, also those that are not kept any more. One Resource after another, each in the order of time.', // prettier-ignore
      query: aggregatesQuery,
      answers: { 200: { description: 'A page of them; a table for who accepts text/csv', schema: listOf(aggregateItemSchema, 'AggregateList') }, ...UNKNOWN }, // prettier-ignore
      handle: async ({ params: { name }, query }) => {
        const { path, offset: offsetHours, cursor, ...selection } = query;
        const series = await tellTooMany(seriesBelow(database.longReads, name, path, limits.seriesPerRequest));
        if (series.length === 0) await known.check(name, path);
        const unitsOf = await sensorUnits(database.longReads, series);
        const withUnits = series.map((each) => ({ ...each, units: each.units ?? unitsOf(each) }));
        const position = cursor === undefined ? undefined : { seriesId: cursor[0], start: cursor[1] };
        const { items, next } = await readAggregates(database.longReads, withUnits, { ...selection, offsetHours, cursor: position }); // prettier-ignore
        return list(items, next === undefined ? null : formatAggregatePosition(next), aggregateColumns);
      },
    }),
    route({
      ...shared,
      path: '/api/v1/endpoints/{name}/series',
      operationId: 'listSeries',
      summary: 'Which Resources of an endpoint have values',
      query: seriesQuery,
      answers: { 200: { description: 'All of them, in the order of their paths', schema: listOf(seriesItemSchema, 'SeriesList') }, ...UNKNOWN }, // prettier-ignore
      handle: async ({ params: { name }, query: { path } }) => {
        const items = await tellTooMany(values.series(name, path));
        if (items.length === 0) await known.check(name, path);
        return list(items, null, Object.keys(seriesItemSchema.shape) as (keyof (typeof items)[number])[]);
      },
    }),
  ];
}

/** Tells an empty list from one of what does not exist. */
class KnownPaths {
  readonly #database: Database;
  readonly #definitions: DefinitionSource;

  constructor(database: Database, definitions: DefinitionSource) {
    this.#database = database;
    this.#definitions = definitions;
  }

  /** Rejects with a 404 when the endpoint is not known, or neither registered nor reported anything at or below the path. */
  async check(name: string, path: Path | undefined): Promise<void> {
    const row = await this.#database.reads.selectFrom('Endpoint').select('object_links').where('endpoint', '=', name).executeTakeFirst(); // prettier-ignore
    if (row === undefined) {
      throw new ApiError(404, 'unknown-endpoint', `no endpoint named ${JSON.stringify(name)} is known`);
    }
    if (path?.objectId === undefined || this.#mayHave(JSON.parse(row.object_links) as string[], path)) return;
    if (await hasSeries(this.#database.longReads, name, path)) return;
    throw new ApiError(404, 'unknown-path', `the endpoint has not registered ${formatPath(path)} and never reported it`); // prettier-ignore
  }

  /** Whether a value at or below the path could come: the endpoint registered it, and its Object has the Resource. */
  #mayHave(links: readonly string[], path: Path): boolean {
    const registered = links.some((link) => {
      const linked = parsePath(link);
      return pathStartsWith(path, linked) || pathStartsWith(linked, path);
    });
    if (!registered || path.objectId === undefined || path.resourceId === undefined) return registered;
    return (
      this.#definitions.object(path.objectId) === undefined ||
      this.#definitions.resource(path.objectId, path.resourceId) !== undefined
    );
  }
}

function list<T extends object>(
  items: readonly T[],
  nextCursor: string | null,
  columns: readonly (keyof T & string)[],
) {
  // prettier-ignore
  const rows = items.map((item) => columns.map((column) => item[column] as CsvValue));
  return { body: { items, nextCursor }, csv: { columns, rows } };
}

type CsvValue = CsvTable['rows'] extends Iterable<readonly (infer Value)[]> ? Value : never;

function toPosition(cursor: readonly [number, number] | undefined): Position | undefined {
  return cursor === undefined ? undefined : { time: cursor[0], id: cursor[1] };
}

function formatPosition(first: number, second: number): string {
  return `${String(first)}.${String(second)}`;
}

function formatAggregatePosition({ seriesId, start }: AggregatePosition): string {
  return formatPosition(seriesId, start);
}
