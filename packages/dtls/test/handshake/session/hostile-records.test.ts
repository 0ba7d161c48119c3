import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cipherSuite } from '../../../src/cipher-suites.ts';
import type { CipherSuite } from '../../../src/cipher-suites.ts';
import type { Role } from '../../../src/crypto/traffic-keys.ts';
import { HandshakePair } from './handshake-pair.ts';

const OPTIONS = { seed: 5, suite: cipherSuite(0xc0a8) as CipherSuite, mtu: 300 };

/** The datagrams of a good handshake, by who sent them. With a pre-shared key and these seeds they are the same each time. */
async function captured(): Promise<Record<Role, Uint8Array[]>> {
  const pair = new HandshakePair(OPTIONS);
  await pair.run();
  const from = (port: number): Uint8Array[] =>
    pair.network.log.filter((entry) => entry.from.port === port).map(({ bytes }) => bytes);
  return { client: from(40_000), server: from(5684) };
}

/** What a bad hand does to a datagram: changes a byte of the headers or of the rest, or cuts it. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat({ max: 40 }), value: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat({ max: 299 }), value: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('type' as const), value: fc.constantFrom(20, 21, 22, 23) }),
  fc.record({ kind: fc.constant('epoch' as const), value: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat({ max: 299 }) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(datagram: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = datagram.slice();
  for (const one of changes) {
    if (one.kind === 'cut') bytes = bytes.slice(0, one.at);
    else if (one.kind === 'byte' && one.at < bytes.length) bytes[one.at] = one.value;
    else if (one.kind === 'type') bytes[0] = one.value;
    else if (one.kind === 'epoch') bytes[4] = one.value;
  }
  return bytes;
}

const hostility = fc.array(
  fc.record({ before: fc.nat({ max: 3 }), of: fc.nat({ max: 3 }), changes: fc.array(change, { maxLength: 3 }) }),
  { minLength: 1, maxLength: 12 },
);

for (const role of ['server', 'client'] as const) {
  test(`changed datagrams among the good ones: a ${role} never throws, ends in time and sends little`, async () => {
    const good = await captured();
    const incoming = good[role === 'server' ? 'client' : 'server'];
    let connected = 0;
    await fc.assert(
      fc.asyncProperty(hostility, async (hostile) => {
        // What the party under test sends gets nowhere: its peer is a script.
        const pair = new HandshakePair({
          ...OPTIONS,
          rule: ({ to }) => (to.port === (role === 'server' ? 40_000 : 5684) ? 'drop' : 'deliver'),
        });
        const party = pair[role];
        if (role === 'client') pair.startClient();
        for (const [index, datagram] of incoming.entries()) {
          for (const { before, of, changes } of hostile) {
            const source = incoming[of];
            if (before === index && source !== undefined) pair.inject(party, changed(source, changes));
          }
          pair.inject(party, datagram);
          // What a receiver throws comes out of the clock.
          await pair.clock.advanceAsync(100);
        }
        if (party.connection !== undefined) connected += 1;
        if (party.connection === undefined) await pair.clock.advanceAsync(70_000);
        expect(party.session === undefined || party.hasEnded).toBe(true);
        expect(party.datagrams).toBeLessThan(40);
        party.session?.close();
        expect(pair.timers.size).toBe(0);
      }),
      { numRuns: 300 },
    );
    expect(connected).toBeGreaterThan(60);
  });
}
