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
  const resources = plugtestServer({ clock, periodMs: PERIOD_MS, separateMs: 2500 });
  const endpoint = (host: string, watched: boolean, seed: number): CoapEndpoint => {
    const transport = network.transport({ host, port: 5683 });
    return new CoapEndpoint({
      transport: watched ? wire.watch(transport, 'client') : transport,
      clock,
      random: seededRandom(seed),
      ...(host === SERVER.host ? { onRequest: resources.service } : {}),
    });
  };
  const server = endpoint(SERVER.host, false, 1);
  const client = endpoint('10.0.0.2', true, 2);
  const operator = endpoint('10.0.0.3', false, 3);
  for (const each of [server, client, operator]) await each.open();
  const peerOf = (each: CoapEndpoint) => each.connect(SERVER.host, SERVER.port);
  return {
    environment: {
      client: ourClient(
        client,
        await peerOf(client),
        byHand(wire.watch(network.transport({ host: '10.0.0.2', port: 0 }), 'client'), SERVER.host, SERVER.port),
      ),
      operator: ourClient(operator, await peerOf(operator)),
      wire,
      deviations: [],
      separate: { path: ['separate'] },
      at: (resource) => resource.split('/'),
      run: (promise) => clock.runUntil(promise),
      changed: () => clock.advanceAsync(PERIOD_MS),
    },
    async end() {
      resources.stop();
      for (const each of [client, operator, server]) await each.close();
    },
  };
}
