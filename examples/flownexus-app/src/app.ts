import { accessSync, constants, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { ServerAddress } from '@flownexus/lwm2m-server';
import { type Logger, pino, destination } from 'pino';
import { AssociationSaver } from './association-saver.ts';
import { readCoapsFiles } from './coaps-files.ts';
import type { Config } from './config.ts';
import { lockDataDirectory } from './data-directory-lock.ts';
import { Database } from './database/database.ts';
import { openDatabase } from './database/open-database.ts';
import { startDemo, wantsDemo } from './demo.ts';
import { httpApp } from './http/http-app.ts';
import { formatHost, startHttpServer } from './http/http-server.ts';
import { LiveStream } from './http/live-stream.ts';
import { IngestQueue } from './ingest/ingest-queue.ts';
import { UnstoredEnds } from './ingest/unstored-ends.ts';
import { endBatch, lwm2mServer, startLwm2m } from './lwm2m.ts';
import { StartError } from './start-error.ts';

export interface FlowNexus {
  /** Such as `http://127.0.0.1:8000/`. */
  readonly httpUrl: string;
  /** Such as `coap://[::]:5683`. */
  readonly coapUrl: string;
  readonly coapAddress: ServerAddress;
  /** Such as `coaps://[::]:5684`. */
  readonly coapsUrl: string;
  readonly coapsAddress: ServerAddress;
  /** Whether it started simulated devices. */
  readonly demo: boolean;
  /** Stops listening, stores what waits and closes the database. */
  stop(): Promise<void>;
}

/** Starts the app: all of it or nothing. Rejects with a {@link StartError} for what the operator can mend. */
export async function startFlowNexus(config: Config, options: { readonly log?: Logger } = {}): Promise<FlowNexus> {
  // Logs go to stderr: stdout is for people.
  const log = options.log ?? pino({ level: config.logLevel }, destination({ fd: 2, sync: true }));
  const started: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const undo of started.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await start(config, log, (undo) => started.push(undo))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: Config,
  log: Logger,
  onStop: (undo: () => void | Promise<void>) => void,
): Promise<Omit<FlowNexus, 'stop'>> {
  const coapsFiles = readCoapsFiles(config);
  const dataDirectory = makeDataDirectory(config.dataDirectory);
  // First of all: another process must not find its database changed, not even by a migration.
  const lock = lockDataDirectory(dataDirectory);
  onStop(() => lock.release());
  const connection = openDatabase(dataDirectory);
  onStop(() => connection.close());
  const definitions = await ObjectRegistry.bundled();
  const database = new Database(connection, definitions);

  const stream = new LiveStream(database, log);
  const ingest = new IngestQueue({ database, onStored: (stored) => stream.publish(stored) });
  onStop(() => ingest.stop());

  const store = ingest.submit.bind(ingest);
  const unstoredEnds = new UnstoredEnds({ store: (endpoint, at) => store(endBatch(endpoint, at)) });
  onStop(() => unstoredEnds.stop());
  const { coapHost: host, coapPort: port } = config;
  const associations = new AssociationSaver(database);
  const secured = { ...coapsFiles, port: config.coapsPort, credentials: database.credentials, associations };
  const lwm2m = lwm2mServer({ host, port, objects: definitions, secured, store, unstoredEnds, log });
  const { coap: coapAddress, coaps: coapsAddress } = await startLwm2m(lwm2m, config.coapsPort);
  onStop(() => lwm2m.stop());

  const webDirectory = fileURLToPath(new URL('../dist-web', import.meta.url));
  const app = httpApp({ database, definitions, stream, apiToken: config.apiToken, webDirectory, log });
  const http = await startHttpServer(app, config.httpHost, config.httpPort);
  onStop(() => http.stop());
  onStop(() => stream.close());

  // Only now is it certain that the app starts. Nothing was stored so far, and the lock keeps other processes away.
  database.transaction(() => database.endpoints.setAllUnregistered());
  const demo = wantsDemo(config, database.endpoints.hasReal());
  ingest.open();

  if (demo) {
    const devices = await startDemo(loopbackFor(coapAddress.host), coapAddress.port, log);
    onStop(() => devices.stop());
  }
  return {
    httpUrl: http.url,
    coapUrl: formatUrl(coapAddress),
    coapAddress,
    coapsUrl: formatUrl(coapsAddress),
    coapsAddress,
    demo,
  };
}

function makeDataDirectory(directory: string): string {
  const path = resolve(directory);
  try {
    makeDirectory(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return path;
  } catch (error) {
    // Node's message ends with the system call and its arguments.
    const reason = error instanceof Error ? error.message.replace(/, .*$/s, '') : String(error);
    throw new StartError(`FLOWNEXUS_DATA_DIR ${path} can not be used: ${reason}`, { cause: error });
  }
}

/** Like `recursive: true`, which never ends where a folder is there but takes no more, such as /proc (Node 24). */
function makeDirectory(path: string): void {
  const there = existing(path);
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new Error(`${path} is not a folder`);
  makeDirectory(dirname(path));
  mkdirSync(path);
}

function existing(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Below something that is no folder there is nothing, as its parent will tell.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function formatUrl({ scheme, host, port }: ServerAddress): string {
  return `${scheme}://${formatHost(host)}:${String(port)}`;
}

/** Where this machine reaches its own CoAP port. */
function loopbackFor(host: string): string {
  return host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
}
