import type { PeerIdentity } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import type { ResumableSession } from '../../src/index.ts';
import { KEY, World } from './world.ts';

const isDev1 = (identity: PeerIdentity): boolean => identity.kind === 'psk' && identity.identity === 'dev1';

describe('revoke', () => {
  test('ends the associations of an identity, and no others', async () => {
    const world = new World();
    const server = await world.server();
    for (const [index, identity] of ['dev1', 'dev2', 'dev1'].entries()) {
      await world.connect(await world.client(identity, `10.0.1.${index + 1}`), server);
    }
    server.transport.revoke(isDev1, 'the key was changed');
    expect(server.closed).toEqual(
      [0, 2].map((at) => ({ peer: server.associations[at], reason: 'the key was changed' })),
    );
    expect(server.transport.statistics.associations).toBe(1);
  });

  test('makes everybody prove again who they are', async () => {
    const sessions: ResumableSession[] = [];
    const world = new World();
    const server = await world.server();
    const first = await world.client('dev2', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.connect(first, server);
    await world.pass();
    server.transport.revoke(isDev1, 'the key was changed');
    const again = await world.client('dev2', '10.0.1.2', { client: { session: sessions[0]! } });
    await world.connect(again, server);
    expect(server.transport.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 0 });
  });

  test('ends the handshake of an identity, whose key is asked for anew', async () => {
    const world = new World();
    const gate = Promise.withResolvers<Uint8Array>();
    const keys = [gate.promise, KEY, KEY];
    const server = await world.server({ server: { psk: () => keys.shift() } });
    const client = await world.client('dev1');
    const connecting = client.transport.connect('10.0.0.1', 5684);
    const failed = expect(connecting).rejects.toThrow();
    await world.pass();
    expect(server.transport.statistics.handshakes).toBe(1);
    server.transport.revoke(isDev1, 'the key was changed');
    gate.resolve(KEY);
    await world.pass();
    expect(server.failures).toMatchObject([{ claimedIdentity: 'dev1', reason: { message: 'the key was changed' } }]);
    expect(server.transport.statistics).toMatchObject({ handshakes: 0, handshakesCompleted: 0, associations: 0 });
    await client.transport.close();
    await failed;
    await world.connect(await world.client('dev1', '10.0.1.2'), server);
    expect(server.transport.statistics.handshakesCompleted).toBe(1);
  });

  test('leaves the handshake of another, and one that has not said whose it is', async () => {
    const world = new World();
    const gate = Promise.withResolvers<Uint8Array>();
    const server = await world.server({ server: { psk: () => gate.promise } });
    const client = await world.client('dev2');
    const connecting = client.transport.connect('10.0.0.1', 5684);
    await world.pass();
    server.transport.revoke(isDev1, 'the key was changed');
    gate.resolve(KEY);
    await world.clock.runUntil(connecting);
    expect(server.transport.statistics.handshakesCompleted).toBe(1);
  });

  test('refuses a session that is being resumed', async () => {
    const sessions: ResumableSession[] = [];
    const world = new World();
    const server = await world.server();
    const first = await world.client('dev1', '10.0.1.1', {
      client: { onResumable: (session) => sessions.push(session) },
    });
    await world.connect(first, server);
    await world.pass();
    const again = await world.client('dev1', '10.0.1.2', { client: { session: sessions[0]! } });
    const connecting = again.transport.connect('10.0.0.1', 5684).catch((error: unknown) => error);
    // The server has found the session and waits for the client's Finished, the fifth datagram.
    await world.pass(22);
    expect(server.transport.statistics.handshakes).toBe(1);
    server.transport.revoke(isDev1, 'the key was changed');
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ associations: 0, handshakesResumed: 0 });
    expect(server.failures.map(({ reason }) => reason.message)).toEqual([
      'the session was revoked while it was resumed',
    ]);
    await again.transport.close();
    await connecting;
  });
});
