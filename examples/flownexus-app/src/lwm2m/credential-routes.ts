import { type DeviceCredential, Lwm2mServerError } from '@flownexus/lwm2m-server';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointParams } from '../http/schemas.ts';
import { credentialBody, credentialItem, toCredentialItem } from './credential-bodies.ts';
import { registrableParams } from './registrable-name.ts';

/** What the routes need of a store of credentials. */
export interface EditableCredentials {
  get(endpointName: string): Promise<DeviceCredential | undefined>;
  /** Resolves when it is stored, to whether there was none before. */
  set(endpointName: string, credential: DeviceCredential): Promise<boolean>;
  /** Resolves to false when there was none. */
  delete(endpointName: string): Promise<boolean>;
}

export interface CredentialRoutesOptions {
  readonly credentials: EditableCredentials;
  /** Whose they are: those for the LwM2M server, or for the bootstrap server. */
  readonly server: 'lwm2m' | 'bootstrap';
}

const NAMES = {
  lwm2m: {
    path: '/api/v1/endpoints/{name}/credentials',
    id: 'EndpointCredential',
    what: 'what an endpoint proves to the LwM2M server with who it is',
  },
  bootstrap: {
    path: '/api/v1/bootstrap/{name}/credentials',
    id: 'BootstrapCredential',
    what: 'what an endpoint proves to the bootstrap server with who it is',
  },
} as const;

/** Credentials of endpoints, also of those that have never registered. A change ends what was made with the one before: association and registration. */
export function credentialRoutes({ credentials, server }: CredentialRoutesOptions): Route[] {
  const { path, id, what } = NAMES[server];
  const common = { path, tag: 'Credentials', access: 'administer' } as const;
  const none = { 404: { description: 'It has no credential' } };
  return [
    route({
      ...common,
      method: 'get',
      operationId: `get${id}`,
      summary: `Shows ${what}, without its key`,
      params: endpointParams,
      answers: { 200: { description: 'It', schema: credentialItem }, ...none },
      handle: async ({ params: { name } }) => {
        const credential = await credentials.get(name);
        if (credential === undefined) throw unknown(name);
        return { body: toCredentialItem(credential) };
      },
    }),
    route({
      ...common,
      method: 'put',
      operationId: `set${id}`,
      summary: `Sets ${what}`,
      params: registrableParams,
      body: credentialBody,
      answers: {
        200: { description: 'It has taken the place of another', schema: credentialItem },
        201: { description: 'It is the first', schema: credentialItem },
        409: { description: 'Another endpoint has this identity' },
      },
      handle: async ({ params: { name }, body }) => {
        const isNew = await set(credentials, name, body);
        return { status: isNew ? 201 : 200, body: toCredentialItem(body), audit: { mode: body.mode } };
      },
    }),
    route({
      ...common,
      method: 'delete',
      operationId: `delete${id}`,
      summary: `Takes away ${what}`,
      params: endpointParams,
      answers: { 204: { description: 'It is gone' }, ...none },
      handle: async ({ params: { name } }) => {
        if (!(await credentials.delete(name))) throw unknown(name);
        return { status: 204 };
      },
    }),
  ];
}

async function set(credentials: EditableCredentials, name: string, credential: DeviceCredential): Promise<boolean> {
  try {
    return await credentials.set(name, credential);
  } catch (error) {
    if (!(error instanceof Lwm2mServerError) || error.code !== 'ERR_LWM2M_SERVER_IDENTITY_TAKEN') throw error;
    throw new ApiError(409, 'identity-taken', error.message);
  }
}

function unknown(name: string): ApiError {
  return new ApiError(404, 'no-credentials', `the endpoint ${JSON.stringify(name)} has no credentials`);
}
