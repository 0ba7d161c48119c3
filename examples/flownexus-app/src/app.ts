import { fileURLToPath } from 'node:url';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { ServerAddress } from '@flownexus/lwm2m-server';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { openCertificates } from './certificates/open-certificates.ts';
import type { Config } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import { type Database, openDatabase } from './database/open-database.ts';
import { startDemo, wantsDemo } from './demo.ts';
import { EndpointReader } from './endpoints/endpoint-reader.ts';
import { openEvents } from './events/open-events.ts';
import { openFirmwareUpdates } from './firmware-updates/open-firmware-updates.ts';
import { openFirmwarePackages } from './firmware/open-firmware-packages.ts';
import { httpApp } from './http/http-app.ts';
import { startHttpServer } from './http/http-server.ts';
import { LiveStream } from './http/live-stream.ts';
import { StoredPublisher } from './http/stored-publisher.ts';
import { openLogs } from './logs/open-logs.ts';
import { openDevices } from './lwm2m/open-devices.ts';
import { formatAddress } from './lwm2m/server-endpoints.ts';
import { forgetAfterRestore, refuseHalfRestored } from './operating/backup/restored.ts';
import { followLogLevel, openLog } from './operating/open-log.ts';
import { openOperating } from './operating/open-operating.ts';
import { StopSteps } from './operating/stop-steps.ts';
import { WebCertificate } from './operating/web-certificate.ts';
import { toOperationItem } from './operations/operation-item.ts';
import { OperationRetention } from './operations/operation-retention.ts';
import { RetentionJob } from './retention/retention-job.ts';
import { openLeshan, routesOf } from './routes.ts';
import { Settings } from './settings/settings.ts';
import { FleetStatistics } from './statistics/fleet-statistics.ts';
import { toOperationRow } from './stores/operation-rows.ts';
import { openUsers } from './users/users.ts';
import { Ingest } from './values/ingest.ts';
import { RefusedValues } from './values/refused-values.ts';
import { ValueReader } from './values/value-reader.ts';
import { VERSION } from './version.ts';

export interface FlowNexus {
  /** Such as `http://127.0.0.1:8000/`. */
  readonly httpUrl: string;
  /** Such as `coap://[::]:5683`. */
  readonly coapUrl: string;
  readonly coapAddress: ServerAddress;
  /** Such as `coaps://[::]:5684`. */
  readonly coapsUrl: string;
  readonly coapsAddress: ServerAddress;
  /** Such as `coap://[::]:5783` and `coaps://[::]:5784`. */
  readonly bootstrapUrls: readonly string[];
  /** Where the interface of Leshan is open to everybody on this machine; empty: nowhere. */
  readonly leshanUrls: readonly string[];
  /** The password of `admin`, where the start has made both. It is shown once. */
  readonly firstPassword: string | undefined;
  /** Whether it started simulated devices. */
  readonly demo: boolean;
  /** Stops listening, lets requests end, stores what waits and closes the database. Rejects when something could not be stopped, after all else was. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log?: Logger;
  /** The database can not be used any more, and the process must end. Default: the error is thrown at nobody, which ends it. */
  readonly onFatal?: (error: Error) => void;
}

type OnStop = StopSteps['add'];

/** Starts the app: all of it or nothing. Rejects with a `StartError` for what the operator can mend. */
export async function startFlowNexus(config: Config, options: StartOptions = {}): Promise<FlowNexus> {
  const log = options.log ?? openLog(config.logLevel);
  const onFatal = options.onFatal ?? throwAtNobody;
  const steps = new StopSteps(log);
  try {
    const app = await start(config, log, onFatal, (what, undo) => steps.add(what, undo));
    return { ...app, stop: () => steps.run() };
  } catch (error) {
    // What could not be stopped is in the log; why the app can not start is what counts.
    await steps.run().catch(() => undefined);
    throw error;
  }
}

