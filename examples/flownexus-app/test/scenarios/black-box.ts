import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lwm2mClient, type Lwm2mClientOptions, type ObjectTree, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { RawDevice } from '../support/raw-device.ts';
import { temporaryDirectory } from '../support/test-database.ts';
import { type Answer, send } from '../support/test-http.ts';

export const TOKEN = 'the-token-of-the-scenarios';
/** For what takes its way over sockets, and on a busy machine. */
export const soon = { timeout: 10_000, interval: 50 };

const registry = await ObjectRegistry.bundled();

/** Starts one app for all tests of a file, which call their endpoints by different names. Gives it to each test. */
export function sharedBlackBox(environment: Record<string, string> = {}): () => BlackBox {
  let box: BlackBox | undefined;
  const atEnd: (() => void)[] = [];
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'flownexus-'));
    atEnd.push(() => rmSync(directory, { recursive: true, force: true }));
    box = await BlackBox.start(environment, directory, (kill) => atEnd.unshift(kill));
  }, 60_000);
  afterAll(async () => {
    const [kill, ...others] = atEnd;
    kill?.();
    await box?.app.ended;
    for (const end of others) end();
  });
  return () => {
    if (box === undefined) throw new Error('the app has not started');
    return box;
  };
}

/** The app as a process of its own, seen from outside only. */
export class BlackBox {
  readonly app: AppProcess;
  readonly directory: string;
  readonly #environment: Record<string, string>;

  private constructor(app: AppProcess, directory: string, environment: Record<string, string>) {
    this.app = app;
    this.directory = directory;
    this.#environment = environment;
  }

  static async start(
    environment: Record<string, string> = {},
    directory = temporaryDirectory(),
    atEnd?: (kill: () => void) => void,
  ): Promise<BlackBox> {
    const app = await startApp(
      {
        FLOWNEXUS_HTTP_PORT: '0',
        FLOWNEXUS_COAP_PORT: '0',
        FLOWNEXUS_COAP_HOST: '127.0.0.1',
        FLOWNEXUS_BOOTSTRAP_PORT: '0',
        FLOWNEXUS_BOOTSTRAPS_PORT: '0',
        FLOWNEXUS_DATA_DIR: directory,
        FLOWNEXUS_API_TOKEN: TOKEN,
        FLOWNEXUS_LOG_LEVEL: 'error',
        ...environment,
      },
      atEnd,
    );
    return new BlackBox(app, directory, environment);
  }

  /** Kills it without warning and starts it anew, on the same CoAP port: devices know no other. */
  async killAndStart(): Promise<BlackBox> {
    this.app.child.kill('SIGKILL');
    await this.app.ended;
    const ports = { FLOWNEXUS_COAP_PORT: String(this.app.coapPort) };
    return BlackBox.start({ ...this.#environment, ...ports }, this.directory);
  }

  /** A request with the token, or with headers of one's own. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ): Promise<Answer> {
    // prettier-ignore
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', 'content-length': String(Buffer.byteLength(text)) }; // prettier-ignore
    return send(this.app.httpUrl, method, path, { ...type, ...headers }, text);
  }

  /** The body of an answer that has to be 2xx. */
  async get<T>(path: string): Promise<T> {
    const { status, body, text } = await this.call('GET', path);
    expect(status, text).toBe(200);
    return body as T;
  }

  endpoint(name: string): Promise<Record<string, unknown>> {
    return this.get(`/api/v1/endpoints/${encodeURIComponent(name)}`);
  }

  /** Stored values of an endpoint, oldest first. */
  async values(name: string, path: string): Promise<Record<string, unknown>[]> {
    const at = `/api/v1/endpoints/${encodeURIComponent(name)}/resources?path=${path}`;
    const { status, body } = await this.call('GET', at);
    return status === 200 ? (body as { items: Record<string, unknown>[] }).items : [];
  }

  /** Waits until so many values are stored at a path, and gives them. */
  async valuesWhen(name: string, path: string, count: number): Promise<Record<string, unknown>[]> {
    return vi.waitFor(async () => {
      const values = await this.values(name, path);
      expect(values.length).toBeGreaterThanOrEqual(count);
      return values;
    }, soon);
  }

  rawDevice(): Promise<RawDevice> {
    return RawDevice.open(this.app.coapPort);
  }

  /** A device with the objects of Zephyr's sample; closed when the test has finished. Not started yet. */
  device(
    endpointName: string,
    options: Partial<Lwm2mClientOptions> = {},
  ): { client: Lwm2mClient; objects: ObjectTree } {
    const lifetime = options.lifetime ?? 60;
    const objects = options.objects ?? zephyrSampleObjects(registry, { serialNumber: '345000123', lifetime });
    const client = new Lwm2mClient({
      endpointName,
      objects,
      lifetime,
      server: { host: '127.0.0.1', port: this.app.coapPort },
      ...options,
    });
    onTestFinished(() => client.close());
    return { client, objects };
  }

  /** A device that has registered. */
  async registered(
    endpointName: string,
    options: Partial<Lwm2mClientOptions> = {},
  ): Promise<{ client: Lwm2mClient; objects: ObjectTree }> {
    // prettier-ignore
    const device = this.device(endpointName, options);
    await device.client.start();
    await vi.waitFor(async () => expect(await this.endpoint(endpointName)).toMatchObject({ registered: true }), soon);
    return device;
  }
}
