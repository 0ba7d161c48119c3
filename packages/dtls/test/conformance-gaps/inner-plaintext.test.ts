import { expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { connected } from '../transport/world.ts';

test('the largest datagram makes a DTLSInnerPlaintext of 2^14 bytes, type included (RFC 9146 §5)', async () => {
  const { world, server, client, toServer } = await connected();
  const largest = client.transport.maxDatagramSize;
  expect(largest).toBe(2 ** 14 - 1);
  client.transport.send(toServer, new Uint8Array(largest));
  await world.pass();
  expect(server.heard.datagrams.at(-1)?.bytes).toHaveLength(largest);
  const [record] = decodeRecords(world.network.log.at(-1)?.bytes ?? new Uint8Array(0), 6);
  // CCM: 8 bytes of nonce and 16 of tag, or GCM likewise.
  expect((record?.fragment.length ?? 0) - 8 - 16).toBe(2 ** 14);
});
