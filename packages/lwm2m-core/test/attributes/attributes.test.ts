import { describe, expect, test } from 'vitest';
import {
  ATTRIBUTES,
  checkAttributes,
  effectiveAttributes,
  formatAttributes,
  NOTIFICATION_ATTRIBUTE_NAMES,
  parseAttributes,
} from '@flownexus/lwm2m-core';
import type { AttributeChanges, AttributeProblem, DecodeError } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';
import { failureOf } from '../failure.ts';

function failure(query: string | readonly string[]): DecodeError {
  return failureOf(() => parseAttributes(query), 'ERR_LWM2M_ATTRIBUTES');
}

describe('parseAttributes', () => {
  test.each<[query: string, attributes: AttributeChanges]>([
    ['', {}],
    ['pmin=10&pmax=200&epmin=1&epmax=2', { pmin: 10, pmax: 200, epmin: 1, epmax: 2 }],
    ['gt=+1.5&lt=-2.25e1&st=.5', { gt: 1.5, lt: -22.5, st: 0.5 }],
    ['edge=1&con=0&hqmax=5', { edge: 1, con: 0, hqmax: 5 }],
    ['pmin&gt&edge', { pmin: null, gt: null, edge: null }],
    ['epmin=5&epmax', { epmin: 5, epmax: null }],
    ['lt=6&gt=1&st=-1', { lt: 6, gt: 1, st: -1 }],
    ['vendor&pmin=0&x.y="a=b"', { pmin: 0, unknown: { vendor: null, 'x.y': '"a=b"' } }],
  ])('%j', (query, attributes) => {
    expect(parseAttributes(query)).toEqual(attributes);
    if (query !== '') expect(parseAttributes(query.split('&'))).toEqual(attributes);
  });

  test('names of the object prototype are only names', () => {
    const { unknown } = parseAttributes('__proto__=1&constructor');
    expect(Object.entries(unknown ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', null],
    ]);
    expect(formatAttributes(parseAttributes('__proto__=1&constructor'))).toEqual(['__proto__=1', 'constructor']);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  test.each<[query: string | string[], offset: number]>([
    ['pmin=1&', 7],
    ['pmin=1&pmax=x', 12],
    ['pmin=1&pmin=1', 7],
    ['pmin&pmin', 5],
    ['v&v', 2],
    ['pmin=1&pm in=2', 7],
    ['pmin= 1', 5],
    ['pmin=1&ver=1.0', 7],
    ['lwm2m', 0],
    ['epmin=10&epmax=10', 9],
    ['gt=1e400', 3],
    ['gt=1e300', 3],
    ['gt=NaN', 3],
    ['gt=0x1', 3],
    ['pmin=9007199254740993', 5],
    ['pmin=1e1', 5],
    ['v=', 2],
    ['v=ü', 2],
    [['pmin=1', ''], 7],
    [['pmin=1', 'pmax=2&con=1'], 12],
    [[''], 0],
    [`v=${'1'.repeat(254)}`, 0],
    [Array.from({ length: 33 }, (_, index) => `v${String(index)}`).join('&'), 118],
  ])('refuses %j at %d', (query, offset) => {
    expect(failure(query).offset).toBe(offset);
  });

  test('never repeats the query in its errors', () => {
    expect(failure('secret=&pmin').message).not.toContain('secret');
  });
});

describe('formatAttributes', () => {
  test('in the order of the table, decimals without exponent', () => {
    expect(
      formatAttributes({ hqmax: 3, gt: 1.5e-7, lt: -1e21, pmin: 0, con: null, unknown: { a: null, b: '1' } }),
    ).toEqual(['pmin=0', 'gt=0.00000015', 'lt=-1000000000000000000000', 'con', 'hqmax=3', 'a', 'b=1']);
    expect(formatAttributes({})).toEqual([]);
    expect(formatAttributes({ pmin: undefined })).toEqual([]);
  });

  test.each<AttributeChanges>([
    { pmin: -1 },
    { pmin: 1.5 },
    { pmax: Infinity },
    { gt: Number.NaN },
    { gt: 1e300 },
    { edge: 2 as 1 },
    { unknown: { '': null } },
    { unknown: { pmin: '1' } },
    { unknown: { ver: '1.0' } },
    { unknown: { 'a=b': null } },
    { unknown: { a: '' } },
    { unknown: { a: 'b&c' } },
    { unknown: { a: 'x'.repeat(254) } },
  ])('has no form for %j', (attributes) => {
    expect(() => formatAttributes(attributes)).toThrow(RangeError);
  });
});

describe('checkAttributes', () => {
  const names = (problems: readonly AttributeProblem[]): string[] => problems.map(({ attribute }) => attribute);
  const everything = { pmin: 1, pmax: 2, epmin: 1, epmax: 2, gt: 9, lt: 1, st: 1, edge: 1, con: 1, hqmax: 1 } as const;

  test.each<[path: string, problems: string[]]>([
    ['/', ['gt', 'lt', 'st', 'edge', 'hqmax']],
    ['/3', ['gt', 'lt', 'st', 'edge']],
    ['/3/0', ['gt', 'lt', 'st', 'edge']],
    ['/3/0/9', []],
    ['/3/0/6/1', []],
  ])('levels: %s', (path, problems) => {
    expect(names(checkAttributes(everything, path))).toEqual(problems);
  });

  test.each<[objectId: number, resourceId: number, problems: string[]]>([
    [3, 9, ['edge']],
    [3303, 5700, ['edge']],
    [3442, 125, ['edge']],
    [3442, 160, ['edge']],
    [3, 0, ['gt', 'lt', 'st', 'edge']],
    [3442, 140, ['gt', 'lt', 'st']],
  ])('types: /%d/0/%d', (objectId, resourceId, problems) => {
    const resource = definitions.resource(objectId, resourceId)!;
    expect(names(checkAttributes(everything, `/${String(objectId)}/0/${String(resourceId)}`, resource))).toEqual(
      problems,
    );
  });

  test.each<[attributes: AttributeChanges, problems: string[]]>([
    [{ pmin: 10, pmax: 10 }, []],
    [{ pmin: 10, pmax: 9 }, ['pmax']],
    [{ pmin: 10, pmax: null }, []],
    [{ epmin: 5, epmax: 5 }, ['epmin']],
    [{ lt: 5, gt: 5 }, ['lt']],
    [{ lt: 5, gt: 9, st: 2 }, ['st']],
    [{ lt: 5, gt: 9.5, st: 2 }, []],
    [{ lt: 5, st: 200 }, []],
    [{ st: -1 }, ['st']],
    [{ pmin: -1, gt: Number.NaN, con: 3 as 1 }, ['pmin', 'gt', 'con']],
    [{ unknown: { x: null } }, ['x']],
  ])('rules: %j', (attributes, problems) => {
    expect(names(checkAttributes(attributes, '/3303/0/5700'))).toEqual(problems);
  });
});

describe('effectiveAttributes', () => {
  const levels = {
    object: { pmin: 1, pmax: 100, con: 1 },
    objectInstance: { pmin: 2, pmax: null },
    resource: { pmin: 3, gt: 5 },
    resourceInstance: { gt: 6 },
  } as const;

  test('a lower level overrides, and what is below the observed one does not count', () => {
    expect(effectiveAttributes(levels, 0)).toEqual({});
    expect(effectiveAttributes(levels, 1)).toEqual({ pmin: 1, pmax: 100, con: 1 });
    expect(effectiveAttributes(levels, 2)).toEqual({ pmin: 2, pmax: 100, con: 1 });
    expect(effectiveAttributes(levels, 3)).toEqual({ pmin: 3, pmax: 100, con: 1, gt: 5 });
    expect(effectiveAttributes(levels, 4)).toEqual({ pmin: 3, pmax: 100, con: 1, gt: 6 });
  });

  test('those of the Observe override all', () => {
    expect(effectiveAttributes({ ...levels, observe: { pmin: 9 } }, 2)).toEqual({ pmin: 9, pmax: 100, con: 1 });
    expect(effectiveAttributes({ observe: { pmin: 9 } }, 0)).toEqual({ pmin: 9 });
  });
});

test('the table has ten attributes that may be written', () => {
  expect(NOTIFICATION_ATTRIBUTE_NAMES).toEqual('pmin pmax epmin epmax gt lt st edge con hqmax'.split(' '));
  expect(Object.keys(ATTRIBUTES)).toHaveLength(15);
});
