import type { Peer } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import type { ResumableSession } from '../../src/index.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from './eavesdropper.ts';
import { bytes, connected, KEY, type Party, text, World } from './world.ts';

describe('disconnect', () => {
  test('ends the association on both sides, and says why to the handler', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    server.transport.disconnect(toClient, 'its key was revoked');
    expect(server.closed).toEqual([{ peer: toClient, reason: 'its key was revoked' }]);
    await world.pass();
    expect(client.closed).toEqual([{ peer: toServer, reason: undefined }]);
    server.transport.send(toClient, bytes('too late'));
    client.transport.send(toServer, bytes('too late'));
    await world.pass();
    expect([server.heard.datagrams.length, client.heard.datagrams.length]).toEqual([1, 0]);
    expect(server.transport.statistics).toMatchObject({ associations: 0, sendsRefused: 1, alertsSent: 1 });
  });

  test('of a peer that is not there is harmless', async () => {
    const { server, toClient, toServer } = await connected();
    server.transport.disconnect(toServer, 'of another transport');
    server.transport.disconnect(toClient, 'once');
    server.transport.disconnect(toClient, 'twice');
    server.transport.confirmPath(toClient);
    expect(server.closed.map(({ reason }) => reason)).toEqual(['once']);
  });

  test('revokes the session: it takes a full handshake to come back', async () => {
    const { world, server, client, toServer, toClient } = await connected();
    client.transport.disconnect(toServer, 'pause');
    await world.pass();
    expect(server.closed).toEqual([{ peer: toClient, reason: undefined }]);
    await world.connect(client, server);
    // The client forgets the session of an association that it ended by `disconnect`.
    expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 0 });
  });

  test('by the server makes it refuse the session that the client still has', async () => {
    const sessions: ResumableSession[] = [];
    const world = new World();
    const server = await world.server();
    const client = await world.client('dev1', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.say(client, await world.connect(client, server), server, 'hello');
    const resume = async (host: string): Promise<void> => {
      const again = await world.client('dev1', host, { client: { session: sessions.at(-1)! } });
      await world.say(again, await world.connect(again, server), server, 'again');
    };
    await resume('10.0.1.2');
    expect(server.transport.statistics.handshakesResumed).toBe(1);
    server.transport.disconnect(server.associations.at(-1)!, 'revoked');
    await resume('10.0.1.3');
    expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 3, handshakesResumed: 1 });
  });
});

