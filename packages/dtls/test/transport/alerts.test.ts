import { describe, expect, test } from 'vitest';
import { encodeAlert } from '../../src/alert.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from './eavesdropper.ts';
import { connected, type Connected } from './world.ts';

/** Sends a record with the keys of the client, from its address. */
async function asClient({ world, server, client }: Connected, type: number, content: Uint8Array): Promise<void> {
  const record = eavesdrop(world, client, 'client').seal(type, content);
  world.network.send(client.lower.localAddress!, server.transport.localAddress!, record);
  await world.pass();
}

async function asServer({ world, server, client }: Connected, type: number, content: Uint8Array): Promise<void> {
  const record = eavesdrop(world, client, 'server').seal(type, content);
  world.network.send(server.transport.localAddress!, client.lower.localAddress!, record);
  await world.pass();
}

describe('an alert that is not protected', () => {
  test.each([
    ['a close_notify', encodeAlert('warning', 'close_notify')],
    ['a fatal one', encodeAlert('fatal', 'handshake_failure')],
    ['half of one', Uint8Array.of(2)],
  ])('does nothing to an association: %s', async (_name, content) => {
    const { world, server, client, toServer, toClient } = await connected();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const alert = encodePlainRecord(ContentType.alert, 7, content);
      world.network.send(from.lower.localAddress!, to.lower.localAddress!, alert);
    }
    await world.pass();
    expect(await world.say(client, toServer, server, 'still here')).toBe(toClient);
    await world.say(server, toClient, client, 'me too');
    expect([server.closed, client.closed]).toEqual([[], []]);
  });
});

describe('an alert that is protected', () => {
  test('ends the association when it is fatal, with what the peer said', async () => {
    const stage = await connected();
    await asClient(stage, ContentType.alert, encodeAlert('fatal', 'access_denied'));
    expect(stage.server.closed).toEqual([
      { peer: stage.toClient, reason: 'the peer ended the association with access_denied' },
    ]);
    expect(stage.server.transport.statistics).toMatchObject({ associations: 0, alertsReceived: 1, alertsSent: 0 });
  });

  test('ends it too when nobody knows its number', async () => {
    const stage = await connected();
    await asClient(stage, ContentType.alert, Uint8Array.of(2, 222));
    expect(stage.server.closed).toMatchObject([{ reason: 'the peer ended the association with 222' }]);
  });

  test.each([
    ['a warning', encodeAlert('warning', 'user_canceled')],
    ['half of an alert', Uint8Array.of(2)],
    ['nothing', new Uint8Array(0)],
  ])('does nothing more when it is %s', async (_name, content) => {
    const stage = await connected();
    await asClient(stage, ContentType.alert, content);
    expect(stage.server.closed).toEqual([]);
    expect(stage.server.transport.statistics).toMatchObject({ associations: 1, alertsReceived: 1, alertsSent: 0 });
  });

  test('that is a close_notify is answered once, and ends the association regularly', async () => {
    const stage = await connected();
    const { server, client } = stage;
    const before = stage.world.network.log.length;
    await asClient(stage, ContentType.alert, encodeAlert('warning', 'close_notify'));
    expect(server.closed).toEqual([{ peer: stage.toClient, reason: undefined }]);
    // The client gets the answer, takes it for the end, and answers; nobody answers that.
    expect(client.closed).toEqual([{ peer: stage.toServer, reason: undefined }]);
    expect(stage.world.network.log.length - before).toBe(3);
    expect(server.transport.statistics).toMatchObject({ associations: 0, alertsSent: 1, alertsReceived: 1 });
  });
});

describe('renegotiation', () => {
  test('by a ClientHello is refused, and the association goes on', async () => {
    const stage = await connected();
    const { world, server, client, toServer, toClient } = stage;
    const hello = encodeHandshakeMessage(HandshakeType.clientHello, 0, new Uint8Array(60));
    await asClient(stage, ContentType.handshake, hello.raw);
    expect(client.transport.statistics).toMatchObject({ alertsReceived: 1, associations: 1 });
    expect(await world.say(client, toServer, server, 'never mind')).toBe(toClient);
    expect(server.transport.statistics).toMatchObject({ alertsSent: 1, handshakesStarted: 1 });
  });

  test('by a HelloRequest is refused, and the association goes on', async () => {
    const stage = await connected();
    const { world, server, client, toServer, toClient } = stage;
    await asServer(
      stage,
      ContentType.handshake,
      encodeHandshakeMessage(HandshakeType.helloRequest, 0, new Uint8Array(0)).raw,
    );
    expect(server.transport.statistics).toMatchObject({ alertsReceived: 1, associations: 1 });
    expect(client.transport.statistics).toMatchObject({ alertsSent: 1, handshakesStarted: 1 });
    await world.say(server, toClient, client, 'never mind');
    expect(toServer.pathValidated).toBe(true);
  });

  test.each([
    ['another handshake message', ContentType.handshake, Uint8Array.of(HandshakeType.certificate, 0, 0)],
    ['an empty handshake record', ContentType.handshake, new Uint8Array(0)],
    ['a ChangeCipherSpec', ContentType.changeCipherSpec, Uint8Array.of(1)],
  ])('%s is dropped without an answer', async (_name, type, content) => {
    const stage = await connected();
    const before = stage.world.network.log.length;
    await asClient(stage, type, content);
    expect(stage.world.network.log.length).toBe(before + 1);
    expect(stage.server.transport.statistics).toMatchObject({ associations: 1, recordsDropped: 1 });
  });
});

test('an empty datagram arrives as one', async () => {
  const { world, server, client, toServer, toClient } = await connected();
  client.transport.send(toServer, new Uint8Array(0));
  server.transport.send(toClient, new Uint8Array(0));
  await world.pass();
  expect(server.heard.datagrams.at(-1)?.bytes).toEqual(new Uint8Array(0));
  expect(client.heard.datagrams.at(-1)?.bytes).toEqual(new Uint8Array(0));
});
