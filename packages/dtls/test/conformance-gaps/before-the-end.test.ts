import { expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from '../transport/eavesdropper.ts';
import { World } from '../transport/world.ts';

test('until both have their Finished nothing else is protected, and it has the Connection ID (RFC 5246 §7.3, RFC 9146 §3)', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client('dev1', '10.0.1.1', { client: { connectionIdLength: 6 } });
  // The last flight of the server is late, so that the client repeats its own.
  let late = 2;
  world.network.rule = ({ from, bytes }) => {
    const isLast = from.host === '10.0.0.1' && (bytes[0] === ContentType.changeCipherSpec || bytes[13] === 4);
    return isLast && (late -= 1) >= 0 ? 'drop' : 'deliver';
  };
  await world.connect(client, server);
  for (const [sender, from] of [
    ['client', '10.0.1.1'],
    ['server', '10.0.0.1'],
  ] as const) {
    const receiver = eavesdrop(world, client, sender === 'client' ? 'server' : 'client');
    const sent = world.network.log.filter((datagram) => datagram.from.host === from);
    const records = sent.flatMap(({ bytes }) => decodeRecords(bytes, 6));
    const sealed = records.filter(({ epoch }) => epoch === 1);
    expect(sealed.length).toBeGreaterThan(2);
    for (const record of sealed) {
      expect(record.type).toBe(ContentType.tls12Cid);
      expect(receiver.open(record)?.type).toBe(ContentType.handshake);
    }
    const plain = records.filter(({ epoch }) => epoch === 0).map(({ type }) => type);
    expect(new Set(plain)).toEqual(new Set([ContentType.handshake, ContentType.changeCipherSpec]));
  }
});
