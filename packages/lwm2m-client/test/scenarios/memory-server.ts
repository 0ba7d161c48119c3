import { Code, CoapEndpoint, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import type { DatagramTransport, Peer } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import type { Lwm2mClientOptions } from '../../src/client-options.ts';
import { Lwm2mClient } from '../../src/lwm2m-client.ts';
import { zephyrSampleObjects } from '../../src/simulator/zephyr-sample.ts';

const SERVER = { host: '10.0.0.1', port: 5683 };

/** A server of a few lines that records what a client asks of its registration interface. */
export class MemoryServer {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly requests: string[] = [];
  readonly received: IncomingRequest[] = [];
  /** The object list of each of them. */
  readonly lists: string[] = [];
  /** The client as the server sees it, from its latest request. */
  peer: Peer | undefined;
  /** What the next requests are answered instead of success; undefined: nothing at all. */
  answers: CoapReply[] = [];
  registrations = 0;
  coap: CoapEndpoint;
  readonly #over: (below: DatagramTransport, clock: VirtualClock) => DatagramTransport;

  private constructor(over: (below: DatagramTransport, clock: VirtualClock) => DatagramTransport) {
    this.#over = over;
    this.coap = this.#endpoint();
  }

  /** `over`: what lies over the network, such as DTLS. */
  static async start(
    over: (below: DatagramTransport, clock: VirtualClock) => DatagramTransport = (below) => below,
  ): Promise<MemoryServer> {
    const server = new MemoryServer(over);
    await server.coap.open();
    return server;
  }

  /** Stops, says nothing, and starts again without any memory of what was. */
  async restart(): Promise<void> {
    const { rule } = this.network;
    this.network.rule = ({ from }) => (from.host === SERVER.host ? 'drop' : 'deliver');
    await this.clock.runUntil(this.coap.close());
    this.network.rule = rule;
    this.coap = this.#endpoint();
    await this.coap.open();
  }

  #endpoint(): CoapEndpoint {
    return new CoapEndpoint({
      transport: this.#over(this.network.transport(SERVER), this.clock),
      clock: this.clock,
      random: seededRandom(1),
      onRequest: (request) => this.#answer(request),
    });
  }

  async client(options: Partial<Lwm2mClientOptions> = {}): Promise<Lwm2mClient> {
    const definitions = await ObjectRegistry.bundled();
    return new Lwm2mClient({
      endpointName: 'device',
      server: SERVER,
      objects: zephyrSampleObjects(definitions, { serialNumber: '345000123', lifetime: 60 }),
      lifetime: 60,
      transport: this.network.transport({ host: '10.0.0.2', port: 40_000 }),
      clock: this.clock,
      random: seededRandom(2),
      ...options,
    });
  }

  #answer(request: IncomingRequest): CoapReply {
    this.peer = request.peer;
    this.received.push(request);
    const query = request.query.length === 0 ? '' : `?${request.query.join('&')}`;
    const method = request.method === Code.DELETE ? 'DELETE' : 'POST';
    this.requests.push(`${method} /${request.path.join('/')}${query}`);
    this.lists.push(new TextDecoder().decode(request.payload));
    const answer = this.answers.shift();
    if (answer !== undefined) return answer;
    if (request.method === Code.DELETE) return { code: Code.DELETED };
    if (request.path.length > 1 || request.path[0] === 'dp') return { code: Code.CHANGED };
    this.registrations += 1;
    return { code: Code.CREATED, locationPath: ['rd', `r${this.registrations}`] };
  }
}
