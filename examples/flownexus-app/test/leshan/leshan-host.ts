import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { Lwm2mClient, type Lwm2mClientOptions, type ObjectTree, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  coap,
  coaps,
  Lwm2mServer,
  MemoryCredentialStore,
  type DeviceCredential,
  type Lwm2mServerOptions,
} from '@flownexus/lwm2m-server';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { leshanRouter } from '../../src/leshan/leshan-router.ts';
import type { LeshanCredentials, LeshanOptions } from '../../src/leshan/options.ts';
import { send, type Answer } from '../support/test-http.ts';

const LOOPBACK = '127.0.0.1';
export const registry = await ObjectRegistry.bundled();

/** Credentials in memory that can be listed. */
export class ListedCredentials extends MemoryCredentialStore implements LeshanCredentials {
  readonly #all = new Map<string, DeviceCredential>();

  list(): { endpointName: string; credential: DeviceCredential }[] {
    return Array.from(this.#all, ([endpointName, credential]) => ({ endpointName, credential }));
  }

  override set(endpointName: string, credential: DeviceCredential): void {
    super.set(endpointName, credential);
    this.#all.set(endpointName, credential);
  }

  remove(endpointName: string): boolean {
    this.#all.delete(endpointName);
    return this.delete(endpointName);
  }
}

/** What the host answers for errors that are not of the surface. */
export const answerOthers: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  response.status(403).json({ of: 'the host', message: error instanceof Error ? error.message : 'no error' });
};

/** A server for devices with the surface, on free ports of the loopback. */
export class LeshanHost {
  readonly server: Lwm2mServer;
  readonly credentials: ListedCredentials;
  readonly url: string;
  /** Errors that the server had nobody to tell of. */
  readonly errors: unknown[];
  readonly coapPort: number;
  readonly coapsPort: number;

  private constructor(parts: Omit<LeshanHost, 'call' | 'json' | 'events' | 'device' | 'coapPort' | 'coapsPort'>) {
    this.server = parts.server;
    this.credentials = parts.credentials;
    this.url = parts.url;
    this.errors = parts.errors;
    const portOf = (scheme: string): number => this.server.addresses.find((at) => at.scheme === scheme)?.port ?? 0;
    this.coapPort = portOf('coap');
    this.coapsPort = portOf('coaps');
  }

  static async start(
    options: Partial<LeshanOptions> = {},
    serverOptions: Partial<Lwm2mServerOptions> = {},
  ): Promise<LeshanHost> {
    const credentials = new ListedCredentials();
    const errors: unknown[] = [];
    const server = new Lwm2mServer({
      endpoints: [coap({ host: LOOPBACK, port: 0 }), coaps({ host: LOOPBACK, port: 0, credentials })],
      objects: registry,
      credentials,
      onError: (error) => errors.push(error),
      ...serverOptions,
    });
    await server.start();
    onTestFinished(() => server.stop());
    const app = express();
    const log = pino({ level: 'silent' });
    app.use('/api', leshanRouter({ server, objects: registry, credentials, log, ...options }));
    app.use('/api', (_, response) => void response.status(404).json({ of: 'the host' }));
    app.use(answerOthers);
    const http = await startHttpServer(app, LOOPBACK, 0);
    onTestFinished(() => http.stop());
    return new LeshanHost({ server, credentials, url: http.url, errors });
  }

  /** One call below `/api`, with its body as JSON unless it is text. */
  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return call(this.url, method, path, body, headers);
  }

  /** The JSON of the answer to a call. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.call(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${String(status)} ${text}`);
    return JSON.parse(text);
  }

  events(query = ''): Promise<EventReader> {
    return EventReader.open(this.url, query);
  }

  /** A registered device with the objects of Zephyr's sample. */
  async device(
    endpointName: string,
    options: Partial<Lwm2mClientOptions> = {},
    prepare: (objects: ObjectTree) => void = () => undefined,
  ): Promise<Lwm2mClient> {
    const objects = zephyrSampleObjects(registry, { serialNumber: '1', lifetime: 300 });
    prepare(objects);
    const server = { host: LOOPBACK, port: this.coapPort };
    const client = new Lwm2mClient({ endpointName, objects, lifetime: 300, server, ...options });
    onTestFinished(() => client.close());
    await client.start();
    return client;
  }
}

/** One call below `/api` of a surface. */
export function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return send(url, method, `/api${path}`, { ...type, ...headers }, text);
}

export interface StreamedEvent {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** Reads an event stream line by line, as the client of Zephyr's suite does. */
export class EventReader {
  readonly #outgoing: ClientRequest;
  readonly #response: IncomingMessage;
  readonly #events: StreamedEvent[] = [];
  #waiting: (() => void) | undefined;
  #rest = '';
  #name = '';
  /** Heartbeats. */
  beats = 0;
  closed = false;

  private constructor(outgoing: ClientRequest, response: IncomingMessage) {
    this.#outgoing = outgoing;
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('close', () => {
      this.closed = true;
      this.#waiting?.();
    });
    response.on('error', () => undefined); // the close says it
    onTestFinished(() => this.close());
  }

  static async open(url: string, query: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const { hostname, port } = new URL(url);
    const outgoing = request({
      host: hostname,
      port,
      path: `/api/event${query}`,
      headers: { accept: 'text/event-stream', ...headers },
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return new EventReader(outgoing, response);
  }

  get status(): number | undefined {
    return this.#response.statusCode;
  }

  /** The next event of a name; those before it are passed over. */
  async next(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const event = this.#events.shift();
      if (event?.name === name) return event.data;
      if (event !== undefined) continue;
      if (this.closed) throw new Error(`the stream has ended without ${name}`);
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  /** What has come and was not asked for yet. */
  taken(): readonly StreamedEvent[] {
    return this.#events.splice(0);
  }

  pause(): void {
    this.#response.pause();
  }

  close(): void {
    this.#outgoing.destroy();
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === ':') this.beats += 1;
      else if (line.startsWith('event: ')) this.#name = line.slice('event: '.length);
      else if (line.startsWith('data: ')) {
        const data = JSON.parse(line.slice('data: '.length)) as Record<string, unknown>;
        this.#events.push({ name: this.#name, data });
      }
    }
    this.#waiting?.();
  }
}
