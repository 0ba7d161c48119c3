import {
  Code,
  formatCode,
  type CoapObservation,
  type CoapRequest,
  type CoapResponse,
  type Observer,
} from '@flownexus/coap';
import {
  ContentFormat,
  decodePayload,
  encodePathList,
  encodePayload,
  nodeFromRecords,
  ObjectRegistry,
  parsePath,
  type ResourceRecord,
  type ResourceType,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import type { Lwm2mClientOptions } from '../../src/client-options.ts';
import type { Lwm2mClient } from '../../src/lwm2m-client.ts';
import { ObjectTree } from '../../src/objects/object-tree.ts';
import type { NotificationOutcome } from '../../src/reporting/notifier.ts';
import { MemoryServer } from './memory-server.ts';

export const registry: ObjectRegistry = await ObjectRegistry.bundled();

/** An answer as the tests compare it: its code in digits. */
export interface Answer {
  readonly code: string;
  readonly response: CoapResponse;
  /** The payload as text. */
  readonly text: string;
}

/** A client that is registered with a server of a few lines, and what the server can ask of it. */
export interface World {
  readonly server: MemoryServer;
  readonly client: Lwm2mClient;
  readonly tree: ObjectTree;
  readonly outcomes: NotificationOutcome[];
  readonly troubles: string[];
  readonly ask: (request: Omit<CoapRequest, 'path'> & { readonly path: string }) => Promise<Answer>;
  readonly get: (path: string, accept?: number, query?: readonly string[]) => Promise<Answer>;
  readonly discover: (path: string, ...query: readonly string[]) => Promise<string>;
  readonly put: (path: string, payload: string | Uint8Array, contentFormat?: number) => Promise<Answer>;
  readonly post: (path: string, payload?: string | Uint8Array, contentFormat?: number) => Promise<Answer>;
  /** PUT with attributes. */
  readonly attributes: (path: string, ...query: readonly string[]) => Promise<Answer>;
  readonly delete: (path: string) => Promise<Answer>;
  /** FETCH of these paths. */
  readonly fetch: (paths: readonly string[], contentFormat?: number, accept?: number) => Promise<Answer>;
  readonly patch: (payload: Uint8Array, contentFormat: number) => Promise<Answer>;
  readonly observeComposite: (
    paths: readonly string[],
    observer?: Partial<Observer>,
    query?: readonly string[],
  ) => Promise<CoapObservation>;
  readonly observe: (path: string, observer?: Partial<Observer>, query?: readonly string[]) => Promise<CoapObservation>;
}

const encoder = new TextEncoder();

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** The registered client; the tree is that of Zephyr's sample unless given. */
export async function world(options: Partial<Lwm2mClientOptions> = {}): Promise<World> {
  const server = await MemoryServer.start();
  const outcomes: NotificationOutcome[] = [];
  const troubles: string[] = [];
  const client = await server.client({
    onNotified: (outcome) => outcomes.push(outcome),
    onTrouble: (error) => troubles.push(error.message),
    ...options,
  });
  await server.clock.runUntil(client.start());
  const ask: World['ask'] = async ({ path, ...request }) => {
    if (server.peer === undefined) throw new Error('nobody has registered');
    const response = await server.clock.runUntil(
      server.coap.request(server.peer, { ...request, path: segments(path) }),
    );
    return { code: formatCode(response.code), response, text: new TextDecoder().decode(response.payload) };
  };
  const send = (method: number, path: string, payload?: string | Uint8Array, contentFormat?: number): Promise<Answer> =>
    ask({
      method,
      path,
      ...(payload === undefined ? {} : { payload: typeof payload === 'string' ? encoder.encode(payload) : payload }),
      ...(contentFormat === undefined ? {} : { contentFormat }),
    });
  return {
    server,
    client,
    tree: client.objects,
    outcomes,
    troubles,
    ask,
    get: (path, accept, query = []) =>
      ask({ method: Code.GET, path, query, ...(accept === undefined ? {} : { accept }) }),
    discover: async (path, ...query) => {
      const { code, text } = await ask({ method: Code.GET, path, query, accept: ContentFormat.LINK_FORMAT });
      return code === '2.05' ? text : code;
    },
    put: (path, payload, contentFormat) => send(Code.PUT, path, payload, contentFormat),
    post: (path, payload, contentFormat) => send(Code.POST, path, payload, contentFormat),
    attributes: (path, ...query) => ask({ method: Code.PUT, path, query }),
    delete: (path) => ask({ method: Code.DELETE, path }),
    fetch: (paths, contentFormat = ContentFormat.SENML_CBOR, accept) =>
      ask({
        method: Code.FETCH,
        path: '/',
        contentFormat,
        payload: encodePathList(paths, contentFormat),
        ...(accept === undefined ? {} : { accept }),
      }),
    patch: (payload, contentFormat) => ask({ method: Code.IPATCH, path: '/', payload, contentFormat }),
    observeComposite: (paths, observer = {}, query = []) => {
      if (server.peer === undefined) throw new Error('nobody has registered');
      const contentFormat = ContentFormat.SENML_CBOR;
      const payload = encodePathList(paths, contentFormat);
      const request = { method: Code.FETCH, contentFormat, accept: contentFormat, payload, query };
      return server.clock.runUntil(
        server.coap.observe(server.peer, request, { onNotification: () => undefined, ...observer }),
      );
    },
    observe: (path, observer = {}, query = []) => {
      if (server.peer === undefined) throw new Error('nobody has registered');
      return server.clock.runUntil(
        server.coap.observe(
          server.peer,
          { method: Code.GET, path: segments(path), query },
          { onNotification: () => undefined, ...observer },
        ),
      );
    },
  };
}

/** A tree with nothing but what is set, paths to contents. */
export function treeOf(contents: Readonly<Record<string, Parameters<ObjectTree['set']>[1]>>): ObjectTree {
  const tree = new ObjectTree(registry);
  for (const [path, content] of Object.entries(contents)) tree.set(path, content);
  return tree;
}

/** Values for a request or as in an answer at the path. */
export function encoded(
  path: string,
  contentFormat: number,
  values: Readonly<Record<string, ResourceValue>>,
): Uint8Array {
  const records = Object.entries(values).map(([name, value]): ResourceRecord => {
    const at = parsePath(name);
    const type: ResourceType = registry.resource(at.objectId ?? -1, at.resourceId ?? -1)?.type ?? 'string';
    return { path: at, type, value, time: undefined };
  });
  return encodePayload(nodeFromRecords(records, path, registry), contentFormat, path, registry);
}

/** The values of an answer by their paths. */
export function valuesOf(response: CoapResponse, path: string): Record<string, ResourceValue> {
  const { records } = decodePayload(response.payload, response.contentFormat ?? -1, path, registry);
  return Object.fromEntries(
    records.map(({ path: { objectId, objectInstanceId, resourceId, resourceInstanceId }, value }) => [
      `/${[objectId, objectInstanceId, resourceId, resourceInstanceId].filter((id) => id !== undefined).join('/')}`,
      value,
    ]),
  );
}
