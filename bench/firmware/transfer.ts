// A push and a pull between our server and our device, in virtual time.
import { transmissionParameters } from '@flownexus/coap';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { coapFetcher, FirmwareObject, FirmwareState, Lwm2mClient, ObjectTree } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { bytesSource, CoapFiles, Lwm2mServer, overTransport } from '@flownexus/lwm2m-server';

export type Direction = 'push' | 'pull';

export interface Transfer {
  readonly direction: Direction;
  /** Bytes of the package. */
  readonly size: number;
  readonly blockSize: number;
  /** How long a datagram travels, in milliseconds. */
  readonly latencyMs: number;
  /** The part of the datagrams that is lost, either way. */
  readonly loss: number;
}

const SERVER = { host: '192.0.2.1', port: 5683 };
const DEVICE = { host: '192.0.2.9', port: 50_000 };
const FETCHING = { host: DEVICE.host, port: 50_001 };
const ENDPOINT_NAME = 'device';

/** How long it takes until the device has the package, in virtual seconds; undefined: a block was lost five times, and the transfer with it. */
export async function secondsOf(transfer: Transfer, seed: number): Promise<number | undefined> {
  const { direction, size, blockSize, latencyMs, loss } = transfer;
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { latencyMs });
  const objects = await ObjectRegistry.bundled();
  const blocks = { preferredBlockSize: blockSize };
  const files = new CoapFiles({ random: seededRandom(seed) });
  const server = new Lwm2mServer({
    endpoints: [overTransport(network.transport(SERVER))],
    objects,
    resources: [files],
    peerSettings: () => blocks,
    clock,
    random: seededRandom(seed + 1),
  });
  const tree = new ObjectTree(objects);
  const transport = (): ReturnType<MemoryNetwork['transport']> => network.transport(FETCHING);
  const fetcher = coapFetcher({ transport, blockSize, clock, random: seededRandom(seed + 2) });
  const firmware = new FirmwareObject(tree, { fetchers: { coap: fetcher }, clock });
  const client = new Lwm2mClient({
    endpointName: ENDPOINT_NAME,
    server: SERVER,
    objects: tree,
    lifetime: 86_400,
    blockSize,
    transport: network.transport(DEVICE),
    clock,
    random: seededRandom(seed + 3),
  });
  await server.start();
  await clock.runUntil(client.start());

  const dice = seededRandom(seed + 4);
  network.rule = () => (dice.unit() < loss ? 'drop' : 'deliver');
  const image = seededRandom(seed).bytes(size);
  const ended = new Promise<boolean>((resolve) => {
    tree.onChange(({ resourceId }) => {
      if (firmware.state === FirmwareState.DOWNLOADED) resolve(true);
      else if (resourceId === 5 && firmware.result > 0) resolve(false);
    });
  });
  const device = server.device(ENDPOINT_NAME);
  const began = clock.now();
  const asked =
    direction === 'push'
      ? device.write('/5/0/0', image, { blockSize })
      : device.write('/5/0/1', `coap://${SERVER.host}${files.add(bytesSource(image)).path}`);
  const failed = asked.then(
    () => ended,
    () => false,
  );
  const arrived = await clock.runUntil(Promise.race([ended, failed]));
  return arrived ? (clock.now() - began) / 1_000 : undefined;
}

/** Seconds of the least that block-wise takes (RFC 7959 §2.3: one block after the other): a round trip for each block. */
export function roundTrips({ size, blockSize, latencyMs }: Transfer): number {
  return (Math.ceil(size / blockSize) * 2 * latencyMs) / 1_000;
}

/**
 * Seconds that block-wise takes on average where datagrams are lost: for each block a round trip, and the pauses before its retransmissions. A request that
 * is lost, or whose answer is, goes again after ACK_TIMEOUT times 1 to ACK_RANDOM_FACTOR, 2.5 s on average, then after twice that, and so on
 * (RFC 7252 §4.2).
 */
export function expectedSeconds(transfer: Transfer): number {
  const { ackTimeoutMs, ackRandomFactor, maxRetransmit } = transmissionParameters();
  const { size, blockSize, loss } = transfer;
  const lost = 1 - (1 - loss) ** 2;
  const firstPause = (ackTimeoutMs * (1 + ackRandomFactor)) / 2 / 1_000;
  let pauses = 0;
  for (let retry = 0; retry < maxRetransmit; retry += 1) pauses += lost ** (retry + 1) * firstPause * 2 ** retry;
  return roundTrips(transfer) + Math.ceil(size / blockSize) * pauses;
}
