import { describe, expect, test } from 'vitest';
import { encodeClientHello } from '../../src/messages/client-hello.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType, DTLS_1_2 } from '../../src/records/record.ts';
import { World } from '../transport/world.ts';

// Whoever knows an address, without any credential.

function smallHello(random: number): Uint8Array {
  const hello = encodeClientHello({
    version: DTLS_1_2,
    random: new Uint8Array(32).fill(random),
    sessionId: new Uint8Array(0),
    cookie: new Uint8Array(0),
    cipherSuites: [0xc0a8],
    compressionMethods: [0],
    extensions: noClientExtensions,
  });
  return encodePlainRecord(ContentType.handshake, 0, encodeHandshakeMessage(HandshakeType.clientHello, 0, hello).raw);
}

/** Headers of IPv4 and UDP. */
const PACKET_OVERHEAD = 28;

test('many ClientHellos in one datagram are answered with no more packets, and no more bytes on the line', async () => {
  const world = new World();
  const server = await world.server();
  const victim = world.network.peer('10.0.1.1', 1000);
  const hellos = Array.from({ length: 30 }, (_, index) => smallHello(index));
  const datagram = Uint8Array.from(hellos.flatMap((hello) => [...hello]));
  victim.send(server.transport.localAddress, datagram);
  await world.pass();
  expect(victim.received).toHaveLength(1);
  const answered = victim.received.reduce((sum, { length }) => sum + length + PACKET_OVERHEAD, 0);
  expect(answered).toBeLessThanOrEqual(datagram.length + PACKET_OVERHEAD);
});

describe('a client that has too many handshakes', () => {
  test('gets through to the same server later', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1', '10.0.1.1', { limits: { handshakes: 1, handshakeMs: 10_000 } });
    const stuck = client.transport.connect('10.0.0.99', 5684);
    stuck.catch(() => {});
    await world.pass(10);
    await expect(world.connect(client, server)).rejects.toMatchObject({ code: 'ERR_DTLS_LIMIT' });
    await expect(world.clock.runUntil(stuck)).rejects.toMatchObject({ code: 'ERR_DTLS_TIMEOUT' });
    await world.connect(client, server);
  });
});
