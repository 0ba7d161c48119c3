import { describe, expect, test } from 'vitest';
import { crash, server, serverSequences, stage, start } from './lives.ts';
import { MemoryStore, SlowStore } from './stores.ts';
import { bytes, World } from './world.ts';

describe('a store that fails', () => {
  test('to save is reported, tried again after the interval, and nothing unsafe is sent meanwhile', async () => {
    const store = new SlowStore();
    const { world, client, before, toClient } = await stage(store, {
      limits: { sequenceLease: 10, saveIntervalMs: 5_000 },
    });
    store.settle(new Error('the disk is full'));
    await world.pass();
    expect(before.errors.map(({ error, context }) => [context, String(error)])).toEqual([
      ['store.save', 'Error: the disk is full'],
    ]);
    for (let count = 0; count < 20; count += 1) before.transport.send(toClient, bytes(`${count}`));
    await world.pass();
    expect(serverSequences(world)).toHaveLength(11);
    expect(store.waiting).toEqual([]);
    await world.pass(5_000);
    expect(store.waiting).toHaveLength(1);
    store.settle();
    await world.pass();
    await world.say(before, toClient, client, 'recovered');
  });

  test('to save a lease leaves the one before', async () => {
    const store = new SlowStore();
    const { world, before, toClient } = await stage(store, { limits: { sequenceLease: 10 } });
    store.settle();
    await world.pass();
    for (let count = 0; count < 6; count += 1) before.transport.send(toClient, bytes(`${count}`));
    expect(store.waiting).toHaveLength(1);
    store.settle(new Error('no'));
    await world.pass();
    for (let count = 0; count < 20; count += 1) before.transport.send(toClient, bytes(`${count}`));
    expect(serverSequences(world)).toEqual(Array.from({ length: 11 }, (_, index) => index));
  });

  test('is not asked again by each record', async () => {
    const store = new MemoryStore();
    let asked = 0;
    store.save = () => {
      asked += 1;
      throw new Error('no');
    };
    const options = { limits: { recordsPerSave: 2, saveIntervalMs: 60_000 } };
    const { world, client, toServer, before } = await stage(store, options);
    for (let count = 0; count < 10; count += 1) await world.say(client, toServer, before, `${count}`);
    expect(asked).toBe(1);
    await world.pass(60_000);
    expect(asked).toBe(2);
  });

  test('by throwing is reported as well', async () => {
    const store = new MemoryStore();
    store.save = () => {
      throw new Error('no');
    };
    store.remove = () => {
      throw new Error('never');
    };
    const { world, before, toClient } = await stage(store);
    before.transport.disconnect(toClient, 'enough');
    await world.pass();
    expect(before.errors.map(({ context }) => context)).toEqual(['store.save', 'store.remove']);
  });

  test('to load keeps the transport closed, which may be opened again', async () => {
    const world = new World();
    const store = new SlowStore();
    store.loads = () => Promise.reject(new Error('no connection'));
    const party = world.prepare('10.0.0.1', 5684, { server, store });
    await expect(world.open(party)).rejects.toThrow('no connection');
    expect(party.lower.localAddress).toBeUndefined();
    store.loads = () => Promise.resolve([]);
    await world.open(party);
    expect(party.transport.localAddress).toMatchObject({ port: 5684 });
  });

  test('by giving what is no snapshot loses nothing else', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    await world.clock.runUntil(before.transport.close());
    store.snapshots.set('dtls:broken', bytes('this is no snapshot'));
    const changed = Uint8Array.from(store.snapshots.get(toClient.key)!);
    changed[20]! ^= 1;
    store.snapshots.set('dtls:changed', changed);
    const after = await start(world, store);
    expect(after.errors.map(({ context }) => context)).toEqual(['store.load: dtls:broken', 'store.load: dtls:changed']);
    expect(after.transport.statistics.associations).toBe(1);
    await world.say(client, toServer, after, 'hello');
  });

  test('by giving one twice keeps it once', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before } = await stage(store);
    await world.clock.runUntil(before.transport.close());
    const load = store.load.bind(store);
    store.load = () => [...load(), ...load()];
    const after = await start(world, store);
    expect(after.errors).toHaveLength(1);
    expect(after.transport.statistics).toMatchObject({ associations: 1, restored: 1 });
    await world.say(client, toServer, after, 'hello');
  });

  test('by giving two with one Connection ID keeps one of them', async () => {
    const store = new MemoryStore();
    const { world, before, toClient } = await stage(store);
    await world.clock.runUntil(before.transport.close());
    store.snapshots.set('dtls:copy', store.snapshots.get(toClient.key)!);
    const after = await start(world, store);
    expect(after.errors.map(({ error }) => String(error))).toEqual([
      'DtlsError: an association of the store can not be used: its key or Connection ID is in use',
    ]);
    expect(after.transport.statistics).toMatchObject({ associations: 1, restored: 1 });
  });
});

describe('two saves of one association', () => {
  test('never overlap: the second waits for the first and has the latest state', async () => {
    const store = new SlowStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    client.lower.rebind('10.9.9.9', 1);
    await world.say(client, toServer, before, 'moved');
    client.lower.rebind('10.9.9.9', 2);
    await world.say(client, toServer, before, 'moved again');
    expect(store.waiting).toHaveLength(1);
    store.settle();
    await world.pass();
    expect(store.waiting).toHaveLength(1);
    store.settle();
    await world.pass();
    expect(store.waiting).toHaveLength(0);
    await crash(before);
    const after = await start(world, store);
    expect(after.transport.find(toClient.key)).toMatchObject({ host: '10.9.9.9', port: 2 });
  });

  test('and its removal is the last', async () => {
    const store = new SlowStore();
    const { world, before, toClient } = await stage(store);
    before.transport.disconnect(toClient, 'enough');
    await world.pass();
    expect(store.waiting).toHaveLength(1);
    store.settle();
    await world.pass();
    store.settle();
    expect(store.snapshots.size).toBe(0);
  });

  test('close waits for what is under way and then saves the exact state', async () => {
    const store = new SlowStore();
    const { world, client, toServer, before } = await stage(store);
    const state = { closed: false };
    const closing = before.transport.close().then(() => {
      state.closed = true;
    });
    await world.pass();
    expect(state.closed).toBe(false);
    store.settle();
    await world.pass();
    expect(state.closed).toBe(false);
    store.settle();
    await world.clock.runUntil(closing);
    const after = await start(world, store);
    const again = await world.say(client, toServer, after, 'hello');
    store.settle();
    await world.pass();
    await world.say(after, again, client, 'hello');
    expect(serverSequences(world)).toEqual([0, 1]);
  });
});
