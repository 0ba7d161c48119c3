import { describe, expect, test } from 'vitest';
import { MAX_SEQUENCE } from '../../src/limits.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { ContentType } from '../../src/records/record.ts';
import type { Association } from '../../src/transport/association.ts';
import { MemoryStore } from './stores.ts';
import { bytes, connected, type Connected, KEY, text } from './world.ts';

const psk = (): Uint8Array => KEY;

/** The client says something with the last sequence number that there is, which it may. */
async function sayLast({ world, server, client, toServer }: Connected, message: string): Promise<Uint8Array> {
  const { epoch } = client.transport.find(toServer.key) as Association;
  const last = ProtectedEpoch.restore({ ...epoch.snapshot()!, writeSequence: MAX_SEQUENCE });
  const record = last.seal(ContentType.applicationData, bytes(message));
  world.network.send({ host: '10.0.1.1', port: 40_000 }, { host: '10.0.0.1', port: 5684 }, record);
  await world.pass();
  expect(text(server.heard.datagrams.at(-1)?.bytes)).toBe(message);
  return record;
}

describe('a client that has used the last sequence number', () => {
  test('does not keep the associations of others from being saved', async () => {
    const store = new MemoryStore();
    const stage = await connected({ server: { psk }, store });
    const { world, server } = stage;
    await sayLast(stage, 'the end');
    const other = await world.client('dev2', '10.0.1.2');
    const toServer = await world.connect(other, server);
    await world.pass(120_000);
    const { saves } = store;
    await world.say(other, toServer, server, 'and I?');
    await world.pass(60_000);
    expect(store.saves).toBeGreaterThan(saves);
    expect(server.errors).toEqual([]);
  });

  test('does not keep the transport from closing, and is not heard twice after a restart', async () => {
    const store = new MemoryStore();
    const stage = await connected({ server: { psk }, store });
    const { world, server } = stage;
    const record = await sayLast(stage, 'the end');
    await world.clock.runUntil(server.transport.close());
    const after = await world.server({ server: { psk }, store });
    expect(after.transport.statistics).toMatchObject({ restored: 1 });
    world.network.send({ host: '10.0.1.1', port: 40_000 }, { host: '10.0.0.1', port: 5684 }, record);
    await world.pass();
    expect(after.heard.datagrams).toEqual([]);
    expect(after.transport.statistics).toMatchObject({ recordsReplayed: 1 });
  });
});

test('a lease without bounds is one to the end of the sequence numbers', async () => {
  const store = new MemoryStore();
  const { world, server, client, toClient } = await connected({
    server: { psk },
    store,
    limits: { sequenceLease: Infinity },
  });
  await world.say(server, toClient, client, 'here');
  expect(server.errors).toEqual([]);
});
