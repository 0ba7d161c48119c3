import { decodeMessage } from '@flownexus/coap';
import type { DatagramTransport } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { dtlsTransport, type DtlsServerOptions } from '@flownexus/dtls';
import { Lwm2mDevice, type Lwm2mDeviceOptions, type ObjectTree } from '@flownexus/lwm2m-client';
import {
  Lwm2mBootstrapServer,
  MemoryBootstrapStore,
  overTransport,
  type BootstrapConfiguration,
  type BootstrapOptions,
  type BootstrapSession,
  type CredentialStore,
  type Lwm2mServer,
  type ServerEndpoint,
} from '@flownexus/lwm2m-server';
import {
  BASIC,
  createServer,
  DEVICE,
  ENDPOINT_NAME,
  inExchanges,
  logEvents,
  registry,
  SERVER,
  treeOf,
  type Contents,
} from './testbed.ts';

/** Where the bootstrap server is. */
export const BOOTSTRAP_SERVER = { host: '192.0.2.3', port: 5683 };
/** An address at which nobody is. */
export const NOWHERE = '192.0.2.77';

/** The account of the bootstrap server, without security. */
export const BOOTSTRAP_ACCOUNT: Contents = {
  '/0/1/0': `coap://${BOOTSTRAP_SERVER.host}:${BOOTSTRAP_SERVER.port}`,
  '/0/1/1': true,
  '/0/1/2': 3,
};

/** Those of a device without accounts. */
const DEVICE_OBJECT = Object.fromEntries(Object.entries(BASIC).filter(([path]) => path.startsWith('/3/')));

/** DTLS of a server. */
export interface ServerSecurity {
  readonly credentials: CredentialStore;
  readonly dtls: DtlsServerOptions;
}

export interface BootstrapBedOptions {
  /** What the bootstrap server gives the device. */
  readonly configuration: BootstrapConfiguration;
  /** What the device has beside its Device Object. Default: the account of the bootstrap server. */
  readonly accounts?: Contents;
  readonly device?: Partial<Lwm2mDeviceOptions>;
  readonly bootstrap?: Partial<BootstrapOptions>;
  /** Default: none. */
  readonly bootstrapSecurity?: ServerSecurity;
  readonly serverSecurity?: ServerSecurity;
}

/** Our bootstrap server, our server, and a device of ours that finds them by its accounts. */
export class BootstrapBed {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly configurations: MemoryBootstrapStore = new MemoryBootstrapStore();
  readonly bootstrapServer: Lwm2mBootstrapServer;
  readonly server: Lwm2mServer;
  readonly tree: ObjectTree;
  readonly device: Lwm2mDevice;
  /** Events of both servers, one line each. */
  readonly events: string[] = [];
  /** Those that are over. */
  readonly sessions: BootstrapSession[] = [];
  readonly troubles: string[] = [];
  #port = DEVICE.port;

  constructor(options: BootstrapBedOptions) {
    const { configuration, accounts = BOOTSTRAP_ACCOUNT, device = {}, bootstrap = {} } = options;
    this.configurations.set(ENDPOINT_NAME, configuration);
    this.bootstrapServer = new Lwm2mBootstrapServer({
      endpoints: [this.#endpoint(BOOTSTRAP_SERVER, options.bootstrapSecurity)],
      objects: registry,
      configurations: this.configurations,
      clock: this.clock,
      random: seededRandom(5),
      ...bootstrap,
    });
    this.bootstrapServer.on('bootstrapStarted', () => this.events.push('bootstrap started'));
    this.bootstrapServer.on('bootstrapPackSent', () => this.events.push('bootstrap pack sent'));
    this.bootstrapServer.on('refused', ({ operation, code }) => this.events.push(`refused ${operation}: ${code}`));
    for (const name of ['bootstrapFinished', 'bootstrapFailed'] as const) {
      this.bootstrapServer.on(name, (session) => {
        this.sessions.push(session);
        this.events.push(name === 'bootstrapFinished' ? 'bootstrap finished' : `bootstrap failed: ${session.reason}`);
      });
    }
    this.server = createServer(this, SERVER, { endpoints: [this.#endpoint(SERVER, options.serverSecurity)] });
    logEvents(this.server, this.events);
    this.tree = treeOf({ ...DEVICE_OBJECT, ...accounts });
    this.device = this.createDevice(device);
  }

  /** A device that the servers have registered. */
  static async registered(options: BootstrapBedOptions): Promise<BootstrapBed> {
    const bed = new BootstrapBed(options);
    await bed.open();
    await bed.clock.runUntil(bed.device.start());
    await bed.clock.settle();
    return bed;
  }

  /** Another device on the same tree: it was turned off and on. */
  createDevice(options: Partial<Lwm2mDeviceOptions> = {}): Lwm2mDevice {
    return new Lwm2mDevice({
      endpointName: ENDPOINT_NAME,
      objects: this.tree,
      clock: this.clock,
      random: seededRandom(2),
      transport: () => this.network.transport({ ...DEVICE, port: this.#port++ }),
      onTrouble: ({ message }) => this.troubles.push(message),
      ...options,
    });
  }

  async open(): Promise<void> {
    await this.bootstrapServer.start();
    await this.server.start();
  }

  /** What was said between the device and the bootstrap server: see {@link inExchanges}. */
  bootstrapExchanges(): string[] {
    const { host } = BOOTSTRAP_SERVER;
    const datagrams = this.network.log.filter(({ from, to }) => from.host === host || to.host === host);
    return inExchanges(datagrams.map(({ bytes }) => decodeMessage(bytes)));
  }

  /** The steps of the latest bootstrap in words: `write /0/1: 2.04`. */
  steps(): string[] {
    const steps = this.sessions.at(-1)?.steps ?? [];
    return steps.map(
      ({ operation, path, responseCode, diagnostic }) => `${operation} ${path}: ${responseCode ?? diagnostic}`,
    );
  }

  #endpoint(address: typeof SERVER, security: ServerSecurity | undefined): ServerEndpoint {
    const transport = this.network.transport(address);
    if (security === undefined) return overTransport(transport);
    const { clock } = this;
    return {
      credentials: security.credentials,
      createTransport: (): DatagramTransport =>
        dtlsTransport({ transport, clock, random: seededRandom(4), server: security.dtls }),
    };
  }
}
