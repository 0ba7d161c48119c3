import { describe, expect, test } from 'vitest';
import { parsePolicies, policyPaths } from '../../src/observation/observation-policy.ts';

const registration = {
  instances: new Map([
    [1, [0]],
    [2, []],
    [3, [0]],
    [3303, [0, 4, 7]],
  ]),
};

describe('policyPaths', () => {
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
    expect([...policyPaths(parsePolicies([{ path }]), registration)]).toEqual(expected);
  });

  test('names a path once that several policies mean', () => {
    expect([...policyPaths(parsePolicies([{ path: '/3/*/9' }, { path: '/3/0/9' }]), registration)]).toEqual(['/3/0/9']);
  });
});

describe('parsePolicies', () => {
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
    expect(() => parsePolicies([{ path }])).toThrow(TypeError);
  });
});
