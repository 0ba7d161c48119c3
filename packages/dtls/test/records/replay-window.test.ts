import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplayWindow } from '../../src/records/replay-window.ts';

/** The same with a set, as RFC 6347 §4.1.2.6 describes it. */
class Model {
  readonly #seen = new Set<number>();
  #newest = -1;

  isFresh(sequence: number): boolean {
    return sequence > this.#newest - 64 && !this.#seen.has(sequence);
  }

  accept(sequence: number): boolean {
    this.#seen.add(sequence);
    const newest = sequence > this.#newest;
    if (newest) this.#newest = sequence;
    return newest;
  }
}

describe('ReplayWindow', () => {
  test('begins with nothing received', () => {
    const window = new ReplayWindow();
    expect(window.ceiling).toBe(-1);
    expect(window.isFresh(0)).toBe(true);
    expect(window.accept(0)).toBe(true);
    expect(window.isFresh(0)).toBe(false);
    expect(window.ceiling).toBe(0);
  });

  test('takes what comes late once, and tells that it is not the newest', () => {
    const window = new ReplayWindow();
    window.accept(100);
    for (const late of [99, 69, 68, 67, 37]) {
      expect(window.isFresh(late)).toBe(true);
      expect(window.accept(late)).toBe(false);
      expect(window.isFresh(late)).toBe(false);
    }
    expect(window.isFresh(36)).toBe(false);
    expect(window.isFresh(38)).toBe(true);
    expect(window.ceiling).toBe(100);
  });

  test.each([1, 31, 32, 33, 63, 64, 65, 1000, 2 ** 32, 2 ** 47])('jumps ahead by %i', (step) => {
    const window = new ReplayWindow();
    window.accept(5);
    expect(window.accept(5 + step)).toBe(true);
    expect(window.ceiling).toBe(5 + step);
    expect(window.isFresh(5 + step)).toBe(false);
    expect(window.isFresh(5)).toBe(false);
    expect(window.isFresh(5 + step - 1)).toBe(step > 1);
    expect(window.isFresh(5 + step + 1)).toBe(true);
  });

  test('refuses all up to a ceiling that was restored', () => {
    const window = new ReplayWindow(1000);
    for (let sequence = 900; sequence <= 1000; sequence += 1) expect(window.isFresh(sequence)).toBe(false);
    expect(window.accept(1010)).toBe(true);
    expect(window.isFresh(1000)).toBe(false);
    expect(window.isFresh(1001)).toBe(true);
  });

  test('does as a set does', () => {
    const step = fc.oneof(fc.integer({ min: -70, max: 70 }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 33));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const window = new ReplayWindow();
        const model = new Model();
        let sequence = 100;
        for (const by of steps) {
          sequence = Math.max(0, sequence + by);
          expect(window.isFresh(sequence)).toBe(model.isFresh(sequence));
          if (model.isFresh(sequence)) expect(window.accept(sequence)).toBe(model.accept(sequence));
          const around = Array.from({ length: 140 }, (_, index) => sequence + 70 - index).filter((at) => at >= 0);
          expect(around.filter((at) => window.isFresh(at))).toEqual(around.filter((at) => model.isFresh(at)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
