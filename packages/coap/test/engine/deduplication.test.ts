import { describe, expect, test } from 'vitest';
import { Deduplication } from '../../src/engine/deduplication.ts';
import { type CoapLimits, DEFAULT_LIMITS } from '../../src/limits.ts';
import { Bench } from './fixtures.ts';

function setup(bounds: Partial<CoapLimits> = {}): { bench: Bench; known: Deduplication } {
  const bench = new Bench();
  const { clock, timers, times, onLimit } = bench;
  const limits = { ...DEFAULT_LIMITS, ...bounds };
  return { bench, known: new Deduplication({ clock, timers, times, onLimit, limits }) };
}

describe('the bounds', () => {
  test('of all entries: the oldest goes, of whatever kind', () => {
    const { bench, known } = setup({ deduplicationEntries: 2 });
    known.add(bench.state('a'), 1, true);
    bench.clock.advance(1);
    known.add(bench.state('a'), 2, false);
    bench.clock.advance(1);
    known.add(bench.state('b'), 3, true);
    expect(known.find(bench.state('a'), 1)).toBeUndefined();
    bench.clock.advance(1);
    known.add(bench.state('b'), 4, true);
    expect(known.find(bench.state('a'), 2)).toBeUndefined();
    expect([known.size, bench.limits]).toEqual([2, 2]);
  });

  test("of a peer: its oldest goes, not another peer's", () => {
    const { bench, known } = setup({ deduplicationPerPeer: 2 });
    known.add(bench.state('b'), 1, true);
    for (const messageId of [1, 2, 3]) known.add(bench.state('a'), messageId, true);
    expect([1, 2, 3].map((messageId) => known.find(bench.state('a'), messageId) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    expect(known.find(bench.state('b'), 1)).toBeDefined();
  });

  test('of bytes', () => {
    const { bench, known } = setup({ deduplicationBytes: 100 });
    for (const messageId of [1, 2, 3]) known.answered(known.add(bench.state(), messageId, true), new Uint8Array(40));
    expect([known.size, known.bytes]).toEqual([2, 80]);
    expect(known.find(bench.state(), 1)).toBeUndefined();
  });
});

test('entries leave after their lifetime, and their bytes with them', () => {
  const { bench, known } = setup();
  const state = bench.state();
  known.answered(known.add(state, 1, true), new Uint8Array(10));
  known.answered(known.add(state, 2, false), new Uint8Array(10));
  bench.clock.advance(145_000);
  expect([known.size, known.bytes]).toEqual([1, 10]);
  bench.clock.advance(102_000);
  expect([known.size, known.bytes, state.received.size]).toEqual([0, 0, 0]);
});

test('an entry that was forgotten is not answered any more', () => {
  const { bench, known } = setup();
  const entry = known.add(bench.state(), 1, true);
  known.forget(entry);
  known.forget(entry);
  known.answered(entry, new Uint8Array(10));
  expect([known.size, known.bytes, known.find(bench.state(), 1)]).toEqual([0, 0, undefined]);
});

test('a peer is forgotten as a whole', () => {
  const { bench, known } = setup();
  for (const messageId of [1, 2, 3]) known.add(bench.state('a'), messageId, messageId === 2);
  known.add(bench.state('b'), 1, true);
  known.forgetPeer(bench.state('a'));
  expect(known.size).toBe(1);
});
