import { describe, expect, test } from 'vitest';
import type { StoredAssociation } from '../../src/index.ts';
import { crash, server, serverSequences, stage, start } from './lives.ts';
import { MemoryStore, SlowStore } from './stores.ts';
import { bytes, text, World } from './world.ts';
import { MAX_HELD_DATAGRAMS } from '../../src/limits.ts';

describe('an association in a store', () => {
  test('goes on after the server was closed and began again, and nobody is told of the pause', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    await world.clock.runUntil(before.transport.close());
    expect(before.closed).toEqual([]);
    const after = await start(world, store);
    expect(after.transport.statistics).toMatchObject({ associations: 1, restored: 1 });
    const again = await world.say(client, toServer, after, 'same as ever');
    expect(again).toMatchObject({
      key: toClient.key,
      host: '10.0.1.1',
      port: 40_000,
      identity: { kind: 'psk', identity: 'dev1' },
      pathValidated: true,
    });
    expect(after.transport.find(toClient.key)).toBe(again);
    expect(after.transport.recall(toClient.key, '192.0.2.1', 1)).toBe(again); // wherever it was
    await world.say(after, again, client, 'same here');
    expect(client.closed).toEqual([]);
    // Nothing was lost, so no sequence number is left out.
    expect(serverSequences(world)).toEqual([0, 1]);
  });

  test('is given to the store with whose it is', async () => {
    const store = new MemoryStore();
    const saved: StoredAssociation[] = [];
    const { toClient } = await stage({
      load: () => store.load(),
      save: (association) => void saved.push(association),
      remove: (key) => store.remove(key),
    });
    expect(saved).toMatchObject([{ key: toClient.key, identity: { kind: 'psk', identity: 'dev1' } }]);
  });

  test('goes on after a crash', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    await world.say(before, toClient, client, 'one');
    await crash(before);
    const after = await start(world, store);
    const again = await world.say(client, toServer, after, 'and you?');
    await world.say(after, again, client, 'here again');
    expect(serverSequences(world)).toEqual([0, 1, 4097]);
  });

  test('is written to by the server first, too', async () => {
    const store = new MemoryStore();
    const { world, client, before, toClient } = await stage(store);
    await crash(before);
    const after = await start(world, store);
    await world.say(after, after.transport.find(toClient.key)!, client, 'wake up');
  });

  test('is one of a client as well', async () => {
    const world = new World();
    const store = new MemoryStore();
    const far = await world.server();
    const client = await world.client('dev1', '10.0.1.1', { store });
    const toServer = await world.connect(client, far);
    const toClient = await world.say(client, toServer, far, 'hello');
    await world.clock.runUntil(client.transport.close());
    const again = await world.client('dev1', '10.0.1.1', { store });
    const stillToServer = await world.connect(again, far);
    expect(stillToServer.key).toBe(toServer.key);
    expect(await world.say(again, stillToServer, far, 'back')).toBe(toClient);
    expect(far.transport.statistics.handshakesStarted).toBe(1);
  });

  test('keeps where it is, and that this is not proven', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before } = await stage(store);
    client.lower.rebind('10.9.9.9', 7777);
    await world.say(client, toServer, before, 'moved');
    await crash(before);
    const after = await start(world, store);
    const peer = after.transport.find(before.associations[0]!.key)!;
    expect(peer).toMatchObject({ host: '10.9.9.9', port: 7777, pathValidated: false });
    after.transport.send(peer, bytes('unasked'));
    await world.pass();
    expect(after.transport.statistics.sendsRefused).toBe(1);
    await world.say(client, toServer, after, 'ask');
    await world.say(after, peer, client, 'answer');
    after.transport.confirmPath(peer);
    await crash(after);
    const third = await start(world, store);
    expect(third.transport.find(peer.key)).toMatchObject({ host: '10.9.9.9', pathValidated: true });
  });

  test('leaves the store when it ends', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    expect([...store.snapshots.keys()]).toEqual([toClient.key]);
    client.transport.disconnect(toServer, 'bye');
    await world.pass();
    expect(before.closed).toHaveLength(1);
    expect(store.snapshots.size).toBe(0);
  });

  test('is not kept with CBC, whose snapshot could not be trusted', async () => {
    const world = new World();
    const store = new MemoryStore();
    const cipherSuites = ['PSK_WITH_AES_128_CBC_SHA256'];
    const before = await start(world, store, { cipherSuites });
    const client = await world.client('dev1', '10.0.1.1', { cipherSuites });
    const toServer = await world.connect(client, before);
    await world.say(client, toServer, before, 'hello');
    expect(store.saves).toBe(0);
    await world.clock.runUntil(before.transport.close());
    expect(store.snapshots.size).toBe(0);
  });
});

