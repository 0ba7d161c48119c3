import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { MessageIdSource } from '../../src/engine/message-id.ts';

const LIFETIME = 247_000;

describe('Message IDs', () => {
  test('begin anywhere and count up through 65535 to 0', () => {
    const ids = new MessageIdSource(
      new VirtualClock(),
      { bytes: () => new Uint8Array(0), unit: () => 65_534 / 65_536 },
      LIFETIME,
    );
    expect([ids.take(), ids.take(), ids.take()]).toEqual([65_534, 65_535, 0]);
    const others = Array.from({ length: 20 }, (_, seed) =>
      new MessageIdSource(new VirtualClock(), seededRandom(seed), LIFETIME).take(),
    );
    expect(new Set(others).size).toBe(20);
  });

  test.each([0, 1, 4095, 4096, 30_000, 65_535])('none comes back within EXCHANGE_LIFETIME (start %i)', (start) => {
    const clock = new VirtualClock();
    const ids = new MessageIdSource(clock, { bytes: () => new Uint8Array(0), unit: () => start / 65_536 }, LIFETIME);
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
    expect(usedAt.size).toBe(65_536);
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
