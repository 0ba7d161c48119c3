import { Lwm2mError, type ObjectDefinition, type ObjectRegistry, parseObjectXml } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { listOf, pageCursor, pageLimit } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { compareVersions, keyOf, type ModelKey, type ObjectModels } from './object-models.ts';

const TAG = 'Object models';
const COLLECTION = '/api/v1/object-models';
const ITEM = `${COLLECTION}/{objectId}`;

const objectId = z.string().regex(/^(0|[1-9]\d{0,4})$/).transform(Number).pipe(z.int().max(65_535)).meta({ override: { type: 'integer', minimum: 0, maximum: 65_535 } }); // prettier-ignore
const version = z.string().regex(/^\d{1,5}\.\d{1,5}$/, 'expected a version such as 1.0');
const params = z.object({ objectId });
/** `3:1.1`. */
const modelCursor = pageCursor
  .regex(/^\d{1,5}:\d{1,5}\.\d{1,5}$/, 'expected a nextCursor of the same list')
  .transform((text): ModelKey => {
    const [id, version = ''] = text.split(':');
    return { objectId: Number(id), version };
  });

const summary = {
  objectId: z.int(),
  version: z.string(),
  name: z.string(),
  urn: z.string(),
  multiple: z.boolean(),
  mandatory: z.boolean(),
  uploaded: z.boolean().meta({ description: 'False: it is one of the OMA registry' }),
};
const resource = z.object({
  id: z.int(),
  name: z.string(),
  operations: z.enum(['', 'R', 'W', 'RW', 'E']),
  type: z.string(),
  multiple: z.boolean(),
  mandatory: z.boolean(),
  range: z.string().nullable(),
  units: z.string().nullable(),
});
const modelSummary = z.object(summary).meta({ id: 'ObjectModelSummary' });
const model = z.object({ ...summary, lwm2mVersion: z.string(), resources: z.array(resource) }).meta({ id: 'ObjectModel' }); // prettier-ignore
const uploadBody = z
  .strictObject({
    xml: z.string().min(1).max(limits.objectModelBytes).meta({ description: 'A document of the form of the OMA registry (LWM2M.xsd), with one or more Objects' }),
  })
  .meta({ id: 'ObjectModelBody' }); // prettier-ignore
const uploadAnswer = z
  .object({
    items: z.array(modelSummary),
    warnings: z.array(z.string()).meta({ description: 'Deviations from the schema that were tolerated' }),
  })
  .meta({ id: 'UploadedObjectModels' });

export interface ObjectModelRoutesOptions {
  readonly models: ObjectModels;
  readonly registry: ObjectRegistry;
}

