import { describe, expect, test } from 'vitest';
import { MAX_SEQUENCE } from '../../src/limits.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from '../transport/eavesdropper.ts';
import { MemoryStore, SlowStore } from '../transport/stores.ts';
import { bytes, connected, KEY, World } from '../transport/world.ts';

// A peer with valid credentials that means harm.

describe('the highest sequence number', () => {
  test.each([
    ['when the window is saved at once', { recordsPerSave: 1 }],
    ['when it is saved after the interval', {}],
  ])('ends no one and stops no saving, %s', async (_name, limits) => {
    const store = new MemoryStore();
    const { world, server, client, toServer } = await connected({ store, limits });
    const other = await world.client('dev2', '10.0.1.2');
    const otherToServer = await world.connect(other, server);
    await world.pass(60_000);
    const last = eavesdrop(world, client, 'client', MAX_SEQUENCE).seal(ContentType.applicationData, bytes('the end'));
    world.network.send(client.lower.localAddress!, server.lower.localAddress!, last);
    await world.pass();
    await world.say(other, otherToServer, server, 'still here');
    await world.pass(60_000);
    expect(server.errors).toEqual([]);
    const before = store.saves;
    await world.say(other, otherToServer, server, 'and again');
    await world.pass(60_000);
    expect(store.saves).toBeGreaterThan(before);
    expect(server.heard.datagrams.at(-3)?.bytes).toEqual(bytes('the end'));
    // All of its sequence numbers are used up: it has no next word.
    client.transport.send(toServer, bytes('too old'));
    await world.pass();
    expect(server.transport.statistics).toMatchObject({ recordsReplayed: 1, associations: 2, callbackErrors: 0 });
    await world.clock.runUntil(server.transport.close());
    const after = await world.party('10.0.0.1', 5684, { server: { psk: () => KEY }, store });
    expect(after.errors).toEqual([]);
    expect(after.transport.statistics.restored).toBe(2);
  });
});

describe('a device that pretends to be at the address of another one', () => {
  test('does not take it away from an association that is found by nothing else', async () => {
    const world = new World();
    const server = await world.server();
    // No Connection IDs for this one: it does not offer them.
    const honest = await world.client('honest', '10.0.1.1', { client: { connectionIdLength: 'not-offered' } });
    const toServer = await world.connect(honest, server);
    const toHonest = await world.say(honest, toServer, server, 'hello');
    const evil = await world.client('evil', '10.0.1.2');
    const evilToServer = await world.connect(evil, server);
    await world.say(evil, evilToServer, server, 'hello');
    const keys = eavesdrop(world, evil, 'client', 100);
    for (let count = 0; count < 3; count += 1) {
      const record = keys.seal(ContentType.applicationData, bytes('guess where I am'));
      world.network.send(honest.lower.localAddress!, server.lower.localAddress!, record);
      await world.pass();
      expect(await world.say(honest, toServer, server, `still here ${count}`)).toBe(toHonest);
      await world.say(server, toHonest, honest, 'so am I');
    }
    expect(server.transport.statistics).toMatchObject({ associations: 2, recordsDropped: 0 });
  });
});

describe('a device that is never where it was', () => {
  test('does not make the store write for each of its records', async () => {
    const store = new MemoryStore();
    const { world, server, client } = await connected({ store });
    await world.pass(60_000);
    const before = store.saves;
    const keys = eavesdrop(world, client, 'client', 100);
    for (let count = 0; count < 200; count += 1) {
      const host = count % 2 === 0 ? '10.9.9.9' : '10.0.1.1';
      const record = keys.seal(ContentType.applicationData, bytes('here'));
      world.network.send({ host, port: 40_000 }, server.lower.localAddress!, record);
    }
    await world.pass();
    expect(server.heard.datagrams).toHaveLength(201);
    expect(store.saves - before).toBeLessThanOrEqual(12);
    await world.pass(60_000);
    expect(store.saves - before).toBeGreaterThan(0);
  });
});

describe('a store', () => {
  test('that never answers does not keep a transport from closing', async () => {
    const store = new SlowStore();
    const { world, server } = await connected({ store });
    await world.clock.runUntil(server.transport.close(), 120_000);
    expect(server.lower.localAddress).toBeUndefined();
  });
});