describe('records that were received before a restart', () => {
  /** What the client has sent to the server in epoch 1, first to last. */
  const sentByClient = (world: World): Uint8Array[] =>
    world.network.log
      .filter(({ from, bytes: sent }) => from.host === '10.0.1.1' && sent[0] === 25)
      .map(({ bytes: sent }) => sent);

  test('are all refused after a close', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before } = await stage(store);
    for (let count = 0; count < 5; count += 1) await world.say(client, toServer, before, `number ${count}`);
    await world.clock.runUntil(before.transport.close());
    const after = await start(world, store);
    for (const record of sentByClient(world)) {
      world.network.send(client.lower.localAddress!, after.transport.localAddress!, record);
    }
    await world.pass();
    expect(after.heard.datagrams).toEqual([]);
    expect(after.transport.statistics.recordsReplayed).toBe(6);
    await world.say(client, toServer, after, 'the next one');
  });

  test('are refused after a crash up to the latest save, which comes after recordsPerSave records or saveIntervalMs', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before } = await stage(store, {
      limits: { recordsPerSave: 4, saveIntervalMs: 5_000 },
    });
    for (const name of ['2', '3', '4', '5', '6']) await world.say(client, toServer, before, name);
    await crash(before);
    const after = await start(world, store);
    for (const record of sentByClient(world)) {
      world.network.send(client.lower.localAddress!, after.transport.localAddress!, record);
    }
    await world.pass();
    expect(after.heard.datagrams.map((datagram) => text(datagram.bytes))).toEqual(['5', '6']);
  });

  test('are refused when the interval has passed', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before } = await stage(store, { limits: { saveIntervalMs: 5_000 } });
    await world.say(client, toServer, before, 'more');
    expect(store.saves).toBe(1);
    await world.pass(5_000);
    expect(store.saves).toBe(2);
    await world.pass(60_000);
    expect(store.saves).toBe(2); // nothing has changed since
    await crash(before);
    const after = await start(world, store);
    for (const record of sentByClient(world)) {
      world.network.send(client.lower.localAddress!, after.transport.localAddress!, record);
    }
    await world.pass();
    expect(after.heard.datagrams).toEqual([]);
  });
});

