import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Few } from '../../src/engine/few.ts';

const step = fc.record({ set: fc.boolean(), key: fc.integer({ min: 0, max: 9 }) });

describe('Few', () => {
  it('does what a Map does, with few entries and with many', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const few = new Few<number, { readonly at: number }>();
        const map = new Map<number, { readonly at: number }>();
        for (const [at, { set, key }] of steps.entries()) {
          if (set) {
            few.set(key, { at });
            map.set(key, { at });
          } else {
            few.delete(key);
            map.delete(key);
          }
          expect([...few]).toEqual([...map]);
          expect(few.values()).toEqual([...map.values()]);
          expect(few.size).toBe(map.size);
          expect(few.isEmpty).toBe(map.size === 0);
          expect(few.has(key)).toBe(map.has(key));
          expect(few.get(key)).toEqual(map.get(key));
        }
      }),
    );
  });
});
