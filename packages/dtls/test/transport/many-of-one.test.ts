import { describe, expect, test } from 'vitest';
import { MemoryStore } from './stores.ts';
import { KEY, World } from './world.ts';

const psk = (): Uint8Array => KEY;

describe('one identity with many associations', () => {
  test('does not drive out those of others: its own oldest gives way', async () => {
    const world = new World();
    const server = await world.server({ server: { psk }, limits: { associations: 5, associationsPerIdentity: 2 } });
    const victim = await world.client('victim', '10.0.2.1');
    const toServer = await world.connect(victim, server);
    const toVictim = await world.say(victim, toServer, server, 'hello');
    for (let count = 1; count <= 8; count += 1) {
      const greedy = await world.client('greedy', `10.0.3.${count}`);
      await world.connect(greedy, server);
    }
    expect(server.transport.statistics).toMatchObject({ associations: 3, limits: 6 });
    expect(server.transport.find(toVictim.key)).toBe(toVictim);
    expect(server.closed).toHaveLength(6);
    expect(server.closed[0]).toMatchObject({
      peer: { host: '10.0.3.1' },
      reason: 'its identity has too many associations',
    });
    await world.say(victim, toServer, server, 'still here');
  });

  test('may begin anew as often as it likes from where it is', async () => {
    const world = new World();
    const server = await world.server({ server: { psk }, limits: { associationsPerIdentity: 1 } });
    for (let count = 0; count < 3; count += 1) {
      const client = await world.client('dev1');
      await world.connect(client, server);
      client.lower.rebind('10.7.7.7', count + 1);
    }
    expect(server.closed.map(({ reason }) => reason)).toEqual([
      'the peer began a new association',
      'the peer began a new association',
    ]);
    expect(server.transport.statistics).toMatchObject({ associations: 1, limits: 0 });
  });

  test('comes back from a store with as many as it may have, those that were heard of last', async () => {
    const world = new World();
    const store = new MemoryStore();
    const server = await world.server({ server: { psk }, store });
    for (let count = 1; count <= 3; count += 1) {
      const client = await world.client('dev1', `10.0.3.${count}`);
      await world.connect(client, server);
      await world.pass(1000);
    }
    await world.clock.runUntil(server.transport.close());
    const after = await world.server({ server: { psk }, store, limits: { associationsPerIdentity: 2 } });
    expect(after.transport.statistics.associations).toBe(2);
    expect(store.snapshots.size).toBe(2);
    expect(after.closed).toEqual([]);
  });

  test('is not counted by a client, who has it with each of its servers', async () => {
    const world = new World();
    const servers = [
      await world.server({ server: { psk } }),
      await world.party('10.0.1.2', 5684, { server: { psk } }),
      await world.party('10.0.1.3', 5684, { server: { psk } }),
    ];
    const client = await world.party('10.0.2.1', 49_152, {
      client: { psk: { identity: 'dev1', key: KEY } },
      limits: { associationsPerIdentity: 1 },
    });
    for (const server of servers) await world.connect(client, server, server.transport.localAddress?.host);
    expect(client.transport.statistics).toMatchObject({ associations: 3, limits: 0 });
    expect(client.closed).toEqual([]);
  });

  test('leaves no trace when all have ended', async () => {
    const world = new World();
    const server = await world.server({ server: { psk }, limits: { associationsPerIdentity: 2 } });
    for (let round = 0; round < 3; round += 1) {
      for (let count = 1; count <= 2; count += 1) {
        const client = await world.client('dev1', `10.0.${round}.${count}`);
        await world.connect(client, server);
        await world.clock.runUntil(client.transport.close());
        await world.pass();
      }
    }
    expect(server.transport.statistics).toMatchObject({ associations: 0, limits: 0 });
  });
});
