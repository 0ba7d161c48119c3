import { parsePath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { ChangeRule } from '../../src/events/change-rule.ts';
import type { Comparable } from '../../src/events/comparable.ts';
import { type EventRuleBody, eventRuleSchema, type Rule } from '../../src/events/event-rule.ts';
import { LevelRule } from '../../src/events/level-rule.ts';
import { MissingRule } from '../../src/events/missing-rule.ts';
import { StateBudget, type Undo } from '../../src/events/rule-states.ts';
import type { Batch } from '../../src/values/batch.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';

const TEMPERATURE = '/3303/0/5700';
const HUMIDITY = '/3304/0/5700';
const seconds = (count: number) => NEW_YEAR + count * 1000;

function rule(input: object, budget = new StateBudget(100, 100)): Rule {
  const body: EventRuleBody = eventRuleSchema.parse({ name: 'hot', ...input });
  if (body.kind === 'change') return new ChangeRule(body, budget);
  return body.kind === 'missing' ? new MissingRule(body, budget) : new LevelRule(body, budget);
}

function temperature(value: number, at = 0, endpoint = 'a'): Batch {
  return values(endpoint, [record(TEMPERATURE, 'float', value)], seconds(at));
}

function latest(value: Comparable, at = 0, path = TEMPERATURE, endpoint = 'a') {
  return { endpoint, path: parsePath(path), time: seconds(at), receivedAt: seconds(at), value };
}

const take = (each: Rule, batch: Batch, undo: Undo[] = []) => each.take(batch, undo);

test('a threshold is an event when it is crossed, and again only after the value was back inside', () => {
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30, hysteresis: 2 } });
  expect(take(hot, temperature(30))).toBeUndefined();
  expect(take(hot, temperature(31.5))).toEqual({
    eventType: 'hot',
    source: 'rule',
    severity: 'warning',
    message: '/3303/0/5700 is 31.5, above 30',
    records: [0],
  });
  expect(take(hot, temperature(40))).toBeUndefined();
  expect(take(hot, temperature(28.5))).toBeUndefined();
  expect(take(hot, temperature(35))).toBeUndefined();
  expect(take(hot, temperature(28))).toBeUndefined();
  expect(take(hot, temperature(30.1))).toMatchObject({ records: [0] });
  expect(take(hot, temperature(35, 0, 'b'))).toMatchObject({ records: [0] });
});

test('above and below together are outside of a range; what is no number changes nothing', () => {
  const out = rule({
    kind: 'threshold',
    condition: { path: TEMPERATURE, above: 30, below: 10 },
    message: 'out of range',
  });
  expect(take(out, temperature(20))).toBeUndefined();
  expect(take(out, temperature(9))).toMatchObject({ message: 'out of range' });
  expect(take(out, temperature(Number.NaN))).toBeUndefined();
  expect(take(out, values('a', [record(TEMPERATURE, 'string', 'x')]))).toBeUndefined();
  expect(take(out, temperature(8))).toBeUndefined();
  expect(take(out, temperature(20))).toBeUndefined();
  expect(take(out, temperature(31))).toMatchObject({ records: [0] });
});

test('a value of another type can be compared with one', () => {
  const state = rule({ kind: 'threshold', condition: { path: '/5/0/5', equals: 5 } });
  expect(take(state, values('a', [record('/5/0/5', 'integer', 1n)]))).toBeUndefined();
  expect(take(state, values('a', [record('/5/0/5', 'integer', 5n)]))).toMatchObject({ message: '/5/0/5 is 5' });
  const link = rule({ kind: 'threshold', condition: { path: '/1/0/1', equals: '3:0' } });
  expect(take(link, values('a', [record('/1/0/1', 'objlnk', { objectId: 3, objectInstanceId: 0 })]))).toBeDefined();
  const bytes = rule({ kind: 'threshold', condition: { path: '/1/0/1', equals: 'AQI=' } });
  expect(take(bytes, values('a', [record('/1/0/1', 'opaque', Uint8Array.of(1, 2))]))).toBeDefined();
});

test('what has to hold for a time is an event by the next value, or when the time has come', () => {
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 }, forSeconds: 60 });
  expect(take(hot, temperature(31, 0))).toBeUndefined();
  expect(hot.takeDue(seconds(59))).toEqual([]);
  expect(take(hot, temperature(32, 61))).toMatchObject({
    records: [0],
    message: '/3303/0/5700 is 32, above 30 (for 60 s)',
  });
  expect(hot.takeDue(seconds(70))).toEqual([]);
  expect(take(hot, temperature(20, 80))).toBeUndefined();
  expect(take(hot, temperature(31, 100))).toBeUndefined();
  expect(take(hot, temperature(20, 110))).toBeUndefined();
  expect(take(hot, temperature(33, 120))).toBeUndefined();
  expect(hot.takeDue(seconds(170))).toEqual([]);
  expect(hot.takeDue(seconds(181))).toMatchObject([
    { endpoint: 'a', event: { records: [], earlier: [{ path: { objectId: 3303 }, time: seconds(120) }] } },
  ]);
  expect(hot.takeDue(seconds(300))).toEqual([]);
});

