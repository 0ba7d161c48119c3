import { Lwm2mClient, type Lwm2mClientOptions, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { readCoapsFiles } from '../../src/coaps-files.ts';
import type { Config } from '../../src/config.ts';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { Database } from '../../src/database/open-database.ts';
import { removeEndpointRoute } from '../../src/endpoints/remove-endpoint.ts';
import { openDevices } from '../../src/lwm2m/open-devices.ts';
import { Settings, type SettingsValues } from '../../src/settings/settings.ts';
import type { Batch } from '../../src/values/batch.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { testDatabase } from './test-database.ts';
import { noHooks } from './test-ingest.ts';
import { testRoutes } from './test-routes.ts';

type CoapsFileNames = Pick<Config, 'coapsKeyFile' | 'coapsCertificateFile' | 'coapsAuthoritiesFile'>;
const noCoapsFiles: CoapsFileNames = {
  coapsKeyFile: undefined,
  coapsCertificateFile: undefined,
  coapsAuthoritiesFile: undefined,
};

export interface TestLwm2mOptions {
  readonly kind?: DatabaseKind;
  /** Default: a new one. */
  readonly database?: Database;
  readonly settings?: Partial<SettingsValues>;
  /** Called before a batch is stored; one that rejects is not. */
  readonly beforeStore?: (batch: Batch) => Promise<void>;
  /** Of plain CoAP, and of CoAP over DTLS; default: any. */
  readonly port?: number;
  readonly coapsPort?: number;
  readonly coapsFiles?: Partial<CoapsFileNames>;
}

/** Both LwM2M servers on free ports of the loopback over an ingest, with their routes. What is stored is kept as `batches` too. */
export async function testLwm2m({
  kind,
  database: given,
  settings: changes = {},
  beforeStore,
  port = 0,
  coapsPort = 0,
  coapsFiles = {},
}: TestLwm2mOptions = {}) {
  const database = given ?? (await testDatabase(kind));
  const settings = await Settings.load(database, { production: false });
  await settings.update(changes);
  const objects = await ObjectRegistry.bundled();
  const batches: Batch[] = [];
  const ingest = await Ingest.open({
    database,
    definitions: objects,
    hooks: noHooks,
    onRemoved: (endpoint) => side.removed(endpoint),
    onStored: (stored) => {
      batches.push(...stored.map(({ batch }) => batch));
      side.stored(stored);
    },
  });
  const store = async (batch: Batch): Promise<void> => {
    await beforeStore?.(batch);
    await ingest.submit(batch);
  };
  const devices = await openDevices({
    config: { coapHost: '127.0.0.1', coapPort: port, coapsPort, bootstrapPort: 0, bootstrapsPort: 0 },
    coapsFiles: readCoapsFiles({ ...noCoapsFiles, ...coapsFiles }),
    database,
    objects,
    settings,
    store,
    isLog: () => false,
    log: pino({ level: 'silent' }),
  });
  const { side } = devices;
  const addresses = await side.start();
  onTestFinished(() => side.stop());
  const removal = removeEndpointRoute({
    database,
    ingest,
    release: (endpoint) => side.release(endpoint),
    released: (endpoint) => side.released(endpoint),
  });
  const { call, audited } = await testRoutes([...side.routes, removal]);
  const newClient = (endpointName: string, options: Partial<Lwm2mClientOptions> = {}): Lwm2mClient => {
    const lifetime = options.lifetime ?? 300;
    const client = new Lwm2mClient({
      endpointName,
      server: addresses.lwm2m.coap,
      objects: zephyrSampleObjects(objects, { serialNumber: '1', lifetime }),
      lifetime,
      ...options,
    });
    onTestFinished(() => client.close());
    return client;
  };
  return { side, ingest, database, settings, objects, batches, addresses, call, audited, newClient };
}
