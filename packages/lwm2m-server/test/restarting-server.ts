import type { Clock, Peer } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock, type MemoryTransport } from '@flownexus/datagram/testing';
import { dtlsTransport, type DtlsTransport } from '@flownexus/dtls';
import type { Lwm2mServer, Lwm2mServerOptions } from '../src/index.ts';
import type { ServerEndpoint } from '../src/api/server-endpoint.ts';
import { overTransport } from '../src/endpoints/over-transport.ts';
import type { StoreHost } from './restarting-stores.ts';
import { ScriptedDevice, SERVER, Stage, type Log } from './scripted-device.ts';

export type Scheme = 'coap' | 'coaps';

const KEY = new TextEncoder().encode('correct horse battery');

/** A server that is stopped, or crashes, and started again, with its devices on one network. */
export class RestartingServer {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly host: StoreHost;
  readonly #scheme: Scheme;
  readonly #options: Partial<Lwm2mServerOptions>;
  #stage!: Stage;
  #lower!: MemoryTransport;
  #dtls: DtlsTransport | undefined;
  #lives = 0;

  private constructor(host: StoreHost, scheme: Scheme, options: Partial<Lwm2mServerOptions>) {
    this.host = host;
    this.#scheme = scheme;
    this.#options = options;
  }

  static async start(
    host: StoreHost,
    scheme: Scheme = 'coap',
    options: Partial<Lwm2mServerOptions> = {},
  ): Promise<RestartingServer> {
    const restarting = new RestartingServer(host, scheme, options);
    await restarting.start();
    return restarting;
  }

  /** The server that runs, or ran last. */
  get server(): Lwm2mServer {
    return this.#stage.server;
  }

  /** Handshakes that devices began with the server that runs. */
  get handshakes(): number {
    return this.#dtls?.statistics.handshakesStarted ?? 0;
  }

  /** A device at a port of its own, which has a DTLS association when the scheme is `coaps`. */
  async device(port: number = 50_000): Promise<ScriptedDevice> {
    if (this.#scheme === 'coap') return new ScriptedDevice(this.#stage, port);
    const identity = `device at ${port}`;
    if (!this.host.stores.credentials.isSecured('dev')) {
      await this.until(Promise.resolve(this.host.stores.credentials.set('dev', { mode: 'psk', identity, key: KEY })));
    }
    return this.until(SecuredDevice.connect(this.#stage, port, identity));
  }

  /** Starts the next server over what the one before has kept; its options are those of the first, with some changed. */
  async start(changes: Partial<Lwm2mServerOptions> = {}): Promise<void> {
    this.#lives += 1;
    const { registrations, observations, operations } = this.host.stores;
    this.#lower = this.network.transport({ ...SERVER, scheme: 'coap' });
    this.#stage = new SettlingStage(
      {
        endpoints: [this.#scheme === 'coap' ? overTransport(this.#lower) : this.#secured(this.#lower)],
        registrationStore: registrations,
        observationStore: observations,
        operationStore: operations,
        clock: rebooted(this.clock),
        // The same tokens and Message IDs in each life would hide mistakes.
        random: seededRandom(this.#lives),
        ...this.#options,
        ...changes,
      },
      this,
    );
    await this.until(this.server.start());
  }

  async stop(): Promise<void> {
    await this.until(this.server.stop());
    this.host.stopped();
  }

  /** The machine fails: nothing that the server still does reaches a store or the network. */
  async crash(): Promise<void> {
    await this.#lower.close();
    this.host.crashed();
  }

  settle(): Promise<void> {
    return this.#stage.settle();
  }

  /** Waits for work of the server and its stores, which take turns of the event loop. Time stands still as long as that is enough. */
  async until<T>(work: Promise<T>): Promise<T> {
    const progress = { settled: false };
    const mark = (): void => {
      progress.settled = true;
    };
    work.then(mark, mark);
    for (let turn = 0; turn < 50 && !progress.settled; turn += 1) await this.clock.settle();
    return progress.settled ? work : this.clock.runUntil(work);
  }

  /** Takes what the server that runs has logged. */
  taken(): Log {
    return this.#stage.taken();
  }

  #secured(lower: MemoryTransport): ServerEndpoint {
    const { credentials, associations } = this.host.stores;
    return {
      credentials,
      createTransport: ({ clock, random, onError }) => {
        this.#dtls = dtlsTransport({
          transport: lower,
          clock,
          random,
          onError,
          server: { psk: (identity) => credentials.pskKey(identity) },
          store: associations,
        });
        return this.#dtls;
      },
    };
  }
}

/** A stage whose stores take turns of the event loop, as a disk does. */
class SettlingStage extends Stage {
  override async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn += 1) await super.settle();
  }
}

/** The clock of a machine that has just been started: the time of day goes on, the other one begins anew. */
function rebooted(clock: VirtualClock): Clock {
  const startMs = clock.now();
  return {
    now: () => clock.now() - startMs,
    wallTime: () => clock.wallTime(),
    schedule: (delayMs, callback) => clock.schedule(delayMs, callback),
  };
}

/** A scripted device behind DTLS. */
class SecuredDevice extends ScriptedDevice {
  readonly #arrived: Uint8Array[] = [];
  readonly #transport: DtlsTransport;
  #server: Peer | undefined;

  private constructor(stage: Stage, port: number, identity: string) {
    super(stage, port - 1);
    const { network, clock } = stage;
    this.#transport = dtlsTransport({
      transport: network.transport({ host: '192.0.2.98', port }),
      clock,
      random: seededRandom(port),
      client: { psk: { identity, key: KEY } },
    });
  }

  static async connect(stage: Stage, port: number, identity: string): Promise<SecuredDevice> {
    const device = new SecuredDevice(stage, port, identity);
    await device.#transport.open({
      onDatagram: (_peer, datagram) => device.#arrived.push(datagram),
      onPeerClosed: () => undefined,
    });
    device.#server = await device.#transport.connect(SERVER.host, SERVER.port);
    return device;
  }

  override sendBytes(bytes: Uint8Array): void {
    if (this.#server !== undefined) this.#transport.send(this.#server, bytes);
  }

  protected override takeBytes(): Uint8Array[] {
    return this.#arrived.splice(0);
  }
}
