import {
  decodeMessage,
  decodeString,
  formatCode,
  MessageType,
  OptionNumber,
  stringOptions,
  uintOption,
  type CoapMessage,
} from '@flownexus/coap';
import { MemoryNetwork, seededRandom, VirtualClock, type MemoryTransport } from '@flownexus/datagram/testing';
import { dtlsTransport, type DtlsClientOptions, type DtlsServerOptions, type HandshakeFailure } from '@flownexus/dtls';
import { Lwm2mClient, ObjectTree, type Lwm2mClientOptions, type ResourceContent } from '@flownexus/lwm2m-client';
import {
  ContentFormat,
  formatPath,
  ObjectRegistry,
  parsePath,
  type Link,
  type ResourceRecord,
  type ResourceValue,
} from '@flownexus/lwm2m-core';
import {
  Lwm2mServer,
  overTransport,
  type CredentialStore,
  type Device,
  type Lwm2mServerOptions,
} from '@flownexus/lwm2m-server';

export const registry: ObjectRegistry = await ObjectRegistry.bundled();

/** Where the server and the device are. */
export const SERVER = { host: '192.0.2.1', port: 5683 };
export const DEVICE = { host: '192.0.2.9', port: 50_000 };
export const ENDPOINT_NAME = 'urn:dev:ets';

/** Values of a tree by their paths. */
export type Contents = Readonly<Record<string, ResourceContent>>;

/** The object list of a device that has only that. */
export const BASIC_LIST = '</>;ct=112,</1>;ver=1.2,</1/0>,</3>;ver=1.2,</3/0>';

/** What configuration C.1 gives a device, and what it has itself: the Security, Server and Device Objects. */
export const BASIC: Contents = {
  '/0/0/0': `coap://${SERVER.host}:${SERVER.port}`,
  '/0/0/1': false,
  '/0/0/2': 3,
  '/0/0/10': 1,
  '/1/0/0': 1,
  '/1/0/1': 86_400,
  '/1/0/5': 86_400,
  '/1/0/6': false,
  '/1/0/7': 'U',
  '/3/0/0': 'FlowNexus',
  '/3/0/1': 'test device',
  '/3/0/2': '345000123',
  '/3/0/3': '1.0',
  '/3/0/6': list(1, 5),
  '/3/0/7': list(3800, 5000),
  '/3/0/8': list(125, 900),
  '/3/0/9': 95,
  '/3/0/11': list(0),
  '/3/0/13': 1_767_225_600,
  '/3/0/14': '+01:00',
  '/3/0/15': 'Europe/Berlin',
  '/3/0/16': 'U',
};

/** A Portfolio Object Instance, as the cases with Object 16 need it. */
export const PORTFOLIO: Contents = {
  '/16/0/0': list('host device', 'manufacturer', 'model', 'software'),
  '/16/0/3': 0,
};

/** DTLS between the two. */
export interface Security {
  readonly credentials: CredentialStore;
  readonly server: DtlsServerOptions;
  readonly client: DtlsClientOptions;
}

export interface TestbedOptions {
  /** Default: none. */
  readonly security?: Security;
  /** Beside those of {@link BASIC}, or in their place. */
  readonly contents?: Contents;
  readonly client?: Partial<Lwm2mClientOptions>;
  readonly server?: Partial<Lwm2mServerOptions>;
  /** What else the device can do. */
  readonly prepare?: (tree: ObjectTree, clock: VirtualClock) => void;
}

/** Values that arrived in a notification, or in the answer to an Observe. */
export interface Notified {
  /** Of the clock. */
  readonly second: number;
  readonly initial: boolean;
  readonly contentFormat: number;
  readonly values: Readonly<Record<string, ResourceValue>>;
}

/** Our server and our client on one virtual clock and one memory network. */
export class Testbed {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly server: Lwm2mServer;
  readonly tree: ObjectTree;
  readonly client: Lwm2mClient;
  readonly transport: MemoryTransport;
  /** The operations on the device. */
  readonly device: Device;
  /** Events of the server, one line each. */
  readonly events: string[] = [];
  /** Values that the device notified. */
  readonly notifications: Notified[] = [];
  /** Handshakes that failed, as the server and the device tell it. */
  readonly failures: HandshakeFailure[] = [];
  #seen = 0;

