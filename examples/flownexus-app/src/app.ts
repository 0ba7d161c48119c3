import { fileURLToPath } from 'node:url';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { ServerAddress } from '@flownexus/lwm2m-server';
import { sql } from 'kysely';
import { destination, type Logger, pino } from 'pino';
import { readCoapsFiles } from './coaps-files.ts';
import type { Config } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import { type Database, openDatabase } from './database/open-database.ts';
import { startDemo, wantsDemo } from './demo.ts';
import { EndpointReader } from './endpoints/endpoint-reader.ts';
import { openEvents } from './events/open-events.ts';
import { httpApp } from './http/http-app.ts';
import { formatHost, startHttpServer } from './http/http-server.ts';
import { LiveStream } from './http/live-stream.ts';
import { StoredPublisher } from './http/stored-publisher.ts';
import { openLogs } from './logs/open-logs.ts';
import { openDevices } from './lwm2m/open-devices.ts';
import { toOperationItem } from './operations/operation-item.ts';
import { OperationRetention } from './operations/operation-retention.ts';
import { RetentionJob } from './retention/retention-job.ts';
import { openLeshan, routesOf } from './routes.ts';
import { Settings } from './settings/settings.ts';
import { FleetStatistics } from './statistics/fleet-statistics.ts';
import { toOperationRow } from './stores/operation-rows.ts';
import { openUsers } from './users/users.ts';
import { Ingest } from './values/ingest.ts';
import { ValueReader } from './values/value-reader.ts';

/** Of the API, for the OpenAPI document. */
const VERSION = '0.1.0';

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
  /** Stops listening, stores what waits and closes the database. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log?: Logger;
  /** The database can not be used any more, and the process must end. Default: the error is thrown at nobody, which ends it. */
  readonly onFatal?: (error: Error) => void;
}

type OnStop = (undo: () => void | Promise<void>) => void;

/** Starts the app: all of it or nothing. Rejects with a `StartError` for what the operator can mend. */
export async function startFlowNexus(config: Config, options: StartOptions = {}): Promise<FlowNexus> {
  // Logs go to stderr: stdout is for people.
  const log = options.log ?? pino({ level: config.logLevel }, destination({ fd: 2, sync: true }));
  const onFatal = options.onFatal ?? throwAtNobody;
  const started: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of started.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await start(config, log, onFatal, (undo) => started.push(undo))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: Config,
  log: Logger,
  onFatal: (error: Error) => void,
  onStop: OnStop,
): Promise<Omit<FlowNexus, 'stop'>> {
  const coapsFiles = readCoapsFiles(config);
  const dataDirectory = makeDataDirectory(config.dataDirectory);
  // First of all: another process must not find its database changed, not even by a migration.
  const lock = lockDataDirectory(dataDirectory);
  onStop(() => lock.release());
  const onLost = (error: Error): void =>
    log.warn({ err: error }, 'the database has lost a connection or failed in the background: it is tried again');
  const database = await openDatabase({ url: config.databaseUrl, dataDirectory, onFatal, onLost });
  onStop(() => database.close());

  const objects = await ObjectRegistry.bundled();
  const settings = await Settings.load(database, { production: config.production });
  const users = await openUsers({ ...config, database, log });
  const stream = new LiveStream({ log });
  onStop(() => stream.close());
  const events = await openEvents({
    database,
    settings,
    webhookHosts: config.webhookHosts,
    publish: (endpoint, item) => stream.publish('event', endpoint, item),
    log,
  });
  onStop(() => events.stop());

  const endpoints = new EndpointReader(database, (name) => devices.side.server.presence(name));
  const publisher = new StoredPublisher({ stream, endpoints, values: new ValueReader(database.reads), log });
  const ingest = await Ingest.open({
    database,
    definitions: objects,
    hooks: events.hooks,
    onStored: (stored) => {
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
  onStop(() => logs.stop());
  const store = logs.separating(events.guard((batch) => ingest.submit(batch)));
  const { isLog } = logs;
  const devices = await openDevices({ config, coapsFiles, database, objects, settings, store, isLog, log });
  devices.side.server.on('operation', (operation) => {
    stream.publish('operation', operation.endpointName, () => toOperationItem(toOperationRow(operation)));
  });
  devices.side.server.on('presence', ({ endpointName }) => publisher.endpointChanged(endpointName));
  const statistics = new FleetStatistics({ database, lwm2m: () => devices.side.server.statistics });
  const stopping = new AbortController();
  onStop(() => stopping.abort());
  const known = {
    database,
    objects,
    settings,
    users,
    events,
    endpoints,
    ingest,
    store,
    devices,
    logs,
    statistics,
    log,
  };
  const parts = { ...known, ownCredential: coapsFiles.ownCredential, stopping: stopping.signal };
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
      log,
    }),
    config.httpHost,
    config.httpPort,
  );
  onStop(() => http.stop());

  const demo = wantsDemo(config, await hasReal(database));
  database.commits.open();
  onStop(() => devices.side.stop());
  const addresses = await devices.side.start();
  events.start();
  logs.start();
  devices.bootstrap.start();
  onStop(() => devices.bootstrap.stop());
  const report = (error: unknown, context: string): void => log.error({ err: error }, context);
  for (const job of [
    new RetentionJob({ database, settings, ingest, log }),
    new OperationRetention({ database, report }),
  ]) {
    job.start();
    onStop(() => job.stop());
  }
  const leshan = config.leshanApi === 'open' ? await openLeshan(parts, config) : undefined;
  if (leshan !== undefined) onStop(() => leshan.stop());
  if (demo) {
    const { host, port } = addresses.lwm2m.coap;
    const simulated = await startDemo(loopbackFor(host), port, log);
    onStop(() => simulated.stop());
  }
  return {
    httpUrl: http.url,
    coapUrl: formatUrl(addresses.lwm2m.coap),
    coapAddress: addresses.lwm2m.coap,
    coapsUrl: formatUrl(addresses.lwm2m.coaps),
    coapsAddress: addresses.lwm2m.coaps,
    bootstrapUrls: [addresses.bootstrap.coap, addresses.bootstrap.coaps].map(formatUrl),
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

function formatUrl({ scheme, host, port }: ServerAddress): string {
  return `${scheme}://${formatHost(host)}:${String(port)}`;
}

/** Where this machine reaches its own CoAP port. */
function loopbackFor(host: string): string {
  return host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
}
