import { expect, test } from 'vitest';
import { AEADS, CBCS, epochPair, soleRecord } from '../records/epoch-pair.ts';
import { World } from '../transport/world.ts';

test.each([1, 20, 255])(
  'records go out with a Connection ID of %i bytes if the peer wants it (RFC 9146 §3)',
  (length) => {
    for (const protection of [...AEADS, ...CBCS]) {
      const { client, server } = epochPair(protection, { server: new Uint8Array(length).fill(0xc1) });
      const record = soleRecord(client.seal(23, Uint8Array.of(1, 2)), length);
      expect(record.cid).toHaveLength(length);
      expect(server.open(record)?.plaintext).toEqual(Uint8Array.of(1, 2));
    }
  },
);

test('each side has its own length', async () => {
  const world = new World();
  const server = await world.server({ server: { connectionIdLength: 8 } });
  const client = await world.client('dev1', '10.0.1.1', { client: { connectionIdLength: 20 } });
  const toServer = await world.connect(client, server);
  const toClient = await world.say(client, toServer, server, 'hello');
  await world.say(server, toClient, client, 'hello');
});
