import type { RandomSource } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { MessageIdSource, MULTICAST_IDS } from '../../src/engine/message-id.ts';

const LIFETIME = 247_000;

const startingAt = (start: number, count: number): RandomSource => ({
  bytes: () => new Uint8Array(0),
  unit: () => start / count,
});

describe('Message IDs', () => {
  test('begin anywhere and count up to the end and from 0 on', () => {
    const ids = new MessageIdSource(new VirtualClock(), startingAt(65_278, 65_280), LIFETIME);
    expect([ids.take(), ids.take(), ids.take()]).toEqual([65_278, 65_279, 0]);
    const others = Array.from({ length: 20 }, (_, seed) =>
      new MessageIdSource(new VirtualClock(), seededRandom(seed), LIFETIME).take(),
    );
    expect(new Set(others).size).toBe(20);
  });

  test('of requests to groups are none that a peer alone would see (RFC 7252 §4.4)', () => {
    const clock = new VirtualClock();
    const ids = new MessageIdSource(clock, startingAt(255, 256), LIFETIME, MULTICAST_IDS);
    expect([ids.take(), ids.take()]).toEqual([65_535, 65_280]);
    const taken: number[] = [];
    for (let id = ids.take(); id !== undefined; id = ids.take()) taken.push(id);
    expect(taken).toEqual(Array.from({ length: 239 }, (_, index) => 65_281 + index));
    clock.advance(LIFETIME);
    expect(ids.take()).toBeDefined();
  });

  test.each([0, 1, 4079, 4080, 30_000, 65_279])('none comes back within EXCHANGE_LIFETIME (start %i)', (start) => {
    const clock = new VirtualClock();
    const ids = new MessageIdSource(clock, startingAt(start, 65_280), LIFETIME);
    const usedAt = new Map<number, number>();
    let taken = 0;
    let tooEarly = 0;
    for (let step = 0; step < 300_000; step += 1) {
      const id = ids.take();
      if (id === undefined) {
        clock.advance(1000);
        continue;
      }
      taken += 1;
      if (clock.now() - (usedAt.get(id) ?? -Infinity) < LIFETIME) tooEarly += 1;
      usedAt.set(id, clock.now());
    }
    expect(tooEarly).toBe(0);
    expect(usedAt.size).toBe(65_280);
    expect(taken).toBeGreaterThan(200_000);
  });

  test('a slow sender never runs out', () => {
    const clock = new VirtualClock();
    const ids = new MessageIdSource(clock, seededRandom(1), LIFETIME);
    let refused = 0;
    for (let step = 0; step < 200_000; step += 1) {
      if (ids.take() === undefined) refused += 1;
      clock.advance(5);
    }
    expect(refused).toBe(0);
  });
});