  constructor({ contents = {}, client = {}, server = {}, prepare, security }: TestbedOptions = {}) {
    this.transport = this.network.transport(DEVICE);
    const onHandshakeFailed = (failure: HandshakeFailure): void => void this.failures.push(failure);
    const common = { clock: this.clock, random: seededRandom(3), onHandshakeFailed };
    const over =
      security === undefined
        ? this.transport
        : dtlsTransport({ ...common, transport: this.transport, client: security.client });
    const endpoint = security && {
      credentials: security.credentials,
      createTransport: () =>
        dtlsTransport({ ...common, transport: this.network.transport(SERVER), server: security.server }),
    };
    this.server = createServer(this, SERVER, { ...(endpoint && { endpoints: [endpoint] }), ...server });
    this.tree = treeOf({ ...BASIC, ...contents });
    prepare?.(this.tree, this.clock);
    this.client = createClient(this, this.tree, { transport: over, ...client });
    this.device = this.server.device(ENDPOINT_NAME);
    logEvents(this.server, this.events);
    this.server.on('notification', ({ initial, records, contentFormat }) => {
      const second = this.clock.now() / 1_000;
      this.notifications.push({ second, initial, contentFormat, values: valuesOf({ records }) });
    });
  }

  /** A device that is registered. What was said until then is forgotten. */
  static async registered(options: TestbedOptions = {}): Promise<Testbed> {
    const bed = new Testbed(options);
    await bed.start();
    bed.exchanges();
    bed.events.length = 0;
    return bed;
  }

  async start(): Promise<void> {
    await this.server.start();
    await this.run(this.client.start());
    await this.clock.settle();
  }

  /** Lets time pass until the operation is done. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.runUntil(work);
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    await this.clock.advanceAsync(seconds * 1_000);
  }

  /** From now on nothing arrives that the device sends; `false` ends that. */
  silence(silent: boolean): void {
    this.network.rule = silent ? ({ from }) => (from.host === DEVICE.host ? 'drop' : 'deliver') : undefined;
  }

