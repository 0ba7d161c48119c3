import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import type {
  BootstrapStore,
  CoapResource,
  CoapsServerEndpoint,
  DtlsStatistics,
  EstOptions,
  Lwm2mBootstrapServer,
  Lwm2mServer,
  Registration,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import type { Trust } from '../certificates/trust.ts';
import type { Database } from '../database/open-database.ts';
import type { Route } from '../http/route.ts';
import { limits } from '../limits.ts';
import { ObservationPolicies } from '../policies/observation-policies.ts';
import { policyRoutes } from '../policies/policy-routes.ts';
import { Repeated } from '../repeated.ts';
import type { Settings } from '../settings/settings.ts';
import type { Batch, StoredBatch } from '../values/batch.ts';
import { Admission } from './admission.ts';
import { admissionRoutes } from './admission-routes.ts';
import { bootstrapRoutes, type EditableConfigurations } from './bootstrap-routes.ts';
import { bootstrapServer } from './bootstrap-server.ts';
import { credentialRoutes, type EditableCredentials } from './credential-routes.ts';
import { lwm2mServer, type Lwm2mStores } from './lwm2m-server.ts';
import { objectModelRoutes } from './object-model-routes.ts';
import { ObjectModels } from './object-models.ts';
import { ReportedRegistrations } from './reported-registrations.ts';
import { reconcileEndpoints } from './reconcile-endpoints.ts';
import { endBatch } from './registration-batches.ts';
import {
  formatAddress,
  type SecuredOptions,
  type ServerAddresses,
  serverEndpoints,
  startServer,
} from './server-endpoints.ts';
import { UnstoredEnds } from './unstored-ends.ts';

export interface Lwm2mSideOptions {
  readonly database: Database;
  /** Those of the OMA registry; uploaded ones are added to it. */
  readonly objects: ObjectRegistry;
  readonly settings: Pick<Settings, 'values' | 'onChange'>;
  readonly stores: Lwm2mStores;
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  readonly secured: SecuredOptions & { readonly credentials: EditableCredentials };
  readonly bootstrap: {
    readonly port: number;
    readonly secured: SecuredOptions & { readonly credentials: EditableCredentials };
    readonly configurations: EditableConfigurations;
    /** What the bootstrap server gives to devices: those, and what is made for a device that asks. */
    readonly served: BootstrapStore;
    /** Gives certificates to devices; undefined: nobody does. */
    readonly est: EstOptions | undefined;
  };
  /** Told when somebody's certificates are not trusted any more. */
  readonly trust: Pick<Trust, 'onNarrowed'>;
  /** Resolves when the batch is safe. */
  readonly store: (batch: Batch) => Promise<void>;
  /** What is served to devices beside LwM2M, such as firmware. */
  readonly resources?: readonly CoapResource[];
  readonly log: Logger;
}

/** Where both servers listen. */
export interface Lwm2mAddresses {
  readonly lwm2m: ServerAddresses;
  readonly bootstrap: ServerAddresses;
}

/** The LwM2M server and the bootstrap server, with what is known and decided about devices. */
export class Lwm2mSide {
  readonly server: Lwm2mServer;
  readonly bootstrapServer: Lwm2mBootstrapServer;
  readonly admission: Admission;
  readonly policies: ObservationPolicies;
  readonly models: ObjectModels;
  readonly routes: readonly Route[];
  readonly #options: Lwm2mSideOptions;
  readonly #secured: Readonly<Record<'lwm2m' | 'bootstrap', CoapsServerEndpoint>>;
  readonly #unstoredEnds: UnstoredEnds;
  readonly #reported: ReportedRegistrations;
  readonly #heldJob: Repeated;
  readonly #unfollow: (() => void)[] = [];

  private constructor(
    options: Lwm2mSideOptions,
    { admission, policies, models }: Pick<Lwm2mSide, 'admission' | 'policies' | 'models'>,
  ) {
    const { database, objects, settings, secured, bootstrap, host, store, log } = options;
    this.#options = options;
    this.admission = admission;
    this.policies = policies;
    this.models = models;
    const storeEnd = (endpoint: string, at: number): Promise<void> =>
      store(endBatch(endpoint, at, settings.values.registrationObject));
    this.#unstoredEnds = new UnstoredEnds({ store: storeEnd });
    this.#reported = new ReportedRegistrations({
      database,
      store: storeEnd,
      onError: (error) =>
        log.error({ err: error }, 'reported registrations whose lifetime has passed could not be ended'),
    });
    this.#heldJob = new Repeated({
      everyMs: limits.heldEveryMs,
      run: () => admission.dropOldHeld(Date.now()),
      onError: (error) => log.error({ err: error }, 'endpoints that wait for approval no more could not be removed'),
    });
    const endpoints = serverEndpoints(options);
    const bootstrapEndpoints = serverEndpoints({ ...bootstrap, host, log });
    this.#secured = { lwm2m: endpoints[1], bootstrap: bootstrapEndpoints[1] };
    this.server = lwm2mServer({
      ...options,
      endpoints,
      policies: policies.current,
      authorize: (request) => admission.authorize(request),
      unstoredEnds: this.#unstoredEnds,
    });
    this.bootstrapServer = bootstrapServer({
      endpoints: bootstrapEndpoints,
      objects,
      configurations: bootstrap.served,
      est: bootstrap.est,
      settings,
      log,
    });
    this.routes = [
      ...admissionRoutes({ admission, endRegistration: (endpoint) => this.server.endRegistration(endpoint) }),
      ...policyRoutes({ policies, objects }),
      ...credentialRoutes({ credentials: secured.credentials, server: 'lwm2m' }),
      ...bootstrapRoutes(bootstrap.configurations),
      ...credentialRoutes({ credentials: bootstrap.secured.credentials, server: 'bootstrap' }),
      ...objectModelRoutes({ models, registry: objects }),
    ];
  }

  /** Where both servers listen: `coap://[::]:5683`; none before they start. */
  get addresses(): readonly string[] {
    return [...this.server.addresses, ...this.bootstrapServer.addresses].map(formatAddress);
  }

  /** What DTLS has counted, of both servers; undefined before they start. */
  dtlsStatistics(server: 'lwm2m' | 'bootstrap'): DtlsStatistics | undefined {
    return this.#secured[server].statistics;
  }

  /** Reads what is decided about devices. Nothing listens yet. */
  static async open(options: Lwm2mSideOptions): Promise<Lwm2mSide> {
    const { database, objects, settings } = options;
    const admission = await Admission.load({ database, settings });
    const policies = await ObservationPolicies.load(database);
    return new Lwm2mSide(options, { admission, policies, models: await ObjectModels.load(database, objects) });
  }

  /**
   * Takes up the registrations from before and listens. Commits have to be open by then: the ends of registrations that have expired meanwhile are stored.
   * Rejects with a `StartError` when an address can not be bound.
   */
  async start(): Promise<Lwm2mAddresses> {
    const { database, secured, bootstrap, settings, trust } = this.#options;
    await reconcileEndpoints(database);
    const lwm2m = await startServer(this.server, secured.port);
    this.#unfollow.push(this.policies.onChange((policies) => this.server.setPolicies(policies)));
    await this.#endNotAdmitted();
    const variables = { coap: 'FLOWNEXUS_BOOTSTRAP_PORT', coaps: 'FLOWNEXUS_BOOTSTRAPS_PORT' };
    const addresses = await startServer(this.bootstrapServer, bootstrap.secured.port, variables);
    const followSettings = settings.onChange(({ noSec }) => {
      if (!noSec) void this.#endRegistrations(({ identity }) => identity.kind === 'anonymous');
    });
    const followTrust = trust.onNarrowed((isOrphan) => {
      void this.#endRegistrations(({ identity }) => isOrphan(identity));
    });
    this.#unfollow.push(followSettings, followTrust);
    this.#reported.start();
    this.#heldJob.start();
    return { lwm2m, bootstrap: addresses };
  }

  /** Has to hear of each batch that was committed, by whomever: endpoints that have a row are known from then on. */
  stored(batches: readonly StoredBatch[]): void {
    this.admission.stored(batches.map(({ batch }) => batch.endpoint));
  }

  /**
   * An endpoint is about to be removed from the database: ends its registration, cancels its operations, forgets what is observed for them, and takes its credentials
   * and bootstrap configuration away. It is refused until {@link released} is called.
   */
  async release(endpoint: string): Promise<void> {
    const { secured, bootstrap } = this.#options;
    this.admission.remove(endpoint);
    await this.server.endRegistration(endpoint, { forget: true });
    await this.cancelOperations(endpoint);
    // A stop may come between this and the end of the removal.
    await this.admission.hold(endpoint);
    await secured.credentials.delete(endpoint);
    await bootstrap.secured.credentials.delete(endpoint);
    await bootstrap.configurations.delete(endpoint);
  }

  /** Cancels what is queued for an endpoint. */
  async cancelOperations(endpoint: string): Promise<void> {
    for (const id of await this.#unfinishedOperations(endpoint)) await this.server.operations.cancel(id);
  }

  /** Has to hear of each endpoint that was removed from the database, before {@link stored} does of what came after it. */
  removed(endpoint: string): void {
    this.admission.removed(endpoint);
  }

  /** The removal is over, whether it has succeeded or not. */
  released(endpoint: string): void {
    this.admission.released(endpoint);
  }

  /** Ends both servers; what devices were answered is stored by then. */
  async stop(): Promise<void> {
    for (const unfollow of this.#unfollow.splice(0)) unfollow();
    await this.#reported.stop();
    await this.#heldJob.stop();
    await this.bootstrapServer.stop();
    await this.server.stop();
    this.#unstoredEnds.stop();
  }

  async #unfinishedOperations(endpoint: string): Promise<string[]> {
    const rows = await this.#options.database.reads
      .selectFrom('EndpointOperation')
      .select('id')
      .where('endpoint', '=', endpoint)
      .where('status', 'in', ['QUEUED', 'SENDING'])
      .execute();
    return rows.map(({ id }) => id);
  }

  /** A decision may have been stored just before the process ended, and its registration be there still. */
  async #endNotAdmitted(): Promise<void> {
    for (const { endpoint } of this.admission.list()) await this.server.endRegistration(endpoint);
  }

  /** Never rejects: what fails goes to the error handler of the server. */
  async #endRegistrations(which: (registration: Registration) => boolean): Promise<void> {
    const ended = [...this.server.registrations()].filter(which);
    for (const { endpointName } of ended) await this.server.endRegistration(endpointName);
  }
}
