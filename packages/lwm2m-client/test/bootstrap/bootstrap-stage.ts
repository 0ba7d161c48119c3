import {
  Code,
  CoapEndpoint,
  formatCode,
  type CoapReply,
  type CoapRequest,
  type IncomingRequest,
} from '@flownexus/coap';
import type { Peer } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { ContentFormat } from '@flownexus/lwm2m-core';
import { Lwm2mDevice } from '../../src/bootstrap/lwm2m-device.ts';
import type { Lwm2mDeviceOptions } from '../../src/bootstrap/device-options.ts';
import type { ObjectTree } from '../../src/objects/object-tree.ts';
import { encoded, treeOf } from '../scenarios/world.ts';

export const BOOTSTRAP_SERVER = { host: '10.0.0.3', port: 5783 };
export const SERVER = { host: '10.0.0.1', port: 5683 };

type Contents = Parameters<typeof treeOf>[0];

/** A bootstrap account alone, and something to be bootstrapped. */
export const BOOTSTRAP_ACCOUNT: Contents = {
  '/0/0/0': 'coap://10.0.0.3:5783',
  '/0/0/1': true,
  '/0/0/2': 3,
  '/3/0/0': 'Example',
};

/** The account of the server with the Short Server ID. */
export function serverAccount(
  shortServerId: number,
  instanceId = shortServerId,
  uri = 'coap://10.0.0.1:5683',
): Contents {
  return {
    [`/0/${instanceId}/0`]: uri,
    [`/0/${instanceId}/1`]: false,
    [`/0/${instanceId}/2`]: 3,
    [`/0/${instanceId}/10`]: shortServerId,
    [`/1/${instanceId}/0`]: shortServerId,
    [`/1/${instanceId}/1`]: 300,
    [`/1/${instanceId}/6`]: false,
    [`/1/${instanceId}/7`]: 'U',
  };
}

/** A device, and at other addresses of a memory network a bootstrap server and a server of a few lines, which do what the test says. */
export class BootstrapStage {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  /** What the device asked of either, such as `bootstrap POST /bs?ep=device&pct=112`. */
  readonly requests: string[] = [];
  readonly troubles: string[] = [];
  readonly events: string[] = [];
  /** What the next requests to the bootstrap server, and to the server, are answered instead of success. */
  readonly bootstrapAnswers: CoapReply[] = [];
  readonly answers: CoapReply[] = [];
  readonly tree: ObjectTree;
  readonly device: Lwm2mDevice;
  readonly #bootstrapServer: CoapEndpoint;
  readonly #server: CoapEndpoint;
  /** The device as the two see it. */
  #bootstrapPeer: Peer | undefined;
  #peer: Peer | undefined;
  #port = 40_000;

