import { expect, test } from 'vitest';
import { GuardedBudget } from '../../src/engine/guarded-budget.ts';
import type { PeerState } from '../../src/engine/peer-state.ts';
import { Bench } from './fixtures.ts';

/** Heard of once, heard of again, and proven. */
function peers(): Readonly<Record<'fresh' | 'continued' | 'proven', PeerState>> {
  const bench = new Bench();
  const proven = bench.state('c');
  bench.table.prove(proven);
  bench.state('b');
  return { fresh: bench.state('a'), continued: bench.state('b'), proven };
}

test('leaves half to peers that were heard of before, and a quarter to those that are where they claim', () => {
  const { fresh, continued, proven } = peers();
  const budget = new GuardedBudget(8);
  const fill = (state: PeerState): number => {
    let count = 0;
    for (; budget.admits(state); count += 1) budget.hold(state);
    return count;
  };
  expect([fill(fresh), fill(continued), fill(proven)]).toEqual([4, 2, 2]);
  expect([budget.used, budget.admits(proven)]).toEqual([8, false]);
});

test('gives back once, at the standing that there was', () => {
  const { fresh, continued, proven } = peers();
  const budget = new GuardedBudget(2);
  const release = budget.hold(fresh);
  expect([budget.admits(fresh), budget.admits(continued), budget.admits(proven)]).toEqual([false, true, true]);
  release();
  release();
  expect([budget.used, budget.admits(fresh)]).toEqual([0, true]);
});
