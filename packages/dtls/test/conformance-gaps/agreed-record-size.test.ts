import { expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { World } from '../transport/world.ts';

test('no record has more plaintext than max_fragment_length says, in either direction (RFC 6066 §4)', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client('dev1', '10.0.1.1', { client: { maxFragmentLength: 512 } });
  const toServer = await world.connect(client, server);
  const toClient = await world.say(client, toServer, server, 'x'.repeat(512));
  await world.say(server, toClient, client, 'y'.repeat(512));
  const before = world.network.log.length;
  client.transport.send(toServer, new Uint8Array(513));
  server.transport.send(toClient, new Uint8Array(513));
  expect(world.network.log.length).toBe(before);
  expect([client.transport.statistics.limits, server.transport.statistics.limits]).toEqual([1, 1]);
  const sizes = world.network.log.flatMap(({ bytes }) =>
    decodeRecords(bytes, 6).map(({ fragment }) => fragment.length),
  );
  // Nonce, inner type and the tag of 16 bytes come on top.
  expect(Math.max(...sizes)).toBeLessThanOrEqual(512 + 8 + 1 + 16);
});
