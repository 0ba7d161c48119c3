import { systemClock, systemRandom, udpTransport, type DatagramTransport } from '@flownexus/datagram';
import { Code, CoapEndpoint, type CoapEndpointOptions, isSuccess } from '../../src/index.ts';
import type { Environment } from '../plugtest/environment.ts';
import { byHand, ourClient } from '../plugtest/our-client.ts';
import type { PlugtestClient } from '../plugtest/plugtest-client.ts';
import { plugtestServer } from '../plugtest/server.ts';
import { Wire } from '../plugtest/wire.ts';
import type { ForeignPeer, RunningClient, Settings } from './peer.ts';

const HOST = '127.0.0.1';
/** How often the resources of the servers that we build change, and how long /separate takes them. */
export const PERIOD_MS = 250;
export const SEPARATE_MS = 300;

const SEPARATE = { path: ['separate'] };

const DEFAULTS: Settings = { ackTimeoutMs: 2000, maxRetransmit: 4 };
const SHORT: Settings = { ackTimeoutMs: 150, maxRetransmit: 2 };

/** A case that waits for retransmissions has short ones. */
export function settingsFor({ retransmits = false }: { readonly retransmits?: boolean }): Settings {
  return retransmits ? SHORT : DEFAULTS;
}

export interface UdpEnvironment {
  readonly environment: Environment;
  readonly end: () => Promise<void>;
}

/** Our client and a foreign server on loopback. */
export async function foreignServerEnvironment(
  peer: ForeignPeer,
  port: number,
  settings: Settings,
): Promise<UdpEnvironment> {
  const wire = new Wire();
  const client = await openEndpoint(wire.watch(localTransport(), 'client'), settings);
  const operator = await openEndpoint(localTransport(), DEFAULTS);
  const operating = ourClient(operator, await operator.connect(HOST, port));
  await peer.prepare?.(operating);
  const say = byHand(wire.watch(localTransport(), 'client'), HOST, port);
  const environment = environmentOf({
    client: ourClient(client, await client.connect(HOST, port), say),
    operator: operating,
    wire,
    at: (resource) => peer.paths?.[resource] ?? resource.split('/'),
    separate: peer.separate ?? SEPARATE,
    deviations: peer.serverDeviations ?? [],
  });
  return {
    environment,
    async end() {
      await client.close();
      await operator.close();
    },
  };
}

/** A foreign client and our server on loopback. */
export async function foreignClientEnvironment(
  peer: ForeignPeer,
  client: RunningClient,
  settings: Settings,
): Promise<UdpEnvironment> {
  const wire = new Wire();
  const resources = plugtestServer({ clock: systemClock, periodMs: PERIOD_MS, separateMs: SEPARATE_MS });
  const server = await openEndpoint(wire.watch(localTransport(), 'server'), settings, {
    onRequest: resources.service,
    separateResponseAfterMs: 100,
  });
  const { port } = server.localAddress!;
  const operator = await openEndpoint(localTransport(), DEFAULTS);
  wire.bystanders.add(operator.localAddress!.port);
  return {
    environment: environmentOf({
      client: client.towards(port),
      operator: ourClient(operator, await operator.connect(HOST, port)),
      wire,
      at: (resource) => resource.split('/'),
      separate: SEPARATE,
      deviations: peer.clientDeviations ?? [],
    }),
    async end() {
      resources.stop();
      await operator.close();
      await server.close();
    },
  };
}

function localTransport(): DatagramTransport {
  return udpTransport({ host: HOST, port: 0 });
}

async function openEndpoint(
  transport: DatagramTransport,
  { ackTimeoutMs, maxRetransmit }: Settings,
  options: Partial<CoapEndpointOptions> = {},
): Promise<CoapEndpoint> {
  const endpoint = new CoapEndpoint({
    transport,
    clock: systemClock,
    random: systemRandom,
    parameters: { ackTimeoutMs, maxRetransmit },
    ...options,
  });
  await endpoint.open();
  return endpoint;
}

type Parts = Pick<Environment, 'client' | 'operator' | 'wire' | 'at' | 'separate' | 'deviations'>;

function environmentOf(parts: Parts): Environment {
  const { operator, at } = parts;
  return {
    ...parts,
    // 0.9 s with short retransmissions
    patience: 5,
    run: (promise) => promise,
    changed: (resource) => nextChange(operator, at(resource)),
  };
}

/** The next notification to somebody else. */
async function nextChange(operator: PlugtestClient, path: readonly string[]): Promise<void> {
  const observation = await operator.observe({ method: Code.GET, path });
  const { code } = await observation.next();
  // An error has ended it: the Content-Format is another one now.
  if (isSuccess(code)) await observation.cancel();
}
