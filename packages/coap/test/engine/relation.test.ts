import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { GuardedBudget } from '../../src/engine/guarded-budget.ts';
import { Relation } from '../../src/engine/relation.ts';
import { Bench } from './fixtures.ts';

/** RFC 7641 §4.4. */
test('an observation has numbers of 24 bits', () => {
  const state = new Bench().state();
  const engine = { relations: new GuardedBudget(1) } as unknown as Engine;
  const token = Uint8Array.of(1);
  const shape = (): never => {
    throw new Error('nothing is sent here');
  };
  const first = new Relation(engine, state, token, shape);
  for (const [owner] of state.relations) {
    state.relations.set(owner, { sequence: 0xff_ffff, close: () => first.end() });
  }
  const relation = new Relation(engine, state, token, shape);
  expect([relation.nextObserve(), relation.nextObserve()]).toEqual([0xff_ffff, 0]);
});
