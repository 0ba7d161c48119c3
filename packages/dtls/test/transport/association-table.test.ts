import { TimerQueue } from '@flownexus/datagram';
import { seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type DtlsLimits } from '../../src/limits.ts';
import { type Association, associationKey } from '../../src/transport/association.ts';
import { AssociationTable } from '../../src/transport/association-table.ts';
import { keylessAssociation, lowerPeer } from './fake-association.ts';

interface Stage {
  readonly clock: VirtualClock;
  readonly table: AssociationTable;
  readonly idle: Association[];
  readonly add: (name: string, host: string, cid?: Uint8Array) => Association;
}

function stage(limits: Partial<DtlsLimits> = {}): Stage {
  const clock = new VirtualClock();
  const idle: Association[] = [];
  const table = new AssociationTable({
    clock,
    timers: new TimerQueue({ clock }),
    random: seededRandom(1),
    limits: { ...DEFAULT_LIMITS, ...limits },
    cidLength: 6,
    onIdle: (association) => idle.push(association),
  });
  const add = (name: string, host: string, cid?: Uint8Array): Association => {
    const association = keylessAssociation(name, lowerPeer(host), cid);
    expect(table.add(association, clock.now())).toBe(true);
    return association;
  };
  return { clock, table, idle, add };
}

describe('AssociationTable', () => {
  test('finds by key, by address and by Connection ID', () => {
    const { table, add } = stage();
    const cid = table.cids.take()!;
    const first = add('first', '10.0.0.1', cid);
    const second = add('second', '10.0.0.2');
    expect(table.size).toBe(2);
    expect(table.find('first')).toBe(first);
    expect(table.at(lowerPeer('10.0.0.2'))).toBe(second);
    expect(table.cids.find(cid)).toBe(first);
    expect(table.has(first)).toBe(true);
    expect(table.has(keylessAssociation('first', lowerPeer('10.0.0.1')))).toBe(false);
    expect(table.find('third')).toBeUndefined();
  });

  test('what is removed is not found any more, and its ID is free', () => {
    const { table, add } = stage();
    const cid = table.cids.take()!;
    const association = add('first', '10.0.0.1', cid);
    expect(table.remove(association)).toBe(true);
    expect(table.remove(association)).toBe(false);
    expect([table.size, table.cids.size]).toEqual([0, 0]);
    expect(table.at(association.lower)).toBeUndefined();
    expect(table.oldest).toBeUndefined();
  });

  test('the latest at an address is found by it, and removing another one leaves it', () => {
    const { table, add } = stage();
    const first = add('first', '10.0.0.1');
    const second = add('second', '10.0.0.1');
    expect(table.at(first.lower)).toBe(second);
    table.remove(first);
    expect(table.at(first.lower)).toBe(second);
  });

  test('one that moves takes its new address over and leaves the old one', () => {
    const { table, add } = stage();
    const first = add('first', '10.0.0.1');
    const second = add('second', '10.0.0.2');
    const previous = first.lower;
    first.lower = second.lower;
    table.moved(first, previous);
    expect(table.at(previous)).toBeUndefined();
    expect(table.at(second.lower)).toBe(first);
    table.remove(second);
    expect(table.at(first.lower)).toBe(first);
  });

  test('one with a Connection ID does not take the address of one without', () => {
    const { table, add } = stage();
    const needy = add('needy', '10.0.0.1');
    const other = add('other', '10.0.0.1', table.cids.take());
    expect(table.at(needy.lower)).toBe(needy);
    const third = add('third', '10.0.0.3', table.cids.take());
    const previous = third.lower;
    third.lower = needy.lower;
    table.moved(third, previous);
    expect(table.at(needy.lower)).toBe(needy);
    table.remove(third);
    table.remove(other);
    expect(table.at(needy.lower)).toBe(needy);
  });

  test('the longest silent one is the oldest', () => {
    const { table, add } = stage();
    const [first, second, third] = [add('1', '10.0.0.1'), add('2', '10.0.0.2'), add('3', '10.0.0.3')];
    table.touch(first);
    expect(table.all()).toEqual([second, third, first]);
    table.touch(third);
    table.touch(third);
    expect(table.all()).toEqual([second, first, third]);
    table.remove(first);
    expect(table.all()).toEqual([second, third]);
    expect(table.oldest).toBe(second);
  });

  test('those that were silent for idleMs leave, with one timer for all', () => {
    const { clock, table, idle, add } = stage({ idleMs: 60_000 });
    const first = add('1', '10.0.0.1');
    clock.advance(30_000);
    const second = add('2', '10.0.0.2');
    for (let index = 0; index < 100; index += 1) add(`more ${index}`, `10.1.0.${index}`);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(20_000);
    table.touch(first);
    clock.advance(39_999);
    expect(idle).toEqual([]);
    clock.advance(10_001);
    expect(idle).toHaveLength(101);
    expect(idle).toContain(second);
    clock.advance(60_000);
    expect(idle).toHaveLength(102);
    expect([table.size, clock.pendingTimers]).toEqual([0, 0]);
    add('3', '10.0.0.3');
    expect(clock.pendingTimers).toBe(1);
  });

  test('with idleMs 0 nothing leaves and nothing waits', () => {
    const { clock, table, add } = stage({ idleMs: 0 });
    add('1', '10.0.0.1');
    expect(clock.pendingTimers).toBe(0);
    clock.advance(365 * 86_400_000);
    expect(table.size).toBe(1);
  });

  test('clear forgets all and stops the timer', () => {
    const { clock, table, add } = stage();
    add('1', '10.0.0.1');
    table.clear();
    expect([table.size, clock.pendingTimers]).toEqual([0, 0]);
  });
});

test('keys are short, safe in a URL and all different', () => {
  const random = seededRandom(1);
  const keys = Array.from({ length: 1000 }, () => associationKey(random));
  for (const key of keys) expect(key).toMatch(/^dtls:[\w-]{11}$/);
  expect(new Set(keys).size).toBe(1000);
});