  /** What was said since the last call: see {@link inExchanges}. */
  exchanges(): string[] {
    const { log } = this.network;
    const messages = log.slice(this.#seen).map(({ bytes }) => decodeMessage(bytes));
    this.#seen = log.length;
    return inExchanges(messages);
  }

  /** The first rejection of an operation: the response code of the device. */
  async refusal(operation: Promise<unknown>): Promise<unknown> {
    const outcome = operation.then(
      () => 'no refusal',
      (error: unknown) => (error as { readonly responseCode?: string }).responseCode ?? error,
    );
    return this.run(outcome);
  }

  /** Reads a path and gives the values by their paths. */
  async values(path: string, accept?: number): Promise<Record<string, ResourceValue>> {
    return valuesOf(await this.run(this.device.read(path, accept === undefined ? {} : { accept })));
  }

  /** What a Discover says, in link format. */
  async discover(path: string, depth?: 0 | 1 | 2 | 3): Promise<string> {
    const { links } = await this.run(this.device.discover(path, depth === undefined ? {} : { depth }));
    return inLinkFormat(links);
  }
}

export function createServer(
  { clock, network }: Pick<Testbed, 'clock' | 'network'>,
  address: typeof SERVER,
  options: Partial<Lwm2mServerOptions> = {},
): Lwm2mServer {
  return new Lwm2mServer({
    endpoints: [overTransport(network.transport(address))],
    objects: registry,
    clock,
    random: seededRandom(1),
    ...options,
  });
}

export function createClient(
  { clock }: Pick<Testbed, 'clock'>,
  objects: ObjectTree,
  options: Partial<Lwm2mClientOptions>,
): Lwm2mClient {
  return new Lwm2mClient({
    endpointName: ENDPOINT_NAME,
    server: SERVER,
    objects,
    clock,
    random: seededRandom(2),
    ...options,
  });
}

export function treeOf(contents: Contents): ObjectTree {
  const tree = new ObjectTree(registry);
  for (const [path, content] of Object.entries(contents)) tree.set(path, content);
  return tree;
}

/** Values of a multiple Resource, from the id 0 on. */
export function list(...values: readonly ResourceValue[]): ReadonlyMap<number, ResourceValue> {
  return new Map(values.entries());
}

/** Values by their paths. */
export function valuesOf({ records }: { readonly records: readonly ResourceRecord[] }): Record<string, ResourceValue> {
  return Object.fromEntries(records.map(({ path, value }) => [formatPath(path), value]));
}

/** Changes of a Write-Composite, by their paths; the types are those of the definitions. */
export function changes(values: Readonly<Record<string, ResourceValue>>): ResourceRecord[] {
  return Object.entries(values).map(([name, value]) => {
    const path = parsePath(name);
    const type = registry.resource(path.objectId ?? -1, path.resourceId ?? -1)?.type ?? 'string';
    return { path, type, value, time: undefined };
  });
}

export function inLinkFormat(links: readonly Link[]): string {
  return links
    .map(({ target, attributes }) => {
      const items = Object.entries(attributes).map(([name, value]) => (value === true ? name : `${name}=${value}`));
      return [`<${target}>`, ...items].join(';');
    })
    .join(',');
}

/** Registrations, their ends, and presence: one line each. */
export function logEvents(server: Lwm2mServer, events: string[]): void {
  server.on('registered', () => events.push('registered'));
  server.on('updated', () => events.push('updated'));
  server.on('deregistered', (_registration, reason) => events.push(reason));
  server.on('refused', ({ operation, code }) => events.push(`refused ${operation}: ${code}`));
}

const METHODS = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'];

/**
 * Requests with their answers, a line each, in the order of the requests: `GET /3/0/0 accept=0 → 2.05 cf=0 "FlowNexus"`. Beside them `RST`, and what
 * was notified: `notified 2.05`. A request without an answer ends in an arrow. Retransmissions are left out.
 */
export function inExchanges(messages: readonly CoapMessage[]): string[] {
  const lines: string[] = [];
  const pending = new Map<string, number>();
  const seen = new Set<string>();
  for (const message of messages) {
    const token = Buffer.from(message.token).toString('hex');
    const key = `${message.type} ${message.code} ${message.messageId} ${token}`;
    if (message.type === MessageType.RST) lines.push('RST');
    if (message.code === 0 || seen.has(key)) continue;
    seen.add(key);
    if (message.code < 32) {
      pending.set(token, lines.push(`${inWords(message)} →`) - 1);
      continue;
    }
    const index = pending.get(token);
    pending.delete(token);
    if (index === undefined) lines.push(`notified ${formatCode(message.code)}`);
    else lines[index] = `${lines[index]} ${inWords(message)}`;
  }
  return lines;
}

function inWords({ code, options, payload }: CoapMessage): string {
  const query = stringOptions(options, OptionNumber.URI_QUERY).join('&');
  const path = `/${stringOptions(options, OptionNumber.URI_PATH).join('/')}`;
  const words = code < 32 ? [METHODS[code] ?? '?', query === '' ? path : `${path}?${query}`] : [formatCode(code)];
  const location = stringOptions(options, OptionNumber.LOCATION_PATH);
  if (location.length > 0) words.push(`/${location.join('/')}`);
  const observe = uintOption(options, OptionNumber.OBSERVE);
  if (observe !== undefined) words.push(code < 32 ? `observe=${observe}` : 'observing');
  const accept = uintOption(options, OptionNumber.ACCEPT);
  if (accept !== undefined) words.push(`accept=${accept}`);
  const contentFormat = uintOption(options, OptionNumber.CONTENT_FORMAT);
  if (contentFormat !== undefined) words.push(`cf=${contentFormat}`);
  if (contentFormat === ContentFormat.TEXT) words.push(JSON.stringify(decodeString(payload)));
  if (contentFormat === ContentFormat.LINK_FORMAT) words.push(decodeString(payload));
  return words.join(' ');
}
