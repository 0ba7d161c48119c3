import { Lwm2mClient, type Lwm2mClientOptions, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openCertificates } from '../../src/certificates/open-certificates.ts';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { Database } from '../../src/database/open-database.ts';
import { removeEndpointRoute } from '../../src/endpoints/remove-endpoint.ts';
import { openDevices } from '../../src/lwm2m/open-devices.ts';
import { Settings, type SettingsValues } from '../../src/settings/settings.ts';
import type { Batch } from '../../src/values/batch.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { temporaryDirectory, testDatabase } from './test-database.ts';
import { noHooks } from './test-ingest.ts';
import { testRoutes } from './test-routes.ts';

type CertificateConfig = Parameters<typeof openCertificates>[0]['config'];
const byDefault: CertificateConfig = {
  coapsKeyFile: undefined,
  coapsCertificateFile: undefined,
  coapsAuthoritiesFile: undefined,
  authorityKeyFile: undefined,
  authorityCertificateFile: undefined,
  est: false,
  publicUrl: undefined,
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
  /** Default: an authority and a certificate of the server that are made anew. */
  readonly certificates?: Partial<CertificateConfig>;
  /** Where those are. Default: a new one. */
  readonly dataDirectory?: string;
}

/** Both LwM2M servers on free ports of the loopback over an ingest, with their routes. What is stored is kept as `batches` too. */
export async function testLwm2m({
  kind,
  database: given,
  settings: changes = {},
  beforeStore,
  port = 0,
  coapsPort = 0,
  certificates: config = {},
  dataDirectory = temporaryDirectory(),
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
  const log = pino({ level: 'silent' });
  const certificates = await openCertificates({ config: { ...byDefault, ...config }, dataDirectory, database, log });
  const devices = await openDevices({
    config: {
      coapHost: '127.0.0.1',
      coapPort: port,
      coapsPort,
      bootstrapPort: 0,
      bootstrapsPort: 0,
      publicUrl: undefined,
    },
    certificates,
    database,
    objects,
    settings,
    store,
    isLog: () => false,
    log,
  });
  const { side } = devices;
  const addresses = await side.start();
  onTestFinished(() => side.stop());
  const removal = removeEndpointRoute({
    database,
    ingest,
    release: async (endpoint) => {
      await side.release(endpoint);
      await certificates.release(endpoint);
    },
    cancelOperations: (endpoint) => side.cancelOperations(endpoint),
    released: (endpoint) => side.released(endpoint),
  });
  const { call, audited } = await testRoutes([
    ...side.routes,
    ...certificates.routes,
    ...devices.bootstrap.routes,
    removal,
  ]);
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
  return {
    side,
    devices,
    certificates,
    ingest,
    database,
    settings,
    objects,
    batches,
    addresses,
    call,
    audited,
    newClient,
  };
}