  private constructor(contents: Contents, options: Partial<Lwm2mDeviceOptions>) {
    this.tree = treeOf(contents);
    this.#bootstrapServer = this.#endpoint(BOOTSTRAP_SERVER, (request) => {
      this.#bootstrapPeer = request.peer;
      this.#record('bootstrap', request);
      return this.bootstrapAnswers.shift() ?? { code: request.method === Code.GET ? Code.NOT_FOUND : Code.CHANGED };
    });
    this.#server = this.#endpoint(SERVER, (request) => {
      this.#peer = request.peer;
      this.#record('server', request);
      const success = request.method === Code.DELETE ? Code.DELETED : Code.CREATED;
      return this.answers.shift() ?? { code: success, locationPath: ['rd', 'r'] };
    });
    this.device = this.createDevice(this.tree, options);
  }

  static async open(contents: Contents, options: Partial<Lwm2mDeviceOptions> = {}): Promise<BootstrapStage> {
    const stage = new BootstrapStage(contents, options);
    await stage.#bootstrapServer.open();
    await stage.#server.open();
    return stage;
  }

  /** One whose device has begun, and has asked the bootstrap server. */
  static async bootstrapping(
    contents: Contents = BOOTSTRAP_ACCOUNT,
    options: Partial<Lwm2mDeviceOptions> = {},
  ): Promise<BootstrapStage> {
    const stage = await BootstrapStage.open(contents, options);
    stage.device.start().catch(() => undefined);
    await stage.pass(1);
    return stage;
  }

  createDevice(objects: ObjectTree, options: Partial<Lwm2mDeviceOptions> = {}): Lwm2mDevice {
    return new Lwm2mDevice({
      endpointName: 'device',
      objects,
      clock: this.clock,
      random: seededRandom(2),
      transport: () => this.network.transport({ host: '10.0.0.2', port: this.#port++ }),
      onRegistered: (shortServerId) => this.events.push(`registered ${shortServerId}`),
      onBootstrapped: () => this.events.push('bootstrapped'),
      onTrouble: ({ message }, shortServerId) => this.troubles.push(`${shortServerId ?? 'bootstrap'}: ${message}`),
      ...options,
    });
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advanceAsync(seconds * 1_000);
  }

  /** A request of the bootstrap server: its answer, as a code and a payload in text. */
  ask(method: number, path: string, options: Partial<CoapRequest> = {}): Promise<string> {
    return this.#ask(this.#bootstrapServer, this.#bootstrapPeer, method, path, options);
  }

  /** A request of the server. */
  askFromServer(method: number, path: string, options: Partial<CoapRequest> = {}): Promise<string> {
    return this.#ask(this.#server, this.#peer, method, path, options);
  }

  /** A Bootstrap-Write in TLV unless said otherwise. */
  write(
    path: string,
    values: Parameters<typeof encoded>[2],
    contentFormat: number = ContentFormat.TLV,
  ): Promise<string> {
    return this.ask(Code.PUT, path, { contentFormat, payload: encoded(path, contentFormat, values) });
  }

  /** Writes an account. */
  async writeAccount(shortServerId: number, instanceId = shortServerId, uri?: string): Promise<void> {
    const values = Object.entries(serverAccount(shortServerId, instanceId, uri)) as [
      string,
      string | number | boolean,
    ][];
    for (const objectId of [0, 1]) {
      const ofObject = values.filter(([path]) => path.startsWith(`/${objectId}/`));
      await this.write(`/${objectId}/${instanceId}`, Object.fromEntries(ofObject));
    }
  }

  finish(): Promise<string> {
    return this.ask(Code.POST, '/bs');
  }

  discover(path = '/'): Promise<string> {
    return this.ask(Code.GET, path, { accept: ContentFormat.LINK_FORMAT });
  }

  /** Ends everything; rejects when something of the device goes on. */
  async close(): Promise<void> {
    await this.clock.runUntil(this.device.close());
    await this.#bootstrapServer.close();
    await this.#server.close();
    await this.clock.settle();
    if (this.clock.pendingTimers > 0) throw new Error(`${this.clock.pendingTimers} timers are left`);
  }

  #endpoint(address: typeof SERVER, onRequest: (request: IncomingRequest) => CoapReply): CoapEndpoint {
    return new CoapEndpoint({
      transport: this.network.transport(address),
      clock: this.clock,
      random: seededRandom(1),
      onRequest,
    });
  }

  #record(who: string, { method, path, query }: IncomingRequest): void {
    const name = { [Code.GET]: 'GET', [Code.POST]: 'POST', [Code.DELETE]: 'DELETE' }[method] ?? 'other';
    this.requests.push(`${who} ${name} /${path.join('/')}${query.length === 0 ? '' : `?${query.join('&')}`}`);
  }

  async #ask(
    coap: CoapEndpoint,
    peer: Peer | undefined,
    method: number,
    path: string,
    options: Partial<CoapRequest>,
  ): Promise<string> {
    if (peer === undefined) throw new Error('the device has not asked for anything');
    const segments = path.split('/').filter((segment) => segment !== '');
    const response = await this.clock.runUntil(coap.request(peer, { method, path: segments, ...options }));
    return `${formatCode(response.code)} ${new TextDecoder().decode(response.payload)}`.trimEnd();
  }
}
