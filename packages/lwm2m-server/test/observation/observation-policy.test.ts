import { describe, expect, test } from 'vitest';
import type { ObservationPolicy, Registration } from '../../src/index.ts';
import { ObservationPolicies } from '../../src/observation/observation-policy.ts';

const registration = {
  endpointName: 'dev',
  lifetime: 60,
  instances: new Map([
    [1, [0]],
    [2, []],
    [3, [0]],
    [3303, [0, 4, 7]],
  ]),
} as unknown as Registration; // policies look at these fields alone

const report = (error: unknown): never => {
  throw error;
};

function wanted(...policies: readonly ObservationPolicy[]): string[] {
  return [...new ObservationPolicies(policies, report).wantedOf(registration).values()].map(({ target, terms }) => {
    const attributes = terms.attributes === undefined ? '' : ` ${JSON.stringify(terms.attributes)}`;
    return `${target.composite ? 'composite ' : ''}${target.name}${attributes}`;
  });
}

describe('a policy for a path', () => {
  test.each([
    ['/3303/*/5700', ['/3303/0/5700', '/3303/4/5700', '/3303/7/5700']],
    ['/3303/*', ['/3303/0', '/3303/4', '/3303/7']],
    ['/3303/*/5700/1', ['/3303/0/5700/1', '/3303/4/5700/1', '/3303/7/5700/1']],
    ['/3303', ['/3303']],
    ['/3303/4/5700', ['/3303/4/5700']],
    ['/3303/1/5700', []],
    ['/5/0/3', []],
    ['/2/*/0', []],
    ['/2', ['/2']],
    ['/3/0/7/0', ['/3/0/7/0']],
  ])('%s', (path, expected) => {
    expect(wanted({ path })).toEqual(expected);
  });

  test('a path that several policies mean is observed once, as the first has it', () => {
    expect(wanted({ path: '/3/*/9', attributes: { pmin: 5 } }, { path: '/3/0/9', attributes: { pmin: 9 } })).toEqual([
      '/3/0/9 {"pmin":5}',
    ]);
  });
});

describe('a policy for several paths', () => {
  test('is one composite observation of what is registered', () => {
    expect(wanted({ paths: ['/3303/*/5700', '/3/0/9', '/5/0/3', '/3/0/9'] })).toEqual([
      'composite /3303/0/5700 /3303/4/5700 /3303/7/5700 /3/0/9',
    ]);
  });

  test('is nothing where none is registered', () => {
    expect(wanted({ paths: ['/5/0/3', '/9'] })).toEqual([]);
  });

  test('of one path is another observation than that of the path', () => {
    expect(wanted({ paths: ['/3/0/9'] }, { path: '/3/0/9' })).toEqual(['composite /3/0/9', '/3/0/9']);
  });

  test('in another order is the same', () => {
    expect(wanted({ paths: ['/3/0/9', '/1/0/1'] }, { paths: ['/1/0/1', '/3/0/9'] })).toEqual([
      'composite /3/0/9 /1/0/1',
    ]);
  });
});

describe('a policy for some endpoints', () => {
  test('is for one by its name, and comes before what is for all', () => {
    expect(
      wanted(
        { path: '/3/0/9' },
        { path: '/3/0/9', attributes: { pmax: 60 }, endpoints: 'dev' },
        { path: '/1/0/1', endpoints: 'other' },
      ),
    ).toEqual(['/3/0/9 {"pmax":60}']);
  });

  test('is for those that a function wants', () => {
    expect(
      wanted(
        { path: '/3/0/9', endpoints: ({ lifetime }) => lifetime === 60 },
        { path: '/1/0/1', endpoints: ({ lifetime }) => lifetime > 60 },
      ),
    ).toEqual(['/3/0/9']);
  });

  test('a function that throws wants nothing, and is reported', () => {
    const log: string[] = [];
    const endpoints = (): never => report(new Error('no'));
    const policies = new ObservationPolicies([{ path: '/3/0/9', endpoints }, { path: '/1/0/1' }], (error, context) =>
      log.push(`${context}: ${String(error)}`),
    );
    expect([...policies.wantedOf(registration).keys()]).toEqual(['/1/0/1']);
    expect(log).toEqual(['an observation policy failed for dev: Error: no']);
  });
});

describe('policies that are none', () => {
  test.each([
    '',
    '/',
    '3/0',
    '/*',
    '/*/0',
    '/3/0/*',
    '/3/*/9/*',
    '/3/0/9/0/1',
    '/3/',
    '/03',
    '/65536',
    '/3/-1',
    '/3/**',
  ])('refuses %o', (path) => {
    expect(() => wanted({ path })).toThrow(TypeError);
    expect(() => wanted({ paths: ['/3/0', path] })).toThrow(TypeError);
  });

  test('without a path, or with both a path and paths', () => {
    expect(() => wanted({})).toThrow(TypeError);
    expect(() => wanted({ path: '/3/0/9', paths: ['/3/0/9'] })).toThrow(TypeError);
  });

  test('without paths, with too many, and with attributes that have no form', () => {
    expect(() => wanted({ paths: [] })).toThrow(RangeError);
    expect(() => wanted({ paths: Array.from({ length: 257 }, (_, id) => `/${id}`) })).toThrow(RangeError);
    expect(() => wanted({ path: '/3/0/9', attributes: { pmin: -1 } })).toThrow(RangeError);
  });
});
