import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  type BootstrapStore,
  type EstOptions,
  Lwm2mBootstrapServer,
  type ServerEndpoint,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import { limitedErrors } from '../limited-log.ts';
import type { Settings } from '../settings/settings.ts';

export interface BootstrapServerOptions {
  readonly endpoints: readonly ServerEndpoint[];
  readonly objects: ObjectRegistry;
  /** What is written to which device. */
  readonly configurations: BootstrapStore;
  /** Gives certificates to devices; undefined: nobody does. */
  readonly est: EstOptions | undefined;
  readonly settings: Pick<Settings, 'values'>;
  readonly log: Logger;
}

/** A bootstrap server on ports of its own, with credentials of its own. Not started yet. */
export function bootstrapServer(options: BootstrapServerOptions): Lwm2mBootstrapServer {
  const { objects, configurations, est, settings, log } = options;
  const server = new Lwm2mBootstrapServer({
    endpoints: options.endpoints,
    objects,
    configurations,
    ...(est === undefined ? {} : { est }),
    noSec: () => settings.values.noSec,
    onError: limitedErrors(log),
  });
  server.on('bootstrapFinished', ({ endpointName: endpoint, address }) => {
    log.info({ endpoint, address }, 'bootstrapped');
  });
  server.on('enrolled', ({ endpointName: endpoint, operation, address }) => {
    log.info({ endpoint, operation, address }, 'given a certificate');
  });
  // Not by default: a device can provoke them with each message.
  server.on('bootstrapFailed', ({ endpointName: endpoint, address, reason }) => {
    log.debug({ endpoint, address, reason }, 'not bootstrapped');
  });
  server.on('refused', ({ operation, endpointName: endpoint, address, code, reason }) => {
    log.debug({ operation, endpoint, address, code, reason }, 'refused by the bootstrap server');
  });
  return server;
}
