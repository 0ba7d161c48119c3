import type { Peer } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { decodeSnapshot } from '../../src/transport/snapshot.ts';
import { MemoryStore, SlowStore } from './stores.ts';
import { bytes, KEY, type PartyOptions, World } from './world.ts';

const isProtected = (datagram: Uint8Array): boolean => decodeRecords(datagram, 6).some(({ epoch }) => epoch === 1);

/** The highest sequence number of epoch 1 that the server has sent. */
function highest(world: World): number {
  const sent = world.network.log.filter(({ from }) => from.host === '10.0.0.1');
  const records = sent.flatMap((datagram) => decodeRecords(datagram.bytes, 6));
  return Math.max(...records.filter(({ epoch }) => epoch === 1).map(({ sequence }) => sequence));
}

/** The write sequence number that an association would go on with after a restart. */
const writeSequenceOf = (store: SlowStore, { key }: Peer): number =>
  decodeSnapshot(store.snapshots.get(key)!).epoch.writeSequence;

const server: PartyOptions['server'] = { psk: () => KEY };

describe('no sequence number is used that a snapshot may say again', () => {
  test('by the last flight of a handshake that is asked for once more', async () => {
    const world = new World();
    const store = new SlowStore();
    const party = await world.server({ server, store, limits: { sequenceLease: 1 } });
    const client = await world.client('dev1');
    let isDeaf = true;
    world.network.rule = ({ from, bytes: sent }) =>
      isDeaf && from.host === '10.0.0.1' && isProtected(sent) ? 'drop' : 'deliver';
    const connecting = client.transport.connect('10.0.0.1', 5684);
    await world.pass();
    const [toClient] = party.associations as [Peer];
    for (let count = 0; count < 3; count += 1) party.transport.send(toClient, bytes('first of all'));
    await world.pass(10_000);
    const used = highest(world);
    store.settle();
    await world.pass();
    expect(writeSequenceOf(store, toClient)).toBeGreaterThan(used);
    // With a lease it goes again, when what waits for one is through.
    isDeaf = false;
    for (let lease = 0; lease < 10; lease += 1) {
      store.settle();
      await world.pass(5_000);
    }
    await connecting;
  });

  test('by telling a peer that it is disconnected while the transport closes', async () => {
    const world = new World();
    const store = new SlowStore();
    const party = await world.server({ server, store });
    const client = await world.client('dev1');
    await world.connect(client, party);
    store.settle();
    await world.pass();
    const [toClient] = party.associations as [Peer];
    const closing = party.transport.close();
    await world.pass(1);
    party.transport.disconnect(toClient, 'not wanted any more');
    store.settle();
    await world.pass(1);
    // Its removal fails until the end.
    for (let count = 0; count < 5; count += 1) {
      store.settle(new Error('the disk is gone'));
      await world.pass(1);
    }
    await world.clock.runUntil(closing);
    expect(writeSequenceOf(store, toClient)).toBeGreaterThan(highest(world));
  });
});

describe('a store', () => {
  test('serves one open transport at a time: two would use the same sequence numbers', async () => {
    const world = new World();
    const store = new MemoryStore();
    const first = await world.server({ server, store });
    const second = world.prepare('10.0.0.2', 5684, { server, store });
    await expect(second.transport.open(second.heard)).rejects.toThrow(TypeError);
    await world.clock.runUntil(first.transport.close());
    await world.open(second);
    const third = world.prepare('10.0.0.3', 5684, { server, store });
    await expect(third.transport.open(third.heard)).rejects.toThrow(TypeError);
    await world.clock.runUntil(third.transport.close());
    await expect(world.open(world.prepare('10.0.0.4', 5684, { server, store }))).rejects.toThrow(TypeError);
  });

  test('is free again when a transport could not be opened', async () => {
    const world = new World();
    const store = new MemoryStore();
    await world.server();
    await expect(world.server({ server, store })).rejects.toMatchObject({ code: 'ERR_DATAGRAM_BIND' });
    await world.server({ server, store }, '10.0.0.2');
  });
});

describe('an association that has ended leaves the store', () => {
  test('also when the store has failed to remove it at first', async () => {
    const world = new World();
    const store = new SlowStore();
    const party = await world.server({ server, store });
    const client = await world.client('dev1');
    await world.connect(client, party);
    store.settle();
    await world.pass();
    party.transport.revoke(() => true, 'its credential was removed');
    store.settle(new Error('busy'));
    await world.pass();
    expect(store.snapshots.size).toBe(1);
    expect(party.errors).toMatchObject([{ context: 'store.remove' }]);
    await world.pass(60_000);
    store.settle();
    await world.pass();
    expect(store.snapshots.size).toBe(0);
  });

  test('also when it failed and the transport closes before it is tried again', async () => {
    const world = new World();
    const store = new SlowStore();
    const party = await world.server({ server, store });
    const client = await world.client('dev1');
    await world.connect(client, party);
    store.settle();
    await world.pass();
    party.transport.revoke(() => true, 'its credential was removed');
    store.settle(new Error('busy'));
    await world.pass();
    const closing = party.transport.close();
    await world.pass(1);
    store.settle();
    await world.clock.runUntil(closing);
    expect(store.snapshots.size).toBe(0);
  });

  test('when its credential was removed while it was still being loaded', async () => {
    const world = new World();
    const store = new SlowStore();
    const party = await world.server({ server, store });
    const client = await world.client('dev1');
    await world.connect(client, party);
    store.settle();
    const closing = party.transport.close();
    for (let count = 0; count < 3; count += 1) {
      await world.pass(1);
      store.settle();
    }
    await world.clock.runUntil(closing);
    expect(store.snapshots.size).toBe(1);

    const load = store.loads;
    let goOn = (): void => {};
    store.loads = async () => {
      const loaded = await load();
      await new Promise<void>((resolve) => (goOn = resolve));
      return loaded;
    };
    const after = world.prepare('10.0.0.1', 5684, { server, store });
    const opening = after.transport.open(after.heard);
    await world.pass(1);
    after.transport.revoke(({ kind }) => kind === 'psk', 'its credential was removed');
    goOn();
    await world.clock.runUntil(opening);
    // A save that is under way comes before the removal.
    for (let count = 0; count < 2; count += 1) {
      store.settle();
      await world.pass();
    }
    expect(after.transport.statistics.associations).toBe(0);
    expect(store.snapshots.size).toBe(0);
  });
});
