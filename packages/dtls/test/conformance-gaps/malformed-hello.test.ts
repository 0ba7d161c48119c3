import { describe, expect, test } from 'vitest';
import { decodeAlert } from '../../src/alert.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { decodeClientHello, encodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeRecords, encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { fromHex } from '../hex.ts';
import { type Party, World } from '../transport/world.ts';

/** A ClientHello with the cookie, and these bytes where its extensions are. */
function helloWith(extensions: string, cookie: Uint8Array): Uint8Array {
  const body = encodeClientHello({
    version: 0xfefd,
    random: new Uint8Array(32).fill(7),
    sessionId: new Uint8Array(0),
    cookie,
    cipherSuites: [0xc0a8],
    compressionMethods: [0],
    extensions: noClientExtensions,
  });
  return Uint8Array.of(...body, ...fromHex(extensions));
}

/** What a server says to a hello that comes without a cookie, and then `times` with the one that it asks for. */
async function answersTo(extensions: string, server: Party, world: World, times = 1) {
  const stranger = world.network.peer('192.0.2.9', 40_000);
  const say = async (cookie: Uint8Array, sequence: number): Promise<void> => {
    const { raw } = encodeHandshakeMessage(HandshakeType.clientHello, sequence, helloWith(extensions, cookie));
    stranger.send(server.transport.localAddress, encodePlainRecord(ContentType.handshake, sequence, raw));
    await world.pass();
  };
  await say(new Uint8Array(0), 0);
  const [challenge] = decodeRecords(stranger.received.at(-1) ?? new Uint8Array(0), 0);
  const { cookie } = decodeHelloVerifyRequest(challenge?.fragment.subarray(12) ?? new Uint8Array(0));
  for (let count = 0; count < times; count += 1) await say(cookie, 1);
  const [answer] = decodeRecords(stranger.received.at(-1) ?? new Uint8Array(0), 0);
  return { cookie, alert: answer?.type === ContentType.alert ? decodeAlert(answer.fragment)?.name : undefined };
}

describe('a ClientHello that shows a good cookie and breaks the format is told what is wrong (RFC 5246 §7.4.1.2)', () => {
  test.each([
    ['bytes after the compression methods that are no block', '00', 'decode_error'],
    ['bytes after the extensions', '0000 00', 'decode_error'],
    ['an extension that is cut off', '0006 0016 0003 0000', 'decode_error'],
    ['an extension that comes twice', '0008 0016 0000 0016 0000', 'illegal_parameter'],
    ['point formats without the uncompressed one (RFC 8422 §5.1.2)', '0006 000b 0002 0101', 'illegal_parameter'],
    ['a max_fragment_length that there is not (RFC 6066 §4)', '0005 0001 0001 05', 'illegal_parameter'],
    ['a record_size_limit below 64 (RFC 8449 §4)', '0006 001c 0002 003f', 'illegal_parameter'],
    ['two host names (RFC 6066 §3)', '0011 0000 000d 000b 00 0003 612e62 00 0002 6162', 'illegal_parameter'],
  ])('%s', async (_what, extensions, alert) => {
    const world = new World();
    const server = await world.server();
    expect(await answersTo(extensions, server, world)).toMatchObject({ alert });
    expect(server.failures).toMatchObject([{ host: '192.0.2.9', role: 'server', reason: { alert } }]);
    expect(server.transport.statistics).toMatchObject({ handshakes: 0, handshakesFailed: 1, alertsSent: 1 });
  });

  test('once more for each time that it comes again (RFC 6347 §4.2.7)', async () => {
    const world = new World();
    const server = await world.server();
    await answersTo('00', server, world, 2);
    expect(server.transport.statistics).toMatchObject({ handshakesFailed: 2, alertsSent: 2 });
  });
});

test('a ClientHello that breaks the format gets nothing but a HelloVerifyRequest without a cookie', async () => {
  const world = new World();
  const server = await world.server();
  const stranger = world.network.peer('192.0.2.9', 40_000);
  const hello = helloWith('00', new Uint8Array(0));
  expect(() => decodeClientHello(hello)).toThrow();
  const { raw } = encodeHandshakeMessage(HandshakeType.clientHello, 0, hello);
  stranger.send(server.transport.localAddress, encodePlainRecord(ContentType.handshake, 0, raw));
  await world.pass(60_000);
  expect(stranger.received).toHaveLength(1);
  expect(stranger.received[0]?.length).toBeLessThan(13 + raw.length);
  expect(server.failures).toEqual([]);
});
