import { DatagramLimits, systemRandom } from '@flownexus/datagram';
import { describe, expect, test } from 'vitest';

describe('systemRandom', () => {
  test.each([0, 1, 4, 8, 1024, 1025, DatagramLimits.randomPoolSize, 100_000])('gives %i bytes', (length) => {
    expect(systemRandom.bytes(length)).toHaveLength(length);
  });

  test('never gives the same token twice in many draws across the pool', () => {
    const tokens = new Set<string>();
    for (let count = 0; count < 10_000; count += 1) tokens.add(systemRandom.bytes(8).join());
    expect(tokens.size).toBe(10_000);
  });

  test('each draw owns its bytes', () => {
    const first = systemRandom.bytes(16);
    const before = first.slice();
    for (let count = 0; count < 1000; count += 1) systemRandom.bytes(16).fill(0);
    expect(first).toEqual(before);
    expect(first.buffer.byteLength).toBe(16);
  });

  test('bytes and numbers are spread over their range', () => {
    const bytes = systemRandom.bytes(50_000);
    expect(new Set(bytes).size).toBe(256);
    let sum = 0;
    for (let count = 0; count < 10_000; count += 1) {
      const unit = systemRandom.unit();
      expect(unit >= 0 && unit < 1).toBe(true);
      sum += unit;
    }
    // Ten standard deviations: √(1/12) / √10000 ≈ 0.0029.
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.029);
  });
});
