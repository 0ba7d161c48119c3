import { VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type DtlsLimits } from '../../src/limits.ts';
import { HandshakeRates } from '../../src/transport/handshake-rates.ts';

function rates(limits: Partial<DtlsLimits>): { clock: VirtualClock; rates: HandshakeRates } {
  const clock = new VirtualClock();
  return { clock, rates: new HandshakeRates(clock, { ...DEFAULT_LIMITS, ...limits }) };
}

/** How many of `count` handshakes may begin, one after the other. */
function passed(table: HandshakeRates, network: string, count: number): number {
  let passed = 0;
  for (let index = 0; index < count; index += 1) {
    if (!table.begin(network)) continue;
    passed += 1;
    table.ended(network);
  }
  return passed;
}

describe('HandshakeRates', () => {
  test('a network may begin a burst, and then as many per second as its rate says', () => {
    const { clock, rates: table } = rates({ handshakeBurstPerNetwork: 10, handshakeRatePerNetwork: 4 });
    expect(passed(table, '10.0.0', 20)).toBe(10);
    clock.advance(1000);
    expect(passed(table, '10.0.0', 20)).toBe(4);
    clock.advance(250);
    expect(passed(table, '10.0.0', 20)).toBe(1);
    clock.advance(3_600_000);
    expect(passed(table, '10.0.0', 20)).toBe(10);
  });

  test('networks do not count against each other', () => {
    const { rates: table } = rates({ handshakeBurstPerNetwork: 2, handshakeRatePerNetwork: 1 });
    expect(passed(table, '10.0.0', 5)).toBe(2);
    expect(passed(table, '10.0.1', 5)).toBe(2);
  });

  test('only so many are under way at a time', () => {
    const { rates: table } = rates({ handshakesPerNetwork: 3 });
    expect([1, 2, 3, 4].map(() => table.begin('10.0.0'))).toEqual([true, true, true, false]);
    table.ended('10.0.0');
    expect([1, 2].map(() => table.begin('10.0.0'))).toEqual([true, false]);
    expect(table.begin('10.0.1')).toBe(true);
  });

  test('a network that is refused for the handshakes under way loses no token', () => {
    const { rates: table } = rates({
      handshakesPerNetwork: 1,
      handshakeBurstPerNetwork: 2,
      handshakeRatePerNetwork: 1,
    });
    expect([1, 2, 3].map(() => table.begin('10.0.0'))).toEqual([true, false, false]);
    table.ended('10.0.0');
    expect(table.begin('10.0.0')).toBe(true);
  });

  test('with too many networks the one that was not heard of for longest is forgotten', () => {
    const { rates: table } = rates({ networks: 2, handshakeBurstPerNetwork: 2, handshakeRatePerNetwork: 1 });
    expect(passed(table, 'a', 1)).toBe(1);
    expect(passed(table, 'b', 2)).toBe(2);
    expect(passed(table, 'a', 1)).toBe(1);
    expect(passed(table, 'c', 1)).toBe(1); // b is forgotten
    expect(passed(table, 'a', 1)).toBe(0);
    expect(passed(table, 'b', 5)).toBe(2);
  });
});
