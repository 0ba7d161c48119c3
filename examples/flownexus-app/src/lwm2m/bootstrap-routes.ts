import { type BootstrapConfiguration, formatBootstrapJson, Lwm2mServerError, parseBootstrapJson } from '@flownexus/lwm2m-server'; // prettier-ignore
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointName, endpointParams, listOf, pageCursor, pageLimit } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { registrableParams } from './registrable-name.ts';

/** What the routes need of a store of bootstrap configurations. */
export interface EditableConfigurations {
  get(endpointName: string): Promise<BootstrapConfiguration | undefined>;
  /** Resolves when it is stored, to whether there was none before. */
  set(endpointName: string, configuration: BootstrapConfiguration): Promise<boolean>;
  /** Resolves to false when there was none. */
  delete(endpointName: string): Promise<boolean>;
  /** Names in their order, from the first one after `after`. */
  list(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly string[]>;
}

const TAG = 'Bootstrap';
const COLLECTION = '/api/v1/bootstrap';
const ITEM = `${COLLECTION}/{name}`;
const DESCRIPTION =
  'The JSON of the bootstrap server of Leshan: `servers` and `security` by their ids, `toDelete`, `autoIdForSecurityObject`, …';

/** Resources that answers do not have, by Object: secrets of a device. */
const SECRETS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [5, 7, 8]],
  [21, [0, 5]],
]);

export const bootstrapBody = z
  .record(z.string(), z.unknown())
  .meta({ id: 'BootstrapConfigurationBody', description: DESCRIPTION });
export const bootstrapItem = z
  .looseObject({})
  .meta({ id: 'BootstrapConfiguration', description: `${DESCRIPTION} Keys are left out` });
const bootstrapList = listOf(z.object({ name: endpointName }), 'BootstrapList'); // prettier-ignore

/** `/api/v1/bootstrap`: what the bootstrap server writes to which device. */
export function bootstrapRoutes(configurations: EditableConfigurations): Route[] {
  const none = { 404: { description: 'The endpoint has no configuration' } };
  return [
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listBootstrapConfigurations',
      summary: 'The endpoints that have a bootstrap configuration, by name',
      tag: TAG,
      access: 'administer',
      query: z.strictObject({ limit: pageLimit, cursor: pageCursor.optional() }),
      answers: { 200: { description: 'A page of their names', schema: bootstrapList } },
      handle: async ({ query: { limit, cursor } }) => {
        const names = await configurations.list({ after: cursor, limit });
        const nextCursor = names.length < limit ? null : (names.at(-1) ?? null);
        return { body: { items: names.map((name) => ({ name })), nextCursor } };
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getBootstrapConfiguration',
      summary: 'What is written to a device, without its keys',
      tag: TAG,
      access: 'administer',
      params: endpointParams,
      answers: { 200: { description: 'It', schema: bootstrapItem }, ...none },
      handle: async ({ params: { name } }) => {
        const configuration = await configurations.get(name);
        if (configuration === undefined) throw unknown(name);
        return { body: formatBootstrapJson(withoutSecrets(configuration)) };
      },
    }),
    route({
      method: 'put',
      path: ITEM,
      operationId: 'setBootstrapConfiguration',
      summary: 'Sets what is written to a device that asks to be bootstrapped',
      tag: TAG,
      access: 'administer',
      params: registrableParams,
      body: bootstrapBody,
      bodyLimit: limits.bootstrapBytes,
      answers: {
        200: { description: 'It has taken the place of another', schema: bootstrapItem },
        201: { description: 'It is the first', schema: bootstrapItem },
      },
      handle: async ({ params: { name }, body }) => {
        const configuration = parseBootstrapBody(body, 'body');
        const isNew = await configurations.set(name, configuration);
        return { status: isNew ? 201 : 200, body: formatBootstrapJson(withoutSecrets(configuration)) };
      },
    }),
    route({
      method: 'delete',
      path: ITEM,
      operationId: 'deleteBootstrapConfiguration',
      summary: 'Takes away what is written to a device: it is refused from then on',
      tag: TAG,
      access: 'administer',
      params: endpointParams,
      answers: { 204: { description: 'It is gone' }, ...none },
      handle: async ({ params: { name } }) => {
        if (!(await configurations.delete(name))) throw unknown(name);
        return { status: 204 };
      },
    }),
  ];
}

/**
 * Reads the configuration that is at a place of a body. Throws a 400 for what is none. The message says where it is wrong, and does not quote: there are keys
 * in it.
 */
export function parseBootstrapBody(json: unknown, at: string): BootstrapConfiguration {
  try {
    return parseBootstrapJson(json);
  } catch (error) {
    if (!(error instanceof Lwm2mServerError)) throw error;
    // It ends with a JSON pointer.
    const place = / at (\/\S+)$/.exec(error.message)?.[1] ?? '';
    throw new ApiError(400, 'bad-body', error.message, [{ path: `${at}${place.replaceAll('/', '.')}`, message: error.message }]); // prettier-ignore
  }
}

/** What answers have of a configuration. */
export function withoutSecrets(configuration: BootstrapConfiguration): BootstrapConfiguration {
  const instances = configuration.instances.map(({ path, resources }) => {
    const secret = SECRETS.get(Number(path.split('/')[1])) ?? [];
    return { path, resources: resources.filter(({ id }) => !secret.includes(id)) };
  });
  return { ...configuration, instances };
}

function unknown(name: string): ApiError {
  return new ApiError(404, 'not-found', `the endpoint ${JSON.stringify(name)} has no bootstrap configuration`);
}