describe('the lease of write sequence numbers', () => {
  test('is renewed ahead, so that one follows the other without a gap', async () => {
    const store = new MemoryStore();
    const { world, client, before, toClient } = await stage(store, { limits: { sequenceLease: 10 } });
    for (let count = 0; count < 40; count += 1) before.transport.send(toClient, bytes(`${count}`));
    await world.pass();
    expect(client.heard.datagrams).toHaveLength(40);
    expect(serverSequences(world)).toEqual(Array.from({ length: 41 }, (_, index) => index));
    expect(store.saves).toBeLessThanOrEqual(10);
  });

  test('no number is used twice, however often and whenever the server crashes', async () => {
    const store = new MemoryStore();
    const { world, client, toServer, before, toClient } = await stage(store, {
      limits: { sequenceLease: 8, recordsPerSave: 3 },
    });
    let party = before;
    for (let life = 0; life < 12; life += 1) {
      for (let count = 0; count <= life; count += 1)
        party.transport.send(party.transport.find(toClient.key)!, bytes('.'));
      await world.pass();
      await crash(party);
      party = await start(world, store, { limits: { sequenceLease: 8, recordsPerSave: 3 } });
      await world.say(client, toServer, party, 'hello again');
    }
    const sequences = serverSequences(world);
    expect(sequences.length).toBeGreaterThan(70);
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  test('nothing is sent beyond what the store has surely got', async () => {
    const store = new SlowStore();
    const { world, client, before, toClient } = await stage(store, { limits: { sequenceLease: 10 } });
    // The first save has not settled: whatever becomes of it, nobody can use these ten numbers again.
    for (let count = 0; count < 20; count += 1) before.transport.send(toClient, bytes(`${count}`));
    await world.pass();
    expect(serverSequences(world)).toEqual(Array.from({ length: 11 }, (_, index) => index));
    // That save only says what they know already.
    store.settle();
    await world.pass();
    expect(serverSequences(world)).toHaveLength(11);
    // The next lease comes: what has waited goes.
    store.settle();
    await world.pass();
    expect(serverSequences(world)).toEqual(Array.from({ length: 21 }, (_, index) => index));
    expect(client.heard.datagrams.map(({ bytes: heard }) => text(heard))).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
    expect(before.transport.statistics.sendsRefused).toBe(0);
    store.settle();
    await world.pass();
    await world.say(before, toClient, client, 'goes on');
  });

  test('no more waits for a lease than the bound says', async () => {
    const store = new SlowStore();
    const { world, before, toClient } = await stage(store, { limits: { sequenceLease: 10 } });
    for (let count = 0; count < 40; count += 1) before.transport.send(toClient, bytes(`${count}`));
    expect(before.transport.statistics.sendsRefused).toBe(30 - MAX_HELD_DATAGRAMS);
    for (let lease = 0; lease < 4; lease += 1) {
      store.settle();
      await world.pass();
    }
    expect(serverSequences(world)).toHaveLength(11 + MAX_HELD_DATAGRAMS);
    expect(before.transport.statistics.sendsRefused).toBe(30 - MAX_HELD_DATAGRAMS);
  });

  test.each(['the save fails', 'the association ends'])('what waits is refused when %s', async (why) => {
    const store = new SlowStore();
    const { world, before, toClient } = await stage(store, { limits: { sequenceLease: 10 } });
    for (let count = 0; count < 15; count += 1) before.transport.send(toClient, bytes(`${count}`));
    if (why === 'the association ends') before.transport.disconnect(toClient, 'not wanted');
    const refused = before.transport.statistics.sendsRefused; // the alert
    store.settle(why === 'the save fails' ? new Error('the disk is full') : undefined);
    await world.pass();
    expect(before.transport.statistics.sendsRefused - refused).toBe(5);
    expect(serverSequences(world)).toHaveLength(11);
  });

  test('after a restart with a slow store the first answer waits for the lease, which the store gets at the first record', async () => {
    const store = new SlowStore();
    const { world, client, toServer, before, toClient } = await stage(store);
    store.settle();
    await world.pass();
    await crash(before);
    const after = await start(world, store);
    const again = await world.say(client, toServer, after, 'hello');
    expect(store.waiting.map(({ key }) => key)).toEqual([toClient.key]);
    const answer = bytes('too early');
    after.transport.send(again, answer);
    answer.fill(0);
    await world.pass();
    expect(client.heard.datagrams).toEqual([]);
    store.settle();
    await world.pass();
    expect(client.heard.datagrams.map(({ bytes: heard }) => text(heard))).toEqual(['too early']);
    expect(after.transport.statistics.sendsRefused).toBe(0);
    await world.say(after, again, client, 'now');
  });
});

describe('associations of a store that are not wanted', () => {
  test('because they were silent for too long leave it', async () => {
    const store = new MemoryStore();
    const { world, before } = await stage(store, { limits: { idleMs: 3_600_000 } });
    await world.clock.runUntil(before.transport.close());
    await world.pass(3_600_000);
    const after = await start(world, store, { limits: { idleMs: 3_600_000 } });
    expect(after.transport.statistics).toMatchObject({ associations: 0, restored: 0 });
    expect(store.snapshots.size).toBe(0);
  });

  test('expire at the time at which they would have expired without a restart', async () => {
    const store = new MemoryStore();
    const { world, before } = await stage(store, { limits: { idleMs: 3_600_000 } });
    await world.clock.runUntil(before.transport.close());
    await world.pass(3_000_000);
    const after = await start(world, store, { limits: { idleMs: 3_600_000 } });
    await world.pass(590_000);
    expect(after.closed).toEqual([]);
    await world.pass(30_000);
    expect(after.closed).toHaveLength(1);
  });

  test('because there are too many leave it, the longest silent first', async () => {
    const store = new MemoryStore();
    const { world, before, toClient } = await stage(store);
    const second = await world.client('dev2', '10.0.1.2');
    await world.say(second, await world.connect(second, before), before, 'hello');
    await world.clock.runUntil(before.transport.close());
    const after = await start(world, store, { limits: { associations: 1 } });
    expect(after.transport.find(toClient.key)).toBeUndefined();
    expect(after.transport.statistics).toMatchObject({ associations: 1, restored: 1 });
    expect(store.snapshots.size).toBe(1);
  });

  test('because the length of Connection IDs is another one now stay there, and are reported', async () => {
    const store = new MemoryStore();
    const { world, before } = await stage(store);
    await world.clock.runUntil(before.transport.close());
    const after = await start(world, store, { server: { ...server, connectionIdLength: 8 } });
    expect(after.transport.statistics.restored).toBe(0);
    expect(String(after.errors[0]?.error)).toContain('connectionIdLength is 8');
    expect(store.snapshots.size).toBe(1);
  });
});
