import { Lwm2mClient, type Lwm2mClientOptions, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import { expect, onTestFinished, vi } from 'vitest';
import { type FlowNexus, startFlowNexus } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { EndpointItem, List, ResourceItem } from '../../src/http/api-types.ts';
import { temporaryDirectory } from './test-database.ts';

const TOKEN = 'the-token-of-the-tests';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

/** For what takes its way over sockets. */
export const eventually = { timeout: 5_000, interval: 20 };

/** The whole app on free ports of the loopback, over a database of its own. */
export async function startTestApp(changes: Partial<Config> = {}) {
  const config: Config = {
    ...readConfig({}),
    httpPort: 0,
    coapPort: 0,
    coapsPort: 0,
    bootstrapPort: 0,
    bootstrapsPort: 0,
    coapHost: '127.0.0.1',
    apiToken: TOKEN,
    adminPassword: 'the password of the tests',
    dataDirectory: temporaryDirectory(),
    demo: false,
    ...changes,
  };
  const app = await startFlowNexus(config, { log: pino({ level: 'silent' }) });
  onTestFinished(() => app.stop());
  return { app, config, ...api(app) };
}

function api(app: FlowNexus) {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${app.httpUrl}api/v1/${path}`, { headers: AUTHORIZED });
    return response.ok ? response.json() : undefined;
  };
  return {
    endpoints: async () => ((await get('endpoints')) as List<EndpointItem>).items,
    endpoint: async (name: string) => (await get(`endpoints/${encodeURIComponent(name)}`)) as EndpointItem | undefined,
    values: async (name: string, path: string) => {
      const list = (await get(`endpoints/${encodeURIComponent(name)}/resources?path=${path}`)) as
        List<ResourceItem> | undefined;
      return list?.items ?? [];
    },
    /** Sets the credential of an endpoint, or removes it. Gives the status of the answer. */
    credential: async (name: string, body: object | undefined) => {
      const response = await fetch(`${app.httpUrl}api/v1/endpoints/${encodeURIComponent(name)}/credentials`, {
        method: body === undefined ? 'DELETE' : 'PUT',
        headers: { ...AUTHORIZED, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await response.body?.cancel();
      return response.status;
    },
  };
}

/** A device with the objects of Zephyr's sample, not started yet. */
export async function testDevice(
  endpointName: string,
  options: Partial<Lwm2mClientOptions> & Pick<Lwm2mClientOptions, 'server'>,
): Promise<Lwm2mClient> {
  const lifetime = options.lifetime ?? 300;
  const objects = zephyrSampleObjects(await ObjectRegistry.bundled(), { serialNumber: '345000123', lifetime });
  objects.set('/3303/0/5700', 21.5);
  const client = new Lwm2mClient({ endpointName, objects, lifetime, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Starts a device and waits until it is observed. */
export async function startDevice(client: Lwm2mClient): Promise<Lwm2mClient> {
  await client.start();
  await vi.waitFor(() => expect(client.observations).toBe(4), eventually);
  return client;
}
