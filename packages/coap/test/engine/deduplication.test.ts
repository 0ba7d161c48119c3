import { describe, expect, test } from 'vitest';
import { Deduplication } from '../../src/engine/deduplication.ts';
import { type CoapLimits, DEFAULT_LIMITS } from '../../src/limits.ts';
import { Bench } from './fixtures.ts';

function setup(bounds: Partial<CoapLimits> = {}): { bench: Bench; known: Deduplication } {
  const bench = new Bench();
  const { clock, timers, random, onLimit } = bench;
  const limits = { ...DEFAULT_LIMITS, ...bounds };
  return { bench, known: new Deduplication({ clock, timers, random, onLimit, limits }) };
}

/** Lifetimes of Confirmable and Non-confirmable messages. */
const CON = 247_000;
const NON = 145_000;
/** Bytes for replies are taken by the page. */
const PAGE = 8192;

describe('the bounds', () => {
  test('of all entries: the oldest goes, of whatever kind', () => {
    const { bench, known } = setup({ deduplicationEntries: 2 });
    known.add(bench.state('a'), 1, CON);
    bench.clock.advance(1);
    known.add(bench.state('a'), 2, NON);
    bench.clock.advance(1);
    known.add(bench.state('b'), 3, CON);
    expect(known.find(bench.state('a'), 1)).toBeUndefined();
    bench.clock.advance(1);
    known.add(bench.state('b'), 4, CON);
    expect(known.find(bench.state('a'), 2)).toBeUndefined();
    expect([known.size, bench.limits]).toEqual([2, 2]);
  });

  test("of a peer: its oldest goes, not another peer's", () => {
    const { bench, known } = setup({ deduplicationPerPeer: 2 });
    known.add(bench.state('b'), 1, CON);
    for (const messageId of [1, 2, 3]) known.add(bench.state('a'), messageId, CON);
    expect([1, 2, 3].map((messageId) => known.find(bench.state('a'), messageId) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    expect(known.find(bench.state('b'), 1)).toBeDefined();
  });

  test('of a peer: however much it sends, it takes no room from others', () => {
    const { bench, known } = setup({ deduplicationEntries: 12, deduplicationPerPeer: 10 });
    known.add(bench.state('b'), 1, CON);
    for (let messageId = 0; messageId < 1000; messageId += 1) {
      const entry = known.add(bench.state('a'), messageId, CON);
      if (messageId % 3 === 0) known.forget(entry);
    }
    expect(known.find(bench.state('b'), 1)).toBeDefined();
    expect(known.size).toBeLessThanOrEqual(11);
  });

  test('of bytes', () => {
    const { bench, known } = setup({ deduplicationBytes: 2 * PAGE });
    for (const messageId of [1, 2, 3]) known.answered(known.add(bench.state(), messageId, CON), new Uint8Array(PAGE));
    expect([known.size, known.bytes, bench.limits]).toEqual([2, 2 * PAGE, 1]);
    expect(known.find(bench.state(), 1)).toBeUndefined();
    expect(known.find(bench.state(), 3)).toBeDefined();
  });

  test('of bytes, with a reply that is larger than all of them: its own entry goes', () => {
    const { bench, known } = setup({ deduplicationBytes: PAGE });
    known.answered(known.add(bench.state(), 1, CON), new Uint8Array(10));
    known.answered(known.add(bench.state(), 2, CON), new Uint8Array(PAGE + 1));
    expect([known.size, known.bytes, bench.limits]).toEqual([1, PAGE, 1]);
    expect(known.find(bench.state(), 2)).toBeUndefined();
  });

  test('of entries is 2^21 - 1 at most', () => {
    expect(() => setup({ deduplicationEntries: 2 ** 21 })).toThrow(RangeError);
  });
});

test('entries leave after their lifetime, and their bytes with them', () => {
  const { bench, known } = setup();
  const state = bench.state();
  known.answered(known.add(state, 1, CON), new Uint8Array(10));
  known.answered(known.add(state, 2, NON), new Uint8Array(10));
  bench.clock.advance(145_000);
  expect([known.size, known.bytes]).toEqual([1, PAGE]);
  bench.clock.advance(102_000);
  expect([known.size, known.bytes, state.received.count]).toEqual([0, 0, 0]);
});

test('an entry that was forgotten is not answered any more', () => {
  const { bench, known } = setup();
  const entry = known.add(bench.state(), 1, CON);
  known.forget(entry);
  known.forget(entry);
  known.answered(entry, new Uint8Array(10));
  expect([known.size, known.bytes, known.find(bench.state(), 1)]).toEqual([0, 0, undefined]);
});

test('a peer is forgotten as a whole', () => {
  const { bench, known } = setup();
  for (const messageId of [1, 2, 3]) known.add(bench.state('a'), messageId, messageId === 2 ? CON : NON);
  known.add(bench.state('b'), 1, CON);
  known.forgetPeer(bench.state('a'));
  expect(known.size).toBe(1);
});

describe('the table', () => {
  test('grows, and begins anew when it is empty', () => {
    const { bench, known } = setup();
    for (let messageId = 0; messageId < 1000; messageId += 1)
      known.add(bench.state(`${messageId % 7}`), messageId, CON);
    expect([known.size, known.capacity]).toEqual([1000, 1024]);
    for (let messageId = 0; messageId < 1000; messageId += 1) {
      expect(known.find(bench.state(`${messageId % 7}`), messageId)).toBeDefined();
      expect(known.find(bench.state(`${(messageId + 1) % 7}`), messageId)).toBeUndefined();
    }
    bench.clock.advance(CON);
    expect([known.size, known.capacity]).toEqual([0, 16]);
    known.add(bench.state(), 1, CON);
    expect(known.find(bench.state(), 1)).toBeDefined();
  });

  test('grows no further than its bound', () => {
    const { bench, known } = setup({ deduplicationEntries: 20 });
    for (let messageId = 0; messageId < 100; messageId += 1) known.add(bench.state(), messageId, CON);
    expect([known.size, known.capacity]).toEqual([20, 20]);
  });

  test('gives a place again, but not to the handle that it had before', () => {
    const { bench, known } = setup();
    const forgotten = known.add(bench.state(), 1, CON);
    known.forget(forgotten);
    const next = known.add(bench.state(), 2, CON);
    known.answered(forgotten, Uint8Array.of(1));
    known.forget(forgotten);
    expect([known.find(bench.state(), 2), known.replyOf(next), known.replyOf(forgotten)]).toEqual([
      next,
      undefined,
      undefined,
    ]);
  });

  test('that began anew does not know the handles of before either', () => {
    const { bench, known } = setup();
    const before = Array.from({ length: 20 }, (_, messageId) => known.add(bench.state(), messageId, CON));
    known.forgetPeer(bench.state());
    expect(known.capacity).toBe(16);
    const after = Array.from({ length: 20 }, (_, messageId) => known.add(bench.state(), messageId, CON));
    for (const entry of before) known.forget(entry);
    expect([known.size, new Set([...before, ...after]).size]).toEqual([20, 40]);
  });

  test('with more lifetimes than it has generations for still keeps each entry for its own', () => {
    const { bench, known } = setup();
    const state = bench.state();
    const lifetimes = Array.from({ length: 40 }, (_, index) => 400_000 - index * 1000);
    for (const [messageId, lifetimeMs] of lifetimes.entries()) known.add(state, messageId, lifetimeMs);
    bench.clock.advance(380_000);
    const left = lifetimes.filter((_, messageId) => known.find(state, messageId) !== undefined);
    expect(left).toEqual(lifetimes.filter((lifetimeMs) => lifetimeMs > 380_000));
    bench.clock.advance(21_000);
    expect([known.size, bench.timers.size]).toEqual([0, 0]);
  });

  test('sweeps on time what joins with a shorter lifetime', () => {
    const { bench, known } = setup();
    known.add(bench.state(), 1, CON);
    known.add(bench.state(), 2, 5000);
    bench.clock.advance(5000);
    expect(known.size).toBe(1);
  });
});

describe('replies', () => {
  test('are copies: what becomes of the bytes that were given or taken does not show', () => {
    const { bench, known } = setup();
    const entry = known.add(bench.state(), 1, CON);
    const reply = Uint8Array.of(1, 2, 3);
    known.answered(entry, reply);
    reply.fill(0);
    known.replyOf(entry)?.fill(9);
    expect(known.replyOf(entry)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('are replaced by later ones', () => {
    const { bench, known } = setup();
    const entry = known.add(bench.state(), 1, CON);
    known.answered(entry, Uint8Array.of(1, 2, 3));
    known.answered(entry, Uint8Array.of(4));
    expect(known.replyOf(entry)).toEqual(Uint8Array.of(4));
  });

  test('share pages, which are used again when all in them have left', () => {
    const { bench, known } = setup();
    const send = (from: number): void => {
      for (let messageId = from; messageId < from + 100; messageId += 1) {
        known.answered(known.add(bench.state(), messageId, CON), new Uint8Array(1000).fill(messageId));
      }
    };
    send(0);
    expect(known.bytes).toBe(13 * PAGE); // eight to a page
    bench.clock.advance(CON / 2);
    send(100);
    expect(known.bytes).toBe(25 * PAGE);
    bench.clock.advance(CON / 2);
    expect(known.bytes).toBe(13 * PAGE); // the page in the middle has replies of both
    send(200);
    expect(known.bytes).toBe(26 * PAGE);
    for (let messageId = 100; messageId < 300; messageId += 1) {
      const entry = known.find(bench.state(), messageId) ?? 0;
      expect(known.replyOf(entry)).toEqual(new Uint8Array(1000).fill(messageId));
    }
  });

  test('larger than a page have one of their own', () => {
    const { bench, known } = setup();
    const sizes = [10, PAGE + 100, 65_507, 10];
    const entries = sizes.map((size, messageId) => {
      const entry = known.add(bench.state(), messageId, CON);
      known.answered(entry, new Uint8Array(size).fill(size));
      return entry;
    });
    expect(known.bytes).toBe(2 * PAGE + PAGE + 100 + 65_507);
    expect(entries.map((entry) => known.replyOf(entry)?.length)).toEqual(sizes);
    for (const entry of entries) known.forget(entry);
    expect(known.bytes).toBe(0);
  });
});
