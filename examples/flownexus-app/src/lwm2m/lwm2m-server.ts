import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  type CoapResource,
  Lwm2mServer,
  type ObservationPolicy,
  type ObservationStore,
  type OperationStore,
  type RegistrationStore,
  type Rules,
  type ServerEndpoint,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import { limitedErrors } from '../limited-log.ts';
import type { Settings } from '../settings/settings.ts';
import type { Batch } from '../values/batch.ts';
import { readOnRegistration } from './first-reads.ts';
import { endBatch, registeredBatch, updatedBatch } from './registration-batches.ts';
import type { UnstoredEnds } from './unstored-ends.ts';
import { notificationBatch, sendBatch } from './value-batches.ts';

/** What the server keeps over a restart. */
export interface Lwm2mStores {
  readonly registrations: RegistrationStore;
  readonly observations: ObservationStore;
  readonly operations: OperationStore;
}

export interface Lwm2mOptions {
  readonly endpoints: readonly ServerEndpoint[];
  readonly objects: ObjectRegistry;
  readonly stores: Lwm2mStores;
  readonly settings: Pick<Settings, 'values'>;
  /** Who is admitted, and how often. */
  readonly authorize: NonNullable<Rules['authorize']>;
  /** What is observed when it starts; `setPolicies` of the server exchanges it. */
  readonly policies: readonly ObservationPolicy[];
  /** Resolves when the batch is safe. Devices get their answer only then. */
  readonly store: (batch: Batch) => Promise<void>;
  /** Tries again what nobody waits for. */
  readonly unstoredEnds: UnstoredEnds;
  /** What is served beside LwM2M, such as firmware. */
  readonly resources?: readonly CoapResource[];
  readonly log: Logger;
}

/** An LwM2M server that stores everything it hears of. Not started yet. */
export function lwm2mServer(options: Lwm2mOptions): Lwm2mServer {
  const { objects, stores, settings, authorize, policies, store, unstoredEnds, resources, log } = options;
  const server: Lwm2mServer = new Lwm2mServer({
    endpoints: options.endpoints,
    objects,
    registrationStore: {
      ...stores.registrations,
      save: async (stored) => {
        try {
          await stores.registrations.save(stored);
        } catch (error) {
          const { endpointName } = stored.registration;
          // Its row says already that it is registered. One that was so before is it still.
          if (server.registration(endpointName) === undefined) unstoredEnds.add(endpointName, Date.now());
          throw error;
        }
      },
    },
    observationStore: stores.observations,
    operationStore: stores.operations,
    observe: policies,
    authorize,
    noSec: () => settings.values.noSec,
    ...(resources === undefined ? {} : { resources }),
    onError: limitedErrors(log),
    onRegister: (registration) =>
      unstoredEnds.supersede(registration.endpointName, () =>
        store(registeredBatch(registration, settings.values.registrationObject)),
      ),
    onUpdate: (registration) => store(updatedBatch(registration, settings.values.registrationObject)),
    onDeregister: async ({ endpointName }, reason) => {
      const now = Date.now();
      try {
        await store(endBatch(endpointName, now, settings.values.registrationObject));
      } catch (error) {
        // One that de-registers tries again, or expires.
        if (reason !== 'deregistered') unstoredEnds.add(endpointName, now);
        throw error;
      }
    },
    onNotify: (notification) => store(notificationBatch(notification, settings.values.eventObject)),
    onSend: (report) => store(sendBatch(report, settings.values.eventObject)),
  });
  readOnRegistration(server, { store, log });
  server.on('registered', ({ endpointName: endpoint, registrationId }) => {
    log.debug({ endpoint, registrationId }, 'registered');
  });
  server.on('observationFailed', ({ endpointName: endpoint }, path, error) => {
    // Without a stack, and not by default: a device can provoke one with each message.
    log.debug({ endpoint, path, reason: error.message }, 'not observed');
  });
  server.on('refused', ({ operation, endpointName: endpoint, address, code, reason }) => {
    log.debug({ operation, endpoint, address, code, reason }, 'refused');
  });
  return server;
}