async function start(
  config: Config,
  log: Logger,
  onFatal: (error: Error) => void,
  onStop: OnStop,
): Promise<Omit<FlowNexus, 'stop'>> {
  const certificate = WebCertificate.open(config, log);
  const dataDirectory = makeDataDirectory(config.dataDirectory);
  // First of all: another process must not find its database changed, not even by a migration.
  const lock = lockDataDirectory(dataDirectory);
  onStop('the lock of the data directory', () => lock.release());
  refuseHalfRestored(dataDirectory);
  const onLost = (error: Error): void =>
    log.warn({ err: error }, 'the database has lost a connection or failed in the background: it is tried again');
  const database = await openDatabase({ url: config.databaseUrl, dataDirectory, onFatal, onLost });
  onStop('the database', () => database.close());
  await forgetAfterRestore(database, dataDirectory, log);

  const objects = await ObjectRegistry.bundled();
  const settings = await Settings.load(database, { production: config.production });
  onStop('the level of the log', followLogLevel(log, settings));
  const users = await openUsers({ ...config, database, log });
  const stream = new LiveStream({ log });
  onStop('the live stream', () => stream.close());
  const events = await openEvents({
    database,
    settings,
    webhookHosts: config.webhookHosts,
    publish: (endpoint, item) => stream.publish('event', endpoint, item),
    log,
  });
  onStop('rules and webhooks', () => events.stop());

  const endpoints = new EndpointReader(database, (name) => devices.side.server.presence(name));
  const publisher = new StoredPublisher({ stream, endpoints, values: new ValueReader(database.reads), log });
  const refused = new RefusedValues(log);
  const ingest = await Ingest.open({
    database,
    definitions: objects,
    hooks: events.hooks,
    seriesPerEndpoint: () => settings.values.seriesPerEndpoint,
    onRemoved: (endpoint) => {
      devices.side.removed(endpoint);
      events.forget(endpoint);
    },
    onStored: (stored) => {
      refused.add(stored);
      statistics.count(stored);
      devices.side.stored(stored);
      events.stored(stored);
      publisher.publish(stored);
    },
  });
  const logs = await openLogs({
    database,
    settings,
    publish: (endpoint, item) => stream.publish('log', endpoint, item),
    log,
  });
  onStop('the logs of devices', () => logs.stop());
  const store = logs.separating(events.guard((batch) => ingest.submit(batch)));
  const firmware = await openFirmwarePackages({
    ...config,
    dataDirectory,
    database,
    settings,
    deviceHost: (name) => devices.side.server.registration(name)?.address.host,
    inUse: (id) => firmwareUpdates.inUse(id),
    log,
  });
  onStop('firmware packages', () => firmware.stop());
  const certificates = await openCertificates({ config, dataDirectory, database, log });
  onStop('certificates', () => certificates.stop());
  const devices = await openDevices({
    config,
    certificates,
    database,
    objects,
    settings,
    store,
    isLog: logs.isLog,
    resources: firmware.resources,
    log,
  });
  devices.side.server.on('operation', (operation) => {
    stream.publish('operation', operation.endpointName, () => toOperationItem(toOperationRow(operation)));
  });
  devices.side.server.on('presence', ({ endpointName }) => publisher.endpointChanged(endpointName));
  const statistics = new FleetStatistics({ database, refused, lwm2m: () => devices.side.server.statistics });
  const stopping = new AbortController();
  onStop('what takes long', () => stopping.abort());
  const report = (error: unknown, context: string): void => log.error({ err: error }, context);
  const firmwareUpdates = openFirmwareUpdates({ database, server: devices.side.server, source: firmware, stream, report }); // prettier-ignore
  const operating = openOperating({ version: VERSION, dataDirectory, database, devices, statistics, log });
  const known = { database, objects, settings, users, events, endpoints, ingest, store, devices, logs, statistics, log }; // prettier-ignore
  const parts = { ...known, firmware, firmwareUpdates, operating, certificates, stopping: stopping.signal };
  const routes = routesOf(parts);
  const http = await startHttpServer(
    httpApp({
      routes: routes.api,
      mounts: routes.mounts,
      guards: users.guards,
      stream,
      ready: () => answers(database),
      webDirectory: fileURLToPath(new URL('../dist-web', import.meta.url)),
      version: VERSION,
      publicUrl: config.publicUrl,
      trustProxy: config.trustProxy,
      observe: operating.observe(routes.mounts),
      log,
    }),
    config.httpHost,
    config.httpPort,
    { certificate },
  );
  certificate?.start();
  onStop('the certificate of the web port', () => certificate?.stop());
  onStop('HTTP', () => http.stop());

  const demo = wantsDemo(config, await hasReal(database));
  database.commits.open();
  onStop('LwM2M', () => devices.side.stop());
  const addresses = await devices.side.start();
  events.start();
  logs.start();
  devices.bootstrap.start();
  onStop('the bootstrap sessions', () => devices.bootstrap.stop());
  const scheme = certificate === undefined ? 'http' : 'https';
  firmware.start({ ...addresses.lwm2m, http: { scheme, host: config.httpHost, port: http.port } });
  certificates.start();
  onStop('firmware updates', () => firmwareUpdates.stop());
  await firmwareUpdates.start();
  operating.start();
  onStop('the look at the database', () => operating.stop());
  for (const job of [
    new RetentionJob({ database, settings, ingest, log }),
    new OperationRetention({ database, report }),
  ]) {
    job.start();
    onStop('the deletion of what is old', () => job.stop());
  }
  const leshan = config.leshanApi === 'open' ? await openLeshan(parts, config) : undefined;
  if (leshan !== undefined) onStop('the interface of Leshan', () => leshan.stop());
  if (demo) {
    const { host, port } = addresses.lwm2m.coap;
    const simulated = await startDemo(loopbackFor(host), port, log);
    onStop('simulated devices', () => simulated.stop());
  }
  // Before all else: what people have begun still needs the rest.
  onStop('HTTP', async () => {
    stopping.abort();
    stream.close();
    await Promise.all([http.stop(), leshan?.stop()]);
  });
  return {
    httpUrl: http.url,
    coapUrl: formatAddress(addresses.lwm2m.coap),
    coapAddress: addresses.lwm2m.coap,
    coapsUrl: formatAddress(addresses.lwm2m.coaps),
    coapsAddress: addresses.lwm2m.coaps,
    bootstrapUrls: [addresses.bootstrap.coap, addresses.bootstrap.coaps].map(formatAddress),
    leshanUrls: leshan === undefined ? [] : [leshan.url, leshan.bootstrapUrl],
    // Last of all: a start that failed after it would never show the password.
    firstPassword: await users.ensureAdministrator(),
    demo,
  };
}

/** Rejects while the database is away. */
async function answers({ reads }: Database): Promise<void> {
  await sql`SELECT 1`.execute(reads);
}

/** Whether any endpoint but simulated ones is known. */
async function hasReal({ reads }: Database): Promise<boolean> {
  const found = await reads.selectFrom('Endpoint').select('endpoint').where('demo', '=', 0).limit(1).executeTakeFirst();
  return found !== undefined;
}

function throwAtNobody(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** Where this machine reaches its own CoAP port. */
function loopbackFor(host: string): string {
  return host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
}
