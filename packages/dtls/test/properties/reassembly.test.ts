import { seededRandom } from '@flownexus/datagram/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../../src/bytes.ts';
import { DtlsError } from '../../src/errors.ts';
import { fragmentMessage } from '../../src/handshake/fragment.ts';
import {
  encodeFragment,
  encodeHandshakeMessage,
  HANDSHAKE_HEADER_SIZE,
  type HandshakeMessage,
} from '../../src/handshake/handshake-message.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { MAX_MESSAGES_AHEAD } from '../../src/limits.ts';

const bodies = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: MAX_MESSAGES_AHEAD });
const messages = fc
  .tuple(fc.nat(1_000), bodies)
  .map(([first, all]) => all.map((body, index) => encodeHandshakeMessage(1 + (body.length % 20), first + index, body)));
/** How large the fragments are each time that the messages are sent; the last time all of them arrive. */
const cuts = fc.array(fc.integer({ min: HANDSHAKE_HEADER_SIZE + 7, max: 250 }), { minLength: 1, maxLength: 4 });

test('messages come out whole and in order, however they are cut, lost, repeated, reordered and put into records', () => {
  fc.assert(
    fc.property(messages, cuts, fc.nat(), (sent, sizes, seed) => {
      const random = seededRandom(seed);
      const next = (): number => random.unit();
      const reassembler = new Reassembler(sent[0]?.sequence ?? 0);
      const given: HandshakeMessage[] = [];
      for (const [round, size] of sizes.entries()) {
        const all = sent.flatMap((message) => fragmentMessage(message, size));
        const arrive = round === sizes.length - 1 ? all : all.filter(() => next() < 0.6);
        const doubled = arrive.flatMap((one) => (next() < 0.2 ? [one, one] : [one]));
        for (const record of pack(shuffle(doubled, next), next)) {
          reassembler.add(record);
          // The machine takes messages when it is ready.
          if (next() < 0.5) take(reassembler, given);
        }
      }
      take(reassembler, given);
      expect(given).toEqual(sent);
      expect(reassembler.bytes).toBe(0);
    }),
  );
});

test('arbitrary bytes give what they say or a DtlsError, and no more is held than what came', () => {
  const header = fc
    .record({
      type: fc.nat(255),
      sequence: fc.nat(10),
      length: fc.oneof(fc.nat(40), fc.nat(2 ** 24 - 1)),
      offset: fc.oneof(fc.nat(40), fc.nat(2 ** 24 - 1)),
      fragmentLength: fc.nat(40),
    })
    .map((header) => encodeFragment(header, new Uint8Array(0)));
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.tuple(header, fc.uint8Array({ maxLength: 40 })), { maxLength: 4 })
      .map((parts) => concatBytes(...parts.flat())),
  );
  fc.assert(
    fc.property(fc.array(content, { maxLength: 30 }), (contents) => {
      const reassembler = new Reassembler(2);
      let arrived = 0;
      for (const one of contents) {
        arrived += one.length;
        try {
          reassembler.add(one);
        } catch (error) {
          expect(error).toBeInstanceOf(DtlsError);
        }
        expect(reassembler.bytes).toBeLessThanOrEqual(arrived);
        const message = reassembler.next();
        if (message !== undefined) expect(message.raw).toHaveLength(HANDSHAKE_HEADER_SIZE + message.body.length);
      }
    }),
    { numRuns: 500 },
  );
});

function take(reassembler: Reassembler, into: HandshakeMessage[]): void {
  for (let message = reassembler.next(); message !== undefined; message = reassembler.next()) into.push(message);
}

function shuffle<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** Several fragments in one record now and then. */
function pack(fragments: readonly Uint8Array[], next: () => number): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (const fragment of fragments) {
    const last = records.at(-1);
    if (last !== undefined && next() < 0.3) records[records.length - 1] = concatBytes(last, fragment);
    else records.push(fragment);
  }
  return records;
}
