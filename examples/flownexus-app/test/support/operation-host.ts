import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer } from '@flownexus/lwm2m-server';
import { onTestFinished } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { operationRoutes } from '../../src/operations/operation-routes.ts';
import { storingValues } from '../../src/operations/operation-values.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import { registrationStore } from '../../src/stores/registration-store.ts';
import type { Batch } from '../../src/values/batch.ts';
import { addEndpoints } from './endpoint-rows.ts';
import { RawDevice } from './raw-device.ts';
import { testDatabase } from './test-database.ts';
import { testRoutes } from './test-routes.ts';

/** An LwM2M server on a port of the loopback with its operations in a database, and the routes over it. */
export async function operationHost(kind: DatabaseKind = 'sqlite') {
  const database = await testDatabase(kind);
  const objects = await ObjectRegistry.bundled();
  const batches: Batch[] = [];
  const unexpected = (error: unknown): never => {
    throw error;
  };
  const store = (batch: Batch): Promise<void> => {
    batches.push(batch);
    return Promise.resolve();
  };
  const server = new Lwm2mServer({
    endpoints: [coap({ port: 0, host: '127.0.0.1' })],
    objects,
    registrationStore: registrationStore(database, unexpected),
    operationStore: storingValues(operationStore(database, unexpected), { store, report: unexpected }),
    onError: unexpected,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const routes = operationRoutes({ database, queue: server.operations, definitionsOf: () => objects });
  const { call, audited } = await testRoutes(routes);
  const port = server.addresses[0]?.port ?? 0;
  return {
    database,
    server,
    batches,
    audited,
    call,
    port,
    /** A device that has registered, and its row in the table of endpoints. */
    device: async (name: string, parameters: Readonly<Record<string, string>> = {}): Promise<RawDevice> => {
      await addEndpoints(database, { endpoint: name });
      const device = await RawDevice.open(port);
      await device.register(name, parameters, '</>;ct=112,</1/0>,</3/0>,</3303/0>');
      return device;
    },
  };
}