test('values that come late together are judged by their own times, in the order of them', () => {
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 }, forSeconds: 60 });
  const at = (time: number, value: number) => record(TEMPERATURE, 'float', value, seconds(time) / 1000);
  const send: Batch = { ...values('a', [at(120, 33), at(0, 31), at(60, 32), at(30, 31)]), source: 'send' };
  expect(take(hot, send)).toMatchObject({ records: [2], message: '/3303/0/5700 is 32, above 30 (for 60 s)' });
});

test('all or any of several conditions make an event, with the values that were there before', () => {
  const conditions = [
    { path: TEMPERATURE, above: 30 },
    { path: HUMIDITY, below: 20 },
  ];
  const humidity = (value: number, at: number) => values('a', [record(HUMIDITY, 'float', value)], seconds(at));
  const all = rule({ kind: 'combination', match: 'all', conditions });
  expect(take(all, temperature(31, 1))).toBeUndefined();
  expect(take(all, humidity(10, 2))).toMatchObject({
    records: [0],
    earlier: [{ path: { objectId: 3303 }, time: seconds(1) }],
    message: '/3303/0/5700 is 31, above 30; /3304/0/5700 is 10, below 20',
  });
  // Together in one report: the values of one time are judged together.
  const both = (t: number, h: number) => values('a', [record(TEMPERATURE, 'float', t), record(HUMIDITY, 'float', h)], seconds(3)); // prettier-ignore
  expect(take(all, both(20, 10))).toBeUndefined();
  expect(take(all, both(31, 50))).toBeUndefined();
  expect(take(all, both(32, 11))).toMatchObject({ records: [0, 1] });
  const any = rule({ kind: 'combination', match: 'any', conditions });
  expect(take(any, both(20, 50))).toBeUndefined();
  expect(take(any, humidity(10, 4))).toMatchObject({ records: [0], message: '/3304/0/5700 is 10, below 20' });
  expect(take(any, temperature(35, 5))).toBeUndefined();
});

test('a change is one from the value of the event before', () => {
  const moved = rule({ kind: 'change', path: TEMPERATURE, by: 2 });
  expect(take(moved, temperature(20, 1))).toBeUndefined();
  expect(take(moved, temperature(21, 2))).toBeUndefined();
  expect(take(moved, temperature(22, 3))).toMatchObject({
    message: '/3303/0/5700 changed from 20 to 22',
    records: [0],
    earlier: [{ time: seconds(1) }],
  });
  expect(take(moved, temperature(20.5, 4))).toBeUndefined();
  expect(take(moved, temperature(19, 5))).toMatchObject({ records: [0] });
  const any = rule({ kind: 'change', path: '/3/0/3' });
  const version = (...texts: string[]) => values('a', texts.map((text, index) => record('/3/0/3', 'string', text, index + 1))); // prettier-ignore
  expect(take(any, version('1', '1'))).toBeUndefined();
  expect(take(any, version('1', '2', '2', '\u00003"'))).toMatchObject({ records: [1, 3], message: '/3/0/3 changed from "1" to "2"' }); // prettier-ignore
  expect(take(any, version('x'))?.message).toBe('/3/0/3 changed from "\\u00003\\"" to "x"');
});

test('who sends nothing of a path for a time is missed once, until something comes', () => {
  const silent = rule({ kind: 'missing', path: '/3303', forSeconds: 60 });
  expect(silent.takeDue(seconds(1000))).toEqual([]);
  expect(take(silent, temperature(1, 0))).toBeUndefined();
  expect(take(silent, temperature(1, 50))).toBeUndefined();
  expect(silent.takeDue(seconds(100))).toEqual([]);
  expect(silent.takeDue(seconds(111))).toMatchObject([
    { endpoint: 'a', event: { message: 'nothing of /3303 for 60 s', earlier: [{ time: seconds(50) }] } },
  ]);
  expect(silent.takeDue(seconds(500))).toEqual([]);
  take(silent, temperature(1, 600));
  expect(silent.takeDue(seconds(661))).toHaveLength(1);
});

test('who has registered the Object and never sends is missed, and who has not is not', () => {
  const silent = rule({ kind: 'missing', path: TEMPERATURE, forSeconds: 60 });
  take(silent, registered('with'));
  take(silent, registered('without', { objectLinks: ['/3/0'] }));
  expect(silent.takeDue(seconds(61)).map(({ endpoint }) => endpoint)).toEqual(['with']);
});

test('a rule is about the endpoints that it names', () => {
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 }, endpoints: { names: ['b'], prefix: 'roof-' } }); // prettier-ignore
  expect(take(hot, temperature(31, 0, 'a'))).toBeUndefined();
  expect(take(hot, temperature(31, 0, 'b'))).toBeDefined();
  expect(take(hot, temperature(31, 0, 'roof-7'))).toBeDefined();
});

