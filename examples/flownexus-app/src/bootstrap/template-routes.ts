import { formatBootstrapJson } from '@flownexus/lwm2m-server';
import type { ResourceNode } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { bootstrapBody, bootstrapItem, parseBootstrapBody, withoutSecrets } from '../lwm2m/bootstrap-routes.ts';
import { registrableParams } from '../lwm2m/registrable-name.ts';
import type { TemplateApplier } from './apply-template.ts';
import type { BootstrapTemplate, BootstrapTemplates } from './bootstrap-templates.ts';
import { expandTemplate, hasOwnAccount } from './expand-template.ts';

const TAG = 'Bootstrap';
const COLLECTION = '/api/v1/bootstrap-templates';
const ITEM = `${COLLECTION}/{name}`;

const templateName = storableText.min(1).max(limits.bootstrapTemplateNameLength);
const params = z.object({ name: templateName.meta({ description: 'The name of the template, percent-encoded' }) });
const credentials = z.enum(['psk', 'keep']).meta({
  description:
    '`psk`: the endpoint gets a new PSK for the LwM2M server, which takes the place of its credential; `keep`: it has the PSK that it has, if it has one',
});
const options = {
  prefix: storableText
    .max(limits.endpointNameLength)
    .nullable()
    .default(null)
    .meta({
      description:
        'An endpoint whose name begins so, that has a credential for the bootstrap server and no configuration, gets one of this template when it asks. The longest ' +
        'prefix counts. Null: none does',
    }),
  credentials: credentials.default('psk'),
  serverUri: storableText
    .max(limits.bootstrapUriLength)
    .regex(/^coaps?:\/\/\S+$/, 'expected a URI such as coaps://lwm2m.example:5684')
    .nullable()
    .default(null)
    .meta({ description: 'What `{server}` stands for. Null: the host of the public URL, and the port of the server' }),
};
const body = z.strictObject({ configuration: bootstrapBody, ...options }).meta({ id: 'BootstrapTemplateBody' });
const item = z.object({ name: z.string(), configuration: bootstrapItem, ...options }).meta({ id: 'BootstrapTemplate' });
const list = z.object({ items: z.array(item).readonly(), nextCursor: z.null() }).meta({ id: 'BootstrapTemplateList' });
const fromTemplate = z
  .strictObject({ template: templateName, credentials: credentials.optional() })
  .meta({ id: 'BootstrapFromTemplate' });

export interface TemplateRoutesOptions {
  readonly templates: BootstrapTemplates;
  readonly applier: TemplateApplier;
}

