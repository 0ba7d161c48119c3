import { parsePath } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { RetentionPolicies } from '../../src/retention/retention-policy.ts';

const none = { raw_ms: null, thin_after_ms: null, thin_interval_ms: null, aggregate_ms: null };
const policies = new RetentionPolicies([
  { ...none, id: 1, path: '/', endpoint: null, raw_ms: 1 },
  { ...none, id: 2, path: '/3303', endpoint: null, raw_ms: 2 },
  { ...none, id: 3, path: '/3303/0/5700', endpoint: null, raw_ms: 3 },
  { ...none, id: 4, path: '/', endpoint: 'a', raw_ms: 4 },
  { ...none, id: 5, path: '/3304', endpoint: 'a', thin_after_ms: 5, thin_interval_ms: 6, aggregate_ms: 7 },
]);

test.each([
  ['b', '/3/0/0', 1],
  ['b', '/3303/0/5701', 2],
  ['b', '/3303/0/5700', 3],
  ['a', '/3303/0/5700', 4],
  ['b', '/d01/3303/0/5700', 1],
])('the most specific policy holds: %s %s', (endpoint, path, kept) => {
  expect(policies.cutoffs(endpoint, parsePath(path), 1_000_000)?.values).toBe(1_000_000 - kept);
});

test('what a policy does not say is not done, also when another one says it', () => {
  expect(policies.cutoffs('a', parsePath('/3304/0/5700'), 10_000_000)).toEqual({
    values: undefined,
    thin: { before: 9_999_995, interval: 6 },
    aggregates: 10_000_000 - 7 - 3_600_000,
  });
});

test('without a policy nothing goes', () => {
  expect(new RetentionPolicies([]).cutoffs('a', parsePath('/3/0/0'), 0)).toBeUndefined();
});
