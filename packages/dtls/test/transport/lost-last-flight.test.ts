import type { NetworkDatagram } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { type Party, World } from './world.ts';

/** A handshake whose last flight, that of the server, was lost, 0.7 s after it began. Then the network is good. */
async function missingTheLastFlight(
  connectionIdLength: number,
): Promise<{ world: World; server: Party; client: Party }> {
  const world = new World();
  const server = await world.server({ server: { connectionIdLength } });
  const client = await world.client('dev1');
  const isLastFlight = ({ from, bytes }: NetworkDatagram): boolean =>
    from.host === '10.0.0.1' && decodeRecords(bytes, 0).some(({ epoch }) => epoch === 1);
  let lost = 0;
  world.network.rule = (datagram) => {
    if (!isLastFlight(datagram)) return 'deliver';
    lost += 1;
    return 'drop';
  };
  client.transport.connect('10.0.0.1', 5684).catch(() => {});
  await world.pass(700);
  expect(lost).toBe(1);
  world.network.rule = undefined;
  return { world, server, client };
}

/** Sends the last datagram of the client again as it was: with the Finished in the same record. */
async function sendAgain(
  world: World,
  client: Party,
  change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Promise<void> {
  const last = world.network.log.findLast(({ from }) => from.host === '10.0.1.1');
  client.lower.send(await world.clock.runUntil(client.lower.connect('10.0.0.1', 5684)), change(last!.bytes));
  await world.pass(50);
}

describe.each([6, 0])('a last flight that is lost, Connection IDs of %i bytes', (connectionIdLength) => {
  test('goes again when the Finished of the peer comes in a new record', async () => {
    const { world, client } = await missingTheLastFlight(connectionIdLength);
    expect(client.associations).toEqual([]);
    await world.pass(500);
    expect(client.associations).toHaveLength(1);
  });

  test('goes again when the Finished of the peer comes in the record of before', async () => {
    const { world, server, client } = await missingTheLastFlight(connectionIdLength);
    await sendAgain(world, client);
    expect(client.associations).toHaveLength(1);
    expect(server.transport.statistics.recordsReplayed).toBe(1);
  });

  test('does not go again for a record that does not authenticate', async () => {
    const { world, client } = await missingTheLastFlight(connectionIdLength);
    await sendAgain(world, client, (bytes) => bytes.with(-1, bytes.at(-1)! ^ 1));
    expect(client.associations).toEqual([]);
  });
});
