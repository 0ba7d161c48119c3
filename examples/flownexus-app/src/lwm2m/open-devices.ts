import type { ObjectRegistry, ResourceRecord } from '@flownexus/lwm2m-core';
import type { CoapResource } from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Certificates } from '../certificates/open-certificates.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/open-database.ts';
import { limitedErrors } from '../limited-log.ts';
import { storingValues } from '../operations/operation-values.ts';
import type { Settings } from '../settings/settings.ts';
import { associationStore } from '../stores/association-store.ts';
import { bootstrapStore, type EditableBootstrapStore } from '../stores/bootstrap-store.ts';
import { credentialStore, type EditableCredentialStore } from '../stores/credential-store.ts';
import { observationStore } from '../stores/observation-store.ts';
import { operationStore } from '../stores/operation-store.ts';
import { registrationStore } from '../stores/registration-store.ts';
import type { Batch } from '../values/batch.ts';
import { type Bootstrap, openBootstrap } from '../bootstrap/open-bootstrap.ts';
import { Lwm2mSide } from './lwm2m-side.ts';

export interface DevicesOptions {
  readonly config: Pick<
    Config,
    'coapHost' | 'coapPort' | 'coapsPort' | 'bootstrapPort' | 'bootstrapsPort' | 'publicUrl'
  >;
  readonly certificates: Pick<Certificates, 'ownCredential' | 'roots' | 'credentials' | 'est' | 'trust'>;
  readonly database: Database;
  readonly objects: ObjectRegistry;
  readonly settings: Settings;
  readonly store: (batch: Batch) => Promise<void>;
  /** Whether what an operation has read is a log, and stored however large it is. */
  readonly isLog: (record: ResourceRecord) => boolean;
  /** What is served to devices beside LwM2M, such as firmware. */
  readonly resources?: readonly CoapResource[];
  readonly log: Logger;
}

/** The servers for devices over the stores of the database. */
export interface Devices {
  readonly side: Lwm2mSide;
  readonly credentials: EditableCredentialStore;
  readonly bootstrapCredentials: EditableCredentialStore;
  readonly bootstrapConfigurations: EditableBootstrapStore;
  readonly bootstrap: Bootstrap;
}

/** Reads what is known of devices. Nothing listens yet. */
export async function openDevices(options: DevicesOptions): Promise<Devices> {
  const { config, certificates, database, objects, settings, store, isLog, resources = [], log } = options;
  const report = limitedErrors(log);
  const { ownCredential, roots, est, trust } = certificates;
  const identity = { ownCredential, roots };
  const credentials = certificates.credentials(credentialStore(database, 'lwm2m'), { securing: true });
  // Who asks to be bootstrapped is who it was without a certificate too: it may ask for its first.
  const bootstrapCredentials = certificates.credentials(credentialStore(database, 'bootstrap'), { securing: false });
  const bootstrapConfigurations = bootstrapStore(database);
  const bootstrap = openBootstrap({
    database,
    settings,
    credentials,
    bootstrapCredentials,
    configurations: bootstrapConfigurations,
    reached: { publicUrl: config.publicUrl, coapHost: config.coapHost, addresses: () => side.server.addresses },
    log,
  });
  const side = await Lwm2mSide.open({
    database,
    objects,
    settings,
    stores: {
      registrations: registrationStore(database, report),
      observations: observationStore(database, report),
      operations: storingValues(operationStore(database, report), { store, isLog, report }),
    },
    host: config.coapHost,
    port: config.coapPort,
    secured: { ...identity, port: config.coapsPort, credentials, associations: associationStore(database, 'lwm2m') },
    bootstrap: {
      port: config.bootstrapPort,
      secured: {
        ...identity,
        port: config.bootstrapsPort,
        credentials: bootstrapCredentials,
        associations: associationStore(database, 'bootstrap'),
      },
      configurations: bootstrapConfigurations,
      served: bootstrap.served,
      est,
    },
    trust,
    store,
    resources,
    log,
  });
  bootstrap.follow(side.bootstrapServer);
  return { side, credentials, bootstrapCredentials, bootstrapConfigurations, bootstrap };
}
