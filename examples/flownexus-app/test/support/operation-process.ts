// A process with an LwM2M server whose queue is in a database: tests start it, tell it what to queue, and kill it.

import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Operation, type QueuedOperation } from '@flownexus/lwm2m-server';
import { openDatabase } from '../../src/database/open-database.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import { registrationStore } from '../../src/stores/registration-store.ts';
import type { DatabasePlace } from './test-database.ts';

/** What it is started with: its last parameter, in JSON. */
export interface OperationProcessOptions {
  readonly place: DatabasePlace;
  readonly port: number;
}

/** What it says. */
export type Said =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'operation'; readonly operation: QueuedOperation };

/** What it is told to queue. */
export interface Told {
  readonly endpointName: string;
  readonly operation: Operation;
}

const { place, port } = JSON.parse(process.argv.at(-1) ?? '') as OperationProcessOptions;
const fail = (error: unknown): never => {
  throw error;
};
const say = (said: Said): void => {
  process.send?.(said);
};
const database = await openDatabase({ ...place, onFatal: fail, onLost: fail });
database.commits.open();
const server = new Lwm2mServer({
  endpoints: [coap({ port, host: '127.0.0.1' })],
  objects: await ObjectRegistry.bundled(),
  registrationStore: registrationStore(database, fail),
  operationStore: operationStore(database, fail),
  onError: fail,
});
server.on('operation', (operation) => say({ kind: 'operation', operation }));
process.on('message', ({ endpointName, operation }: Told) => {
  void server.operations.add(endpointName, operation);
});
await server.start();
say({ kind: 'listening', port: server.addresses[0]?.port ?? 0 });
