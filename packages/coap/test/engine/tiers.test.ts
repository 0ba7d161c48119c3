import { describe, expect, test } from 'vitest';
import { Standing, Tiers, type Tiered } from '../../src/engine/tiers.ts';
import { Bench } from './fixtures.ts';

interface Entry extends Tiered<Entry> {
  readonly name: string;
}

function entry(name: string): Entry {
  return { name, standing: Standing.NEW, sinceMs: 0, expiresAtMs: 0, previous: undefined, next: undefined };
}

function setup(): {
  bench: Bench;
  tiers: Tiers<Entry>;
  expired: string[];
  add: (name: string, standing?: Standing) => Entry;
} {
  const bench = new Bench();
  const expired: string[] = [];
  const { clock, timers } = bench;
  const tiers = new Tiers<Entry>({ clock, timers, lifetimeMs: 1000, onExpired: ({ name }) => expired.push(name) });
  const add = (name: string, standing: Standing = Standing.NEW): Entry => {
    const added = entry(name);
    tiers.add(added, standing);
    return added;
  };
  return { bench, tiers, expired, add };
}

const NOBODY = entry('nobody');

describe('room is made', () => {
  test('by the new, then those that went on, then the proven', () => {
    const { tiers, add } = setup();
    const all = [add('proven', Standing.PROVEN), add('continued', Standing.CONTINUED), add('new')];
    const order: string[] = [];
    for (let first = tiers.first(NOBODY); first !== undefined; first = tiers.first(NOBODY)) {
      order.push(first.name);
      tiers.remove(first);
    }
    expect(order).toEqual(['new', 'continued', 'proven']);
    expect(all).toHaveLength(3);
  });

  test('by the one that is longest without a sign of life', () => {
    const { tiers, add } = setup();
    const a = add('a');
    add('b');
    tiers.refresh(a, Standing.NEW);
    expect(tiers.first(NOBODY)?.name).toBe('b');
  });

  test('by others when the new have less than an eighth of the places', () => {
    const { tiers, add } = setup();
    add('new');
    for (let count = 0; count < 6; count += 1) add(`proven ${count}`, Standing.PROVEN);
    expect(tiers.first(NOBODY)?.name).toBe('new');
    add('continued', Standing.CONTINUED);
    expect(tiers.first(NOBODY)?.name).toBe('continued');
  });

  test('not by the one it is made for', () => {
    const { tiers, add } = setup();
    const a = add('a');
    expect(tiers.first(a)).toBeUndefined();
    add('b', Standing.PROVEN);
    expect(tiers.first(a)?.name).toBe('b');
  });

  test('not by those that may not leave: they go to the end of their tier', () => {
    const { tiers, add } = setup();
    add('busy');
    add('idle');
    expect(tiers.firstWhere(({ name }) => name === 'idle')?.name).toBe('idle');
    expect(tiers.first(NOBODY)?.name).toBe('idle');
    expect(tiers.firstWhere(() => false)).toBeUndefined();
    add('proven', Standing.PROVEN);
    expect(tiers.firstWhere(({ name }) => name === 'proven')?.name).toBe('proven');
  });
});

test('standing gets better, never worse', () => {
  const { tiers, add } = setup();
  const a = add('a');
  tiers.refresh(a, Standing.PROVEN);
  tiers.refresh(a, Standing.CONTINUED);
  expect(a.standing).toBe(Standing.PROVEN);
});

test('entries of every standing expire', () => {
  const { bench, tiers, expired, add } = setup();
  add('proven', Standing.PROVEN);
  bench.clock.advance(500);
  const a = add('new');
  tiers.refresh(a, Standing.CONTINUED);
  bench.clock.advance(500);
  expect(expired).toEqual(['proven']);
  bench.clock.advance(1000);
  expect(expired).toEqual(['proven', 'new']);
  // And nobody counts them any more.
  for (let count = 0; count < 8; count += 1) add(`proven ${count}`, Standing.PROVEN);
  add('fresh');
  expect(tiers.first(NOBODY)?.name).toBe('proven 0');
});
