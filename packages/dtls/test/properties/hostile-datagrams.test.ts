import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connected, text, World } from '../transport/world.ts';

/** A change to a datagram that went over the network. */
type Change =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly length: number }
  | { readonly kind: 'double'; readonly at: number }
  | { readonly kind: 'append'; readonly bytes: Uint8Array };

const change: fc.Arbitrary<Change> = fc.oneof(
  // Most of what is read lies in front: headers, lengths, offsets.
  fc.record({
    kind: fc.constant('set' as const),
    at: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 400 })),
    value: fc.oneof(fc.constantFrom(0, 1, 2, 14, 20, 21, 22, 23, 25, 127, 128, 254, 255), fc.nat({ max: 255 })),
  }),
  fc.record({ kind: fc.constant('cut' as const), length: fc.nat({ max: 400 }) }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat({ max: 400 }) }),
  fc.record({ kind: fc.constant('append' as const), bytes: fc.uint8Array({ maxLength: 60 }) }),
);

function changed(datagram: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = Uint8Array.from(datagram);
  for (const one of changes) {
    if (one.kind === 'set') bytes[one.at % Math.max(1, bytes.length)] = one.value;
    else if (one.kind === 'cut') bytes = bytes.slice(0, one.length % (bytes.length + 1));
    else if (one.kind === 'double') bytes = Uint8Array.of(...bytes, ...bytes.subarray(one.at % (bytes.length + 1)));
    else bytes = Uint8Array.of(...bytes, ...one.bytes);
  }
  return bytes;
}

const attack = fc.record({
  which: fc.nat(),
  changes: fc.array(change, { maxLength: 4 }),
  target: fc.constantFrom('server' as const, 'client' as const),
  from: fc.constantFrom('peer' as const, 'stranger' as const),
  port: fc.integer({ min: 1, max: 3 }),
});

test('whatever arrives, nothing is thrown, the association lives, and strangers get no more bytes than they send', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 40 }), async (attacks) => {
      const { world, server, client, toServer, toClient } = await connected();
      await world.say(server, toClient, client, 'hello');
      const seen = world.network.log.map(({ bytes }) => bytes);
      const [serverAddress, clientAddress] = [server.lower.localAddress!, client.lower.localAddress!];
      const before = world.network.log.length;
      for (const { which, changes, target, from, port } of attacks) {
        const bytes = changed(seen[which % seen.length]!, changes);
        const to = target === 'server' ? serverAddress : clientAddress;
        const peer = target === 'server' ? clientAddress : serverAddress;
        world.network.send(from === 'peer' ? peer : { host: '10.6.6.6', port }, to, bytes);
        await world.pass(20);
      }
      const bytesOf = (direction: 'from' | 'to'): number =>
        world.network.log
          .slice(before)
          .filter((entry) => entry[direction].host === '10.6.6.6')
          .reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(bytesOf('to')).toBeLessThanOrEqual(bytesOf('from'));
      expect([server.errors, client.errors, server.closed, client.closed]).toEqual([[], [], [], []]);
      expect(server.heard.datagrams.map(({ bytes }) => text(bytes))).toEqual(['hello']);
      expect(await world.say(client, toServer, server, 'still here')).toBe(toClient);
      expect(toClient).toMatchObject({ host: '10.0.1.1', pathValidated: true });
      await world.say(server, toClient, client, 'me too');
      // What began ends by itself.
      await world.pass(120_000);
      expect([server, client].map(({ transport }) => transport.statistics.handshakes)).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('whatever arrives during a handshake, nothing is thrown and nobody waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ index: fc.nat({ max: 12 }), changes: fc.array(change, { maxLength: 3 }) }), {
        maxLength: 6,
      }),
      async (changesOf) => {
        const world = new World();
        const server = await world.server();
        const client = await world.client('dev1', '10.0.1.1', { limits: { handshakeMs: 20_000 } });
        let index = 0;
        world.network.rule = (datagram) => {
          const changes = changesOf.filter((one) => one.index === index).flatMap((one) => one.changes);
          index += 1;
          if (changes.length === 0) return 'deliver';
          // In its place goes what it was changed to. The rule is asked for that as well, and lets it pass.
          world.clock.schedule(0, () => {
            world.network.send(datagram.from, datagram.to, changed(datagram.bytes, changes));
          });
          return 'drop';
        };
        const outcome = await world.clock.runUntil(
          client.transport.connect('10.0.0.1', 5684).then(
            () => 'connected',
            (error: unknown) => (error as Error).name,
          ),
        );
        expect(['connected', 'DtlsError']).toContain(outcome);
        await world.pass(120_000);
        expect([server.errors, client.errors]).toEqual([[], []]);
        expect([server, client].map(({ transport }) => transport.statistics.handshakes)).toEqual([0, 0]);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
