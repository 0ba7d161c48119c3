import { expect, test } from 'vitest';
import { encodeAlert } from '../../src/alert.ts';
import type { ResumableSession } from '../../src/index.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from '../transport/eavesdropper.ts';
import { World } from '../transport/world.ts';

async function connected() {
  const world = new World();
  const server = await world.server();
  const sessions: ResumableSession[] = [];
  const client = await world.client('dev1', '10.0.1.1', { client: { onResumable: (one) => sessions.push(one) } });
  await world.say(client, await world.connect(client, server), server, 'hello');
  return { world, server, client, session: sessions[0]! };
}

test('a server resumes no session whose association the client has ended with a fatal alert (RFC 5246 §7.2.2)', async () => {
  const { world, server, client, session } = await connected();
  const alert = eavesdrop(world, client, 'client').seal(ContentType.alert, encodeAlert('fatal', 'internal_error'));
  world.network.send(client.lower.localAddress!, server.transport.localAddress!, alert);
  await world.pass();
  expect(server.transport.statistics.associations).toBe(0);
  const again = await world.client('dev1', '10.0.1.2', { client: { session } });
  await world.connect(again, server);
  expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 0 });
});

test('a client offers no session whose association the server has ended with a fatal alert', async () => {
  const { world, server, client } = await connected();
  const alert = eavesdrop(world, client, 'server').seal(ContentType.alert, encodeAlert('fatal', 'internal_error'));
  world.network.send(server.transport.localAddress!, client.lower.localAddress!, alert);
  await world.pass();
  expect(client.closed).toHaveLength(1);
  await world.connect(client, server);
  expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 0 });
});

test('a session whose association ended with close_notify is resumed', async () => {
  const { world, server, client } = await connected();
  const alert = eavesdrop(world, client, 'server').seal(ContentType.alert, encodeAlert('warning', 'close_notify'));
  world.network.send(server.transport.localAddress!, client.lower.localAddress!, alert);
  await world.pass();
  expect(client.closed).toHaveLength(1);
  await world.connect(client, server);
  // The client speaks last.
  await world.pass();
  expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 1 });
});

test('a client offers no session whose handshake has failed (RFC 5077 §3.2)', async () => {
  const { world, server, client } = await connected();
  const alert = eavesdrop(world, client, 'server').seal(ContentType.alert, encodeAlert('warning', 'close_notify'));
  world.network.send(server.transport.localAddress!, client.lower.localAddress!, alert);
  await world.pass();
  world.network.rule = () => 'drop';
  await expect(world.connect(client, server)).rejects.toMatchObject({ code: 'ERR_DTLS_TIMEOUT' });
  world.network.rule = undefined;
  await world.connect(client, server);
  await world.pass();
  expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 0 });
});