/** `/api/v1/bootstrap-templates`, and `POST /api/v1/bootstrap/{name}/from-template`. */
export function templateRoutes({ templates, applier }: TemplateRoutesOptions): Route[] {
  const common = { tag: TAG, access: 'administer' } as const;
  const none = { 404: { description: 'There is no template of that name' } };
  const find = async (name: string): Promise<BootstrapTemplate> => {
    const found = await templates.get(name);
    if (found === undefined) throw unknown(name);
    return found;
  };
  return [
    route({
      ...common,
      method: 'get',
      path: COLLECTION,
      operationId: 'listBootstrapTemplates',
      summary: 'What bootstrap configurations are made of',
      answers: { 200: { description: 'All, by their names', schema: list } },
      handle: async () => ({ body: { items: (await templates.list()).map(toItem), nextCursor: null } }),
    }),
    route({
      ...common,
      method: 'get',
      path: ITEM,
      operationId: 'getBootstrapTemplate',
      summary: 'One of them',
      params,
      answers: { 200: { description: 'It', schema: item }, ...none },
      handle: async ({ params: { name } }) => ({ body: toItem(await find(name)) }),
    }),
    route({
      ...common,
      method: 'put',
      path: ITEM,
      operationId: 'setBootstrapTemplate',
      summary: 'Sets one of them',
      description:
        'In all texts `{endpoint}` stands for the endpoint name. A Security Object Instance with the uri `{server}` is the account of this server: it gets URI, security mode ' +
        'and key when the template is used. A template has no keys. Configurations that were made of it stay as they are.',
      params,
      body,
      bodyLimit: limits.bootstrapBytes,
      answers: {
        200: { description: 'It has taken the place of another', schema: item },
        201: { description: 'It is new', schema: item },
        409: { description: 'There are as many as may be' },
      },
      handle: async ({ params: { name }, body: { configuration: json, ...others } }) => {
        const template = { name, configuration: parseBootstrapBody(json, 'body.configuration'), ...others };
        check(template);
        const isNew = await templates.set(template);
        if (isNew === undefined) {
          throw new ApiError(409, 'quota-exceeded', `there are ${String(limits.bootstrapTemplates)} templates already`);
        }
        return { status: isNew ? 201 : 200, body: toItem(template), audit: others };
      },
    }),
    route({
      ...common,
      method: 'delete',
      path: ITEM,
      operationId: 'deleteBootstrapTemplate',
      summary: 'Takes one of them away; configurations that were made of it stay',
      params,
      answers: { 204: { description: 'It is gone' }, ...none },
      handle: async ({ params: { name } }) => {
        if (!(await templates.delete(name))) throw unknown(name);
        return { status: 204 };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/api/v1/bootstrap/{name}/from-template',
      operationId: 'makeBootstrapConfiguration',
      summary: 'Makes the bootstrap configuration of an endpoint from a template',
      description:
        'It takes the place of the one that the endpoint has. With a new PSK the endpoint can not register any more with what it had: it has to be bootstrapped. The ' +
        'key is in no answer.',
      params: registrableParams,
      body: fromTemplate,
      answers: {
        200: { description: 'It has taken the place of another', schema: bootstrapItem },
        201: { description: 'It is the first', schema: bootstrapItem },
        ...none,
        409: { description: 'The template makes nothing that a device can use' },
      },
      handle: async ({ params: { name }, body: { template: templateOf, credentials: wanted } }) => {
        const template = await find(templateOf);
        const source = wanted ?? template.credentials;
        const { configuration, isNew } = await applier.apply(name, template, source);
        return {
          status: isNew ? 201 : 200,
          body: formatBootstrapJson(withoutSecrets(configuration)),
          audit: { template: templateOf, credentials: source },
        };
      },
    }),
  ];
}

function toItem({
  name,
  configuration,
  prefix,
  credentials: source,
  serverUri,
}: BootstrapTemplate): z.output<typeof item> {
  return { name, configuration: formatBootstrapJson(configuration), prefix, credentials: source, serverUri };
}

/** Throws a 400 for a template that would make nothing that a device can use. */
function check({ configuration, credentials: source, serverUri }: BootstrapTemplate): void {
  const shown = withoutSecrets(configuration).instances;
  for (const [index, { path, resources }] of configuration.instances.entries()) {
    const secrets = resources.filter((resource) => shown[index]?.resources.includes(resource) === false);
    if (secrets.some(hasBytes)) throw wrong('configuration', `${path} has a key: what many devices get must have none`);
  }
  if (source === 'psk' && !hasOwnAccount(configuration)) {
    throw wrong('configuration', 'expected a Security Object Instance with the uri {server}, which gets the key');
  }
  const isPlain = serverUri?.startsWith('coap:') ?? false;
  if (source === 'psk' && isPlain) throw wrong('serverUri', 'a device with a PSK needs a URI of coaps');
  const psk = isPlain ? undefined : { identity: 'identity', key: new Uint8Array(limits.newPskBytes) };
  try {
    expandTemplate(configuration, 'endpoint', { uri: (scheme) => serverUri ?? `${scheme}://192.0.2.1`, psk });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrong('configuration', error.message);
  }
}

/** Clients want an empty key where there is none. */
function hasBytes(resource: ResourceNode): boolean {
  return !(resource.kind === 'singleResource' && resource.value instanceof Uint8Array && resource.value.length === 0);
}

function wrong(field: string, message: string): ApiError {
  return new ApiError(400, 'bad-body', `body.${field}: ${message}`, [{ path: `body.${field}`, message }]);
}

function unknown(name: string): ApiError {
  return new ApiError(404, 'not-found', `there is no bootstrap template ${JSON.stringify(name)}`);
}
