import type { DatagramTransport, Peer } from '@flownexus/datagram';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { CoapEndpoint } from '../../src/index.ts';
import type { Environment } from './environment.ts';
import { byHand, ourClient } from './our-client.ts';
import { plugtestServer } from './server.ts';
import { Wire } from './wire.ts';

const SERVER = { host: '10.0.0.1', port: 5683 };
const PERIOD_MS = 5000;

/** Our client and our server on a network in memory, in virtual time. */
export async function memoryEnvironment(): Promise<{ environment: Environment; end: () => Promise<void> }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { latencyMs: 10 });
  const wire = new Wire();
  let server = await openServer(clock, network);
  const client = await openClient(clock, wire.watch(network.transport({ host: '10.0.0.2', port: 5683 }), 'client'), 2);
  const operator = await openClient(clock, network.transport({ host: '10.0.0.3', port: 5683 }), 3);
  const peerOf = (each: CoapEndpoint): Promise<Peer> => each.connect(SERVER.host, SERVER.port);
  const handTransport = wire.watch(network.transport({ host: '10.0.0.2', port: 0 }), 'client');
  return {
    environment: {
      client: ourClient(client, await peerOf(client), byHand(handTransport, SERVER.host, SERVER.port)),
      operator: ourClient(operator, await peerOf(operator)),
      wire,
      separate: { path: ['separate'] },
      // 48 s (RFC 7252 §4.8.2)
      patience: 12,
      deviations: [],
      at: (resource) => resource.split('/'),
      run: (promise) => clock.runUntil(promise),
      changed: () => clock.advanceAsync(PERIOD_MS),
      async reboot() {
        await server.close();
        server = await openServer(clock, network);
      },
    },
    async end() {
      for (const each of [client, operator, server]) await each.close();
    },
  };
}

async function openServer(clock: VirtualClock, network: MemoryNetwork): Promise<{ close: () => Promise<void> }> {
  const resources = plugtestServer({ clock, periodMs: PERIOD_MS, separateMs: 2500 });
  const endpoint = new CoapEndpoint({
    transport: network.transport(SERVER),
    clock,
    random: seededRandom(1),
    onRequest: resources.service,
  });
  await endpoint.open();
  return {
    async close() {
      resources.stop();
      await endpoint.close();
    },
  };
}

async function openClient(clock: VirtualClock, transport: DatagramTransport, seed: number): Promise<CoapEndpoint> {
  const endpoint = new CoapEndpoint({ transport, clock, random: seededRandom(seed) });
  await endpoint.open();
  return endpoint;
}