/** `/api/v1/object-models`: the definitions that values are decoded by. */
export function objectModelRoutes({ models, registry }: ObjectModelRoutesOptions): Route[] {
  const isUploaded = (key: ModelKey): boolean => models.isUploaded(key);
  return [
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listObjectModels',
      summary: 'All Object definitions, by id and version',
      tag: TAG,
      access: 'read',
      query: z.strictObject({ limit: pageLimit, cursor: modelCursor.optional() }),
      answers: { 200: { description: 'A page of them', schema: listOf(modelSummary, 'ObjectModelList') } },
      handle: ({ query: { limit, cursor } }) => {
        const all = [...registry].map((definition) => toSummary(definition, isUploaded));
        const rest = cursor === undefined ? all : all.filter((item) => isAfter(item, cursor));
        const page = rest.slice(0, limit);
        const last = page.at(-1);
        const nextCursor = last !== undefined && page.length < rest.length ? cursorOf(last) : null;
        return {
          body: { items: page, nextCursor },
          csv: {
            columns: Object.keys(summary),
            rows: page.map((item) => Object.keys(summary).map((name) => item[name as keyof typeof summary])),
          },
        };
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getObjectModel',
      summary: 'One Object definition with its Resources',
      tag: TAG,
      access: 'read',
      params,
      query: z.strictObject({ version: version.optional().meta({ description: 'Default: the newest' }) }),
      answers: { 200: { description: 'It', schema: model }, 404: { description: 'It is not known' } },
      handle: ({ params: { objectId: id }, query }) => {
        const definition = registry.object(id, query.version);
        // The registry gives the nearest version there is, which here is not the one that was asked for.
        if (definition === undefined || (query.version ?? definition.version) !== definition.version) {
          throw unknown(id, query.version);
        }
        return { body: toModel(definition, isUploaded) };
      },
    }),
    route({
      method: 'post',
      path: COLLECTION,
      operationId: 'uploadObjectModels',
      summary: 'Adds Object definitions, in place of those of the same id and version',
      tag: TAG,
      access: 'administer',
      body: uploadBody,
      bodyLimit: limits.objectModelBytes,
      answers: {
        201: { description: 'Values are decoded by them from now on', schema: uploadAnswer },
        409: { description: 'There are as many as may be' },
      },
      handle: async ({ body: { xml } }) => {
        const warnings: string[] = [];
        const definitions = await models.upload(xml, parse(xml, warnings));
        if (definitions === undefined) {
          throw new ApiError(409, 'quota-exceeded', `at most ${String(limits.objectModels)} Object models can be uploaded`); // prettier-ignore
        }
        const items = definitions.map((definition) => toSummary(definition, isUploaded));
        return { status: 201, body: { items, warnings }, audit: { models: items.map(cursorOf) } };
      },
    }),
    route({
      method: 'delete',
      path: ITEM,
      operationId: 'deleteObjectModel',
      summary: 'Takes away an Object definition that was uploaded',
      tag: TAG,
      access: 'administer',
      params,
      query: z.strictObject({ version }),
      answers: { 204: { description: 'It is gone; what the OMA registry has holds again' }, 404: { description: 'None was uploaded' } }, // prettier-ignore
      handle: async ({ params: { objectId: id }, query }) => {
        if (!(await models.delete({ objectId: id, version: query.version }))) throw unknown(id, query.version);
        return { status: 204, audit: query };
      },
    }),
  ];
}

function parse(xml: string, warnings: string[]): readonly ObjectDefinition[] {
  let definitions: readonly ObjectDefinition[];
  try {
    definitions = parseObjectXml(xml, {
      onWarning: ({ message, offset }) => {
        if (warnings.length < limits.problemIssues) warnings.push(`${message}, at character ${String(offset)}`);
      },
    });
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    throw badXml(error.message);
  }
  if (definitions.length <= limits.objectModelsAtOnce) return definitions;
  throw badXml(`at most ${String(limits.objectModelsAtOnce)} Objects can be uploaded at once`);
}

function toSummary(definition: ObjectDefinition, isUploaded: (key: ModelKey) => boolean): z.output<typeof modelSummary> {
  const { id, version, name, urn, multiple, mandatory } = definition;
  return { objectId: id, version, name, urn, multiple, mandatory, uploaded: isUploaded(keyOf(definition)) };
} // prettier-ignore

function toModel(definition: ObjectDefinition, isUploaded: (key: ModelKey) => boolean): z.output<typeof model> {
  const resources = [...definition.resources.values()].map(
    ({ id, name, operations, type, multiple, mandatory, range, units }) => {
      return { id, name, operations, type, multiple, mandatory, range: range ?? null, units: units ?? null };
    },
  );
  return { ...toSummary(definition, isUploaded), lwm2mVersion: definition.lwm2mVersion, resources };
}

function cursorOf({ objectId: id, version }: ModelKey): string {
  return `${String(id)}:${version}`;
}

function badXml(message: string): ApiError {
  return new ApiError(400, 'bad-body', message, [{ path: 'body.xml', message }]);
}

/** Whether a definition comes after the one that a cursor names. */
function isAfter({ objectId: id, version }: ModelKey, cursor: ModelKey): boolean {
  return (id - cursor.objectId || compareVersions(version, cursor.version)) > 0;
}

function unknown(id: number, wanted: string | undefined): ApiError {
  const which = wanted === undefined ? '' : ` in version ${wanted}`;
  return new ApiError(404, 'not-found', `there is no Object model ${String(id)}${which}`);
}