test('what was not stored is taken back, so that the event comes when the value is sent again', () => {
  const rules = [
    rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } }),
    rule({ kind: 'change', path: TEMPERATURE }),
  ];
  for (const each of rules) {
    take(each, temperature(20, 0));
    const undo: Undo[] = [];
    expect(take(each, temperature(31, 1), undo)).toBeDefined();
    for (const takeBack of undo) takeBack();
    expect(take(each, temperature(31, 2))).toBeDefined();
  }
  const silent = rule({ kind: 'missing', path: '/3303', forSeconds: 60 });
  take(silent, temperature(1, 0));
  const undo: Undo[] = [];
  take(silent, temperature(1, 50), undo);
  for (const takeBack of undo) takeBack();
  const [due] = silent.takeDue(seconds(61));
  expect(due).toBeDefined();
  due?.undo();
  expect(silent.takeDue(seconds(62))).toEqual([]);
  expect(silent.takeDue(seconds(75))).toHaveLength(1);
});

test('a change that came later is not taken back with one that was not stored', () => {
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } });
  const undo: Undo[] = [];
  take(hot, temperature(20, 0), undo);
  expect(take(hot, temperature(31, 1))).toBeDefined();
  for (const takeBack of undo) takeBack();
  expect(take(hot, temperature(32, 2))).toBeUndefined();
});

test('the latest values give a rule its state', () => {
  const now = seconds(100);
  const hot = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } });
  hot.restore('a', [latest(35)], undefined, now);
  expect(take(hot, temperature(36, 101))).toBeUndefined();
  take(hot, temperature(20, 102));
  expect(take(hot, temperature(36, 103))).toBeDefined();

  const long = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 }, forSeconds: 60 });
  long.restore('a', [latest(35, 10)], undefined, now);
  long.restore('told', [latest(35, 10, TEMPERATURE, 'told')], seconds(75), now);
  expect(long.takeDue(seconds(161)).map(({ endpoint }) => endpoint)).toEqual(['a']);

  const moved = rule({ kind: 'change', path: TEMPERATURE, by: 1 });
  moved.restore('a', [latest(20)], undefined, now);
  expect(take(moved, temperature(20.5, 101))).toBeUndefined();
  expect(take(moved, temperature(21, 102))).toMatchObject({ earlier: [{ time: seconds(0) }] });

  const silent = rule({ kind: 'missing', path: '/3303', forSeconds: 60 });
  silent.restore('a', [latest(1, 10)], undefined, now);
  silent.restore('told', [latest(1, 10, TEMPERATURE, 'told')], seconds(71), now);
  expect(silent.takeDue(seconds(159))).toEqual([]);
  expect(silent.takeDue(seconds(161)).map(({ endpoint }) => endpoint)).toEqual(['a']);
});

test('what rules keep is bounded, and each has its share', () => {
  const budget = new StateBudget(3, 1);
  const first = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } }, budget);
  const second = rule({ kind: 'threshold', condition: { path: TEMPERATURE, above: 30 } }, budget);
  for (const name of ['a', 'b', 'c', 'd']) take(first, temperature(31, 0, name));
  expect(budget.used).toBe(3);
  take(second, temperature(31, 0, 'a'));
  expect(take(second, temperature(32, 0, 'a'))).toBeUndefined();
  take(second, temperature(31, 0, 'b'));
  expect(budget.used).toBe(4);
  // The oldest is forgotten.
  expect(take(first, temperature(32, 0, 'd'))).toBeUndefined();
  expect(take(first, temperature(32, 0, 'a'))).toBeDefined();
  first.end();
  second.end();
  expect(budget.used).toBe(0);
});

test.each([
  [{ kind: 'threshold', condition: { path: '/3303/0', above: 1 } }, 'condition.path'],
  [{ kind: 'threshold', condition: { path: TEMPERATURE } }, 'condition'],
  [{ kind: 'threshold', condition: { path: TEMPERATURE, above: 1, equals: 1 } }, 'condition'],
  [{ kind: 'threshold', condition: { path: TEMPERATURE, above: 1, below: 2 } }, 'condition'],
  [{ kind: 'threshold', name: '10300', condition: { path: TEMPERATURE, above: 1 } }, 'name'],
  [{ kind: 'threshold', name: 'a\nb', condition: { path: TEMPERATURE, above: 1 } }, 'name'],
  [{ kind: 'threshold', condition: { path: TEMPERATURE, above: 1 }, message: '\0' }, 'message'],
  [{ kind: 'threshold', condition: { path: TEMPERATURE, above: 1 }, more: 1 }, ''],
  [{ kind: 'combination', match: 'all', conditions: [{ path: TEMPERATURE, above: 1 }] }, 'conditions'],
  [{ kind: 'change', path: 'x' }, 'path'],
  [{ kind: 'missing', path: '/', forSeconds: 60 }, 'path'],
  [{ kind: 'missing', path: '/3303', forSeconds: 0 }, 'forSeconds'],
  [{ kind: 'missing', path: '/3303', forSeconds: 1, endpoints: {} }, 'endpoints'],
  [{ kind: 'other' }, 'kind'],
])('a rule that is none is refused with the place: %j', (input, path) => {
  const parsed = eventRuleSchema.safeParse({ name: 'hot', ...input });
  expect(parsed.error?.issues[0]?.path.join('.')).toBe(path);
});
