import { describe, expect, test } from 'vitest';
import { CoapError, DEFAULT_LIMITS } from '../../src/index.ts';
import { Standing } from '../../src/engine/tiers.ts';
import { Bench, peer } from './fixtures.ts';

const relation = { sequence: 0, close: () => undefined };

describe('peers', () => {
  test('that are silent for EXCHANGE_LIFETIME are forgotten', () => {
    const bench = new Bench();
    bench.state('a');
    bench.state('b');
    bench.clock.advance(200_000);
    expect(bench.table.find(peer('b'))).toBeDefined();
    bench.clock.advance(47_000);
    expect([bench.evicted, bench.table.size]).toEqual([['a'], 1]);
    bench.clock.advance(200_000);
    expect([bench.evicted, bench.table.size]).toEqual([['a', 'b'], 0]);
    expect(bench.timers.size).toBe(0);
  });

  test('with something under way stay', () => {
    const bench = new Bench();
    const state = bench.state('a');
    state.relations.set('x', relation);
    bench.clock.advance(1_000_000);
    expect(bench.table.size).toBe(1);
    state.relations.delete('x');
    bench.clock.advance(247_000);
    expect(bench.table.size).toBe(0);
  });

  test('make room when there are too many: the longest silent first', () => {
    const bench = new Bench({ limits: { ...DEFAULT_LIMITS, peers: 2 } });
    bench.state('a');
    bench.state('b');
    bench.state('a');
    bench.state('c');
    expect(bench.evicted).toEqual(['b']);
  });

  test('make room when they were heard of only once, before those that were heard of again, and the proven last', () => {
    const bench = new Bench({ limits: { ...DEFAULT_LIMITS, peers: 3 } });
    bench.table.prove(bench.state('proven'));
    for (const key of ['known', 'known', 'once', 'a', 'b', 'b', 'c']) bench.state(key);
    expect(bench.evicted).toEqual(['once', 'a', 'known']);
    expect(bench.table.find(peer('proven'))).toBeDefined();
  });

  test('that the transport knows are proven', () => {
    const bench = new Bench();
    const identity = { kind: 'psk', identity: 'a' } as const;
    expect(bench.table.obtain({ ...peer('a'), identity })?.standing).toBe(Standing.PROVEN);
    expect(bench.state('b').standing).toBe(Standing.NEW);
  });

  test('with something under way do not make room', () => {
    const bench = new Bench({ limits: { ...DEFAULT_LIMITS, peers: 2 } });
    bench.state('a').relations.set('x', relation);
    bench.state('b').relations.set('x', relation);
    expect(bench.table.obtain(peer('c'))).toBeUndefined();
    expect(bench.table.find(peer('a'))).toBeDefined();
  });

  test('that closed know why', () => {
    const bench = new Bench();
    const state = bench.state('a');
    const error = new CoapError('ERR_COAP_CLOSED', 'closed');
    expect(bench.table.remove(peer('a'), error)).toBe(state);
    expect(state.closedWith).toBe(error);
    expect(bench.table.remove(peer('a'), error)).toBeUndefined();
    expect(bench.state('a')).not.toBe(state);
  });

  test('have the latest form of their name', () => {
    const bench = new Bench();
    bench.state('a');
    const moved = { ...peer('a'), host: '10.9.9.9' };
    expect(bench.table.find(moved)?.peer).toBe(moved);
  });
});
