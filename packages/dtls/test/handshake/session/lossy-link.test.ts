import fc from 'fast-check';
import { lossyRule, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import type { CipherSuite } from '../../../src/cipher-suites.ts';
import { HandshakeType } from '../../../src/handshake/handshake-message.ts';
import { DEFAULT_LIMITS, LINGER_MS, MIN_MTU } from '../../../src/limits.ts';
import { decodeRecords } from '../../../src/records/record-codec.ts';
import { ContentType } from '../../../src/records/record.ts';
import { serverResumption } from '../../../src/resumption/server-resumption.ts';
import { HandshakePair } from './handshake-pair.ts';
import type { HandshakePairOptions } from './handshake-pair.ts';

function suite(name: string): CipherSuite {
  const found = CIPHER_SUITES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no suite ${name}`);
  return found;
}

const SUITES = CIPHER_SUITES.filter(({ optIn }) => !optIn);
const PSK = suite('PSK_WITH_AES_128_CCM_8');
const ECDSA = suite('ECDHE_ECDSA_WITH_AES_128_CCM_8');

/** Both have the same secrets, and read what the other writes. */
async function expectAssociation(pair: HandshakePair): Promise<void> {
  const { client, server } = pair;
  expect([client.failure?.message, server.failure?.message]).toEqual([undefined, undefined]);
  expect(server.connection?.masterSecret).toEqual(client.connection?.masterSecret);
  expect(server.connection?.keys).toEqual(client.connection?.keys);
  expect(server.connection?.resumed).toBe(client.connection?.resumed);
  pair.network.rule = undefined;
  client.sendData(1);
  server.sendData(2);
  await pair.clock.advanceAsync(10_000);
  expect([server.data, client.data]).toEqual([[1], [2]]);
}

async function shake(options: Partial<HandshakePairOptions>): Promise<HandshakePair> {
  const pair = new HandshakePair({ seed: 1, suite: PSK, mtu: 1200, ...options });
  await pair.run();
  return pair;
}

test('every suite, with the datagrams that figure 1 of RFC 6347 has', async () => {
  for (const one of SUITES) {
    const pair = await shake({ suite: one });
    await expectAssociation(pair);
    expect(pair.client.endedAtMs, one.name).toBe(6 * 20);
    // HelloVerifyRequest is the transport's; one more is data.
    expect([pair.client.datagrams, pair.server.datagrams], one.name).toEqual([3 + 1, 2 + 1]);
    expect([pair.client.session?.dropped, pair.server.session?.dropped], one.name).toEqual([0, 0]);
  }
});

test('by session id and by ticket, with the datagrams that figure 2 has', async () => {
  for (const tickets of [false, true]) {
    const resumption = serverResumption({
      clock: new VirtualClock(),
      random: seededRandom(3),
      limits: DEFAULT_LIMITS,
      tickets,
    });
    const full = await shake({ resumption, tickets });
    await expectAssociation(full);
    const session = full.client.connection?.resumable;
    expect(session).toBeDefined();
    const resume = (options: Partial<HandshakePairOptions>): Promise<HandshakePair> =>
      shake({ resumption, tickets, ...(session === undefined ? {} : { session }), ...options });
    const expectResumed = async (pair: HandshakePair): Promise<void> => {
      await expectAssociation(pair);
      expect(pair.server.connection?.resumed).toBe(true);
      expect(pair.client.session?.isLingering).toBe(true);
      expect(pair.server.session?.isLingering).toBe(false);
    };
    const pair = await resume({ seed: 2 });
    await expectResumed(pair);
    expect([pair.client.datagrams, pair.server.datagrams]).toEqual([3 + 1, 1 + 1]);
    let connected = 0;
    for (let seed = 3; seed < 43; seed += 1) {
      const rule = lossyRule(seededRandom(seed), { loss: 0.2, duplication: 0.2, jitterMs: 300 });
      const lossy = await resume({ seed, rule });
      if (lossy.server.connection === undefined) continue;
      connected += 1;
      await expectResumed(lossy);
    }
    expect(connected).toBeGreaterThanOrEqual(37);
  }
});

test('with Connection IDs, small records, and answers that come later', async () => {
  await expectAssociation(await shake({ suite: ECDSA, cidLength: 6, answerMs: 2500 }));
  await expectAssociation(await shake({ suite: PSK, cidLength: 0, answerMs: 2500 }));
  const small = await shake({ suite: ECDSA, maxFragmentLength: 1 });
  await expectAssociation(small);
  const sizes = small.network.log.flatMap(({ bytes }) =>
    decodeRecords(bytes, 0).map(({ fragment }) => fragment.length),
  );
  expect(Math.max(...sizes)).toBeLessThanOrEqual(512 + 16);
});

// Nothing is lost, so nothing has to go twice, whatever the order in which it arrives.
test('reordered and doubled datagrams cost no retransmission', async () => {
  const datagrams = { psk: new Set<string>(), ecdsa: new Set<string>() };
  for (let seed = 0; seed < 50; seed += 1) {
    for (const [name, one, mtu] of [
      ['psk', PSK, 1200],
      ['ecdsa', ECDSA, 256],
    ] as const) {
      const rule = lossyRule(seededRandom(seed), { duplication: 0.5, jitterMs: 120 });
      const pair = await shake({ seed, suite: one, mtu, rule });
      await expectAssociation(pair);
      expect(pair.client.endedAtMs).toBeLessThan(1000);
      datagrams[name].add(`${pair.client.datagrams} ${pair.server.datagrams}`);
    }
  }
  expect(datagrams.psk).toEqual(new Set(['4 3']));
  expect(datagrams.ecdsa.size).toBe(1);
});

test('any loss, order, duplication and MTU: a handshake completes or fails in bounded time, with equal secrets', async () => {
  let connected = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        suite: fc.constantFrom(...SUITES),
        mtu: fc.integer({ min: MIN_MTU, max: 1400 }),
        latencyMs: fc.integer({ min: 1, max: 1500 }),
        answerMs: fc.constantFrom(0, 0, 10, 700, 4000),
        cidLength: fc.constantFrom(undefined, 0, 6),
        loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
        duplication: fc.double({ min: 0, max: 0.5, noNaN: true }),
        jitterMs: fc.integer({ min: 0, max: 3000 }),
      }),
      async ({ cidLength, loss, duplication, jitterMs, ...options }) => {
        const rule = lossyRule(seededRandom(options.seed), { loss, duplication, jitterMs });
        const pair = new HandshakePair({ ...options, rule, ...(cidLength === undefined ? {} : { cidLength }) });
        await pair.run();
        const { client, server } = pair;
        expect(client.hasEnded).toBe(true);
        expect(client.endedAtMs).toBeLessThanOrEqual(DEFAULT_LIMITS.handshakeMs);
        for (const { failure } of [client, server])
          expect(failure?.code ?? 'ERR_DTLS_TIMEOUT').toBe('ERR_DTLS_TIMEOUT');
        if (client.connection !== undefined) {
          connected += 1;
          await expectAssociation(pair);
        }
        await pair.clock.advanceAsync(LINGER_MS + DEFAULT_LIMITS.handshakeMs);
        expect(pair.timers.size).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
  expect(connected).toBeGreaterThan(75);
}, 60_000);

test('a fifth of all datagrams lost: nearly every handshake completes', async () => {
  let connected = 0;
  for (let seed = 0; seed < 100; seed += 1) {
    const rule = lossyRule(seededRandom(seed), { loss: 0.2 });
    const pair = await shake({ seed, rule });
    if (pair.client.connection !== undefined) connected += 1;
  }
  expect(connected).toBeGreaterThanOrEqual(95);
});

// RFC 6347 §4.2.4, figure 3: each flight in turn is lost once.
test('the loss of any one datagram costs one time-out', async () => {
  const clean = await shake({ suite: ECDSA, mtu: 300 });
  const count = clean.network.log.length;
  expect(count).toBeGreaterThan(7);
  for (let lost = 0; lost < count; lost += 1) {
    const pair = await shake({ suite: ECDSA, mtu: 300, rule: ({ index }) => (index === lost ? 'drop' : 'deliver') });
    await expectAssociation(pair);
    expect(pair.client.endedAtMs).toBeLessThanOrEqual(1000 + 8 * 20);
    expect(pair.client.endedAtMs).toBeGreaterThanOrEqual(1000);
  }
});

test('a peer with another key is told so within seconds', async () => {
  const pair = await shake({ serverKey: Uint8Array.of(9) });
  expect(pair.server.failure).toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION', alert: 'bad_record_mac' });
  expect(pair.server.endedAtMs).toBeLessThan(4000);
  expect(pair.client.failure?.code).toBe('ERR_DTLS_TIMEOUT');
  expect(pair.client.failure?.message).toContain('the peer had said, without proof: bad_record_mac');
});

test('the first flight of a client is one ClientHello, and a server that says nothing more gets no data', async () => {
  const pair = new HandshakePair({ seed: 1, suite: PSK, mtu: 1200, rule: () => 'drop' });
  await pair.run();
  expect(pair.client.failure?.code).toBe('ERR_DTLS_TIMEOUT');
  const contents = pair.network.log.flatMap(({ bytes }) => decodeRecords(bytes, 0));
  expect(
    contents.every(({ type, fragment }) => type === ContentType.handshake && fragment[0] === HandshakeType.clientHello),
  ).toBe(true);
  expect(contents.map(({ sequence }) => sequence)).toEqual(contents.map((_record, index) => index));
});
