import { expect, test } from 'vitest';
import type { Principal } from '../../src/http/principal.ts';
import { limits } from '../../src/limits.ts';
import { PrincipalCache } from '../../src/users/principal-cache.ts';

const principal: Principal = { userId: 'u', actor: 'anna', permissions: new Set(), via: 'token' };

test('asks once for some seconds, and not beyond the end of what it remembers', async () => {
  let now = 1_000;
  let asked = 0;
  const cache = new PrincipalCache(() => now);
  const get = (key: string, expiresAt?: number) =>
    cache.get(key, () => {
      asked += 1;
      return Promise.resolve({ principal, expiresAt });
    });
  await get('a');
  await get('a');
  expect(asked).toBe(1);
  now += limits.principalCacheMs;
  await get('a');
  expect(asked).toBe(2);
  await get('b', now + 10);
  now += 10;
  await get('b');
  expect(asked).toBe(4);
});

test('what was being asked for when something changed is not remembered, and nobody is never remembered', async () => {
  const cache = new PrincipalCache(() => 0);
  const { promise, resolve } = Promise.withResolvers<{ principal: Principal; expiresAt: undefined }>();
  const late = cache.get('a', () => promise);
  cache.clear();
  resolve({ principal, expiresAt: undefined });
  expect(await late).toBe(principal);
  expect(await cache.get('a', () => Promise.resolve(undefined))).toBeUndefined();
  expect(await cache.get('a', () => Promise.resolve({ principal, expiresAt: undefined }))).toBe(principal);
});
