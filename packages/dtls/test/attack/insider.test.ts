import { describe, expect, test } from 'vitest';
import { MAX_SEQUENCE } from '../../src/limits.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { eavesdrop } from '../transport/eavesdropper.ts';
import { MemoryStore, SlowStore } from '../transport/stores.ts';
import { bytes, connected, KEY, type Party, World } from '../transport/world.ts';

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
    const before = store.saves;
    await world.pass(60_000);
    expect(server.errors).toEqual([]);
    expect(store.saves).toBeGreaterThanOrEqual(before);
    await world.say(other, otherToServer, server, 'and again');
    const saved = store.saves;
    await world.pass(60_000);
    expect(store.saves + (limits.recordsPerSave ?? 0)).toBeGreaterThan(saved);
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
