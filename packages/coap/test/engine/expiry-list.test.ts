import { expect, test } from 'vitest';
import { ExpiryList, type Expiring } from '../../src/engine/expiry-list.ts';
import { Bench } from './fixtures.ts';

interface Entry extends Expiring<Entry> {
  readonly name: string;
}
const entry = (name: string): Entry => ({ name, sinceMs: 0, expiresAtMs: 0, previous: undefined, next: undefined });

function setup(onExpired?: (list: ExpiryList<Entry>, entry: Entry) => void): {
  bench: Bench;
  list: ExpiryList<Entry>;
  gone: string[];
} {
  const bench = new Bench();
  const gone: string[] = [];
  const list: ExpiryList<Entry> = new ExpiryList<Entry>({
    clock: bench.clock,
    timers: bench.timers,
    lifetimeMs: 10_000,
    onExpired: (expired) => {
      gone.push(`${expired.name} ${bench.clock.now()}`);
      onExpired?.(list, expired);
    },
  });
  return { bench, list, gone };
}

test('entries leave in order, and the list sleeps when it is empty', () => {
  const { bench, list, gone } = setup();
  list.add(entry('a'));
  bench.clock.advance(5000);
  list.add(entry('b'));
  bench.clock.advance(20_000);
  expect(gone).toEqual(['a 10000', 'b 15000']);
  expect(bench.timers.size).toBe(0);
  list.add(entry('c'));
  bench.clock.advance(10_000);
  expect(gone).toHaveLength(3);
});

test('any entry can be removed or refreshed', () => {
  const { bench, list, gone } = setup();
  const all = ['a', 'b', 'c', 'd'].map(entry);
  for (const one of all) list.add(one);
  list.remove(all[1]!);
  bench.clock.advance(4000);
  list.refresh(all[0]!);
  list.remove(all[3]!);
  expect(list.first).toBe(all[2]);
  bench.clock.advance(20_000);
  expect(gone).toEqual(['c 10000', 'a 14000']);
});

test('many entries do not mean many wake-ups', () => {
  const { bench, list, gone } = setup();
  for (let index = 0; index < 100; index += 1) {
    list.add(entry(String(index)));
    bench.clock.advance(1);
  }
  bench.clock.advance(20_000);
  expect(new Set(gone.map((line) => line.split(' ')[1])).size).toBe(2);
});

test('an entry may be added again as it expires, and the others still leave in time', () => {
  let again = true;
  const { bench, list, gone } = setup((given, expired) => {
    if (expired.name === 'a' && again) {
      again = false;
      given.add(expired);
    }
  });
  list.add(entry('a'));
  bench.clock.advance(2000);
  list.add(entry('b'));
  bench.clock.advance(30_000);
  expect(gone).toEqual(['a 10000', 'b 12000', 'a 20000']);
});
