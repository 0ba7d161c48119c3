import { seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { wander } from '../../src/simulator/wander.ts';

test('a measurement moves by small steps and stays within its range', () => {
  const random = seededRandom(1);
  let value = 22.5;
  const values = new Set<number>();
  for (let step = 0; step < 10_000; step += 1) {
    const next = wander(value, 0.4, 20, 25, random);
    expect(Math.abs(next - value)).toBeLessThanOrEqual(0.4);
    expect(next).toBeGreaterThanOrEqual(20);
    expect(next).toBeLessThanOrEqual(25);
    values.add(next);
    value = next;
  }
  expect(values.size).toBeGreaterThan(9_000);
});