describe('close', () => {
  test('tells all peers, and the handler hears nothing more', async () => {
    const { world, server, client, toServer } = await connected();
    const other = await world.client('dev2', '10.0.1.2');
    await world.connect(other, server);
    await server.transport.close();
    await world.pass();
    expect(client.closed).toEqual([{ peer: toServer, reason: undefined }]);
    expect(other.closed).toHaveLength(1);
    expect(server.closed).toEqual([]);
    expect(server.transport.statistics.associations).toBe(0);
  });

  test('ends the handshakes under way, and leaves no timer behind', async () => {
    const { world, server, client } = await connected();
    world.network.rule = ({ to }) => (to.host === '10.0.0.9' ? 'drop' : 'deliver');
    const connecting = client.transport.connect('10.0.0.9', 5684);
    const refused = expect(connecting).rejects.toMatchObject({ code: 'ERR_DTLS_CLOSED' });
    await world.pass();
    await client.transport.close();
    await refused;
    await server.transport.close();
    await world.pass();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test('a handler may close the transport while it has a datagram', async () => {
  const world = new World();
  const server = world.prepare('10.0.0.1', 5684, { server: { psk: () => KEY } });
  let heard = 0;
  await world.clock.runUntil(
    server.transport.open({
      onDatagram: () => {
        heard += 1;
        void server.transport.close();
      },
      onPeerClosed: () => {},
    }),
  );
  const client = await world.client('dev1');
  const toServer = await world.connect(client, server);
  for (const word of ['one', 'two']) client.transport.send(toServer, bytes(word));
  const [one, two] = world.network.log.slice(-2).map(({ bytes: sent }) => sent);
  world.network.send(client.lower.localAddress!, server.transport.localAddress!, Uint8Array.of(...one!, ...two!));
  await world.pass();
  expect(heard).toBe(1);
  expect(server.errors).toEqual([]);
  expect(client.closed).toHaveLength(1);
});

describe('associations that are silent', () => {
  test('end when they were silent for idleMs', async () => {
    const { world, server, client, toServer, toClient } = await connected({ limits: { idleMs: 3_600_000 } });
    await world.pass(3_000_000);
    await world.say(client, toServer, server, 'I am here');
    await world.pass(3_000_000);
    expect(server.closed).toEqual([]);
    await world.pass(700_000);
    expect(server.closed).toEqual([{ peer: toClient, reason: 'the association was silent for too long' }]);
    expect(server.transport.statistics.associations).toBe(0);
  });

  test('make room for new ones, the longest silent first', async () => {
    const world = new World();
    const server = await world.server({ limits: { associations: 3 } });
    const clients: [Party, Peer][] = [];
    for (let index = 1; index <= 3; index += 1) {
      const client = await world.client(`dev${index}`, `10.0.1.${index}`);
      clients.push([client, await world.connect(client, server)]);
    }
    const [first] = clients;
    await world.say(first![0], first![1], server, 'I am not silent');
    const fourth = await world.client('dev4', '10.0.1.4');
    await world.connect(fourth, server);
    expect(server.closed).toMatchObject([
      { peer: { identity: { identity: 'dev2' } }, reason: 'there are too many associations' },
    ]);
    expect(server.transport.statistics).toMatchObject({ associations: 3, limits: 1 });
  });
});

describe('records that do not authenticate', () => {
  test('are counted, and end an association only when there are too many', async () => {
    const { world, server, client, toClient } = await connected({ limits: { forgedRecords: 50 } });
    const epoch = eavesdrop(world, client, 'client');
    const forge = (): void => {
      const record = epoch.seal(ContentType.applicationData, bytes('forged'));
      record[record.length - 1]! ^= 1;
      world.network.send(client.lower.localAddress!, server.transport.localAddress!, record);
    };
    for (let count = 0; count < 50; count += 1) forge();
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ recordsForged: 50, associations: 1 });
    const before = world.network.log.length;
    forge();
    await world.pass();
    expect(server.closed).toEqual([{ peer: toClient, reason: 'too many records did not authenticate' }]);
    expect(world.network.log.length).toBe(before + 1);
  });

  test('that are replayed do nothing', async () => {
    const { world, server, client, toServer } = await connected();
    world.network.rule = () => ({ copies: 3 });
    client.transport.send(toServer, bytes('once'));
    await world.pass();
    expect(server.heard.datagrams.map((datagram) => text(datagram.bytes))).toEqual(['hello', 'once']);
    expect(server.transport.statistics.recordsReplayed).toBe(2);
  });
});

test('what the handler and the callbacks throw goes to onError and no further', async () => {
  const world = new World();
  const server = world.prepare('10.0.0.1', 5684, {
    server: { psk: () => KEY },
    onAssociation: () => {
      throw new Error('onAssociation');
    },
  });
  await world.clock.runUntil(
    server.transport.open({
      onDatagram: () => {
        throw new Error('onDatagram');
      },
      onPeerClosed: () => {
        throw new Error('onPeerClosed');
      },
    }),
  );
  const client = await world.client('dev1');
  const toServer = await world.connect(client, server);
  client.transport.send(toServer, bytes('hello'));
  await world.pass();
  client.transport.disconnect(toServer, 'done');
  await world.pass();
  expect(server.errors.map(({ error, context }) => [context, String(error)])).toEqual([
    ['onAssociation', 'Error: onAssociation'],
    ['onDatagram', 'Error: onDatagram'],
    ['onPeerClosed', 'Error: onPeerClosed'],
  ]);
  expect(server.transport.statistics).toMatchObject({ callbackErrors: 3, associations: 0 });
});
