import { expect, test } from 'vitest';
import { NEW_YEAR, registration } from '../support/batches.ts';
import { testDatabase } from '../support/test-database.ts';

test('an endpoint keeps when it was first seen, and takes the rest from its latest registration', async () => {
  const { endpoints } = (await testDatabase()).database;
  endpoints.setRegistered('a', NEW_YEAR, registration());
  endpoints.setRegistered(
    'a',
    NEW_YEAR + 1000,
    registration({ lifetime: 300, address: '[2001:db8::7]:40000', queueMode: true }),
  );
  expect(endpoints.get('a')).toEqual({
    name: 'a',
    registered: true,
    firstSeen: '2026-01-01T00:00:00.000Z',
    lastUpdated: '2026-01-01T00:00:01.000Z',
    address: '[2001:db8::7]:40000',
    lifetime: 300,
    lwm2mVersion: '1.1',
    bindingMode: 'U',
    queueMode: true,
    demo: false,
    security: 'none',
    objectLinks: ['/1/0', '/3/0', '/3303/0'],
    manufacturer: null,
    modelNumber: null,
    serialNumber: null,
    firmwareVersion: null,
  });
});

test('it is unregistered alone, and with all others', async () => {
  const { endpoints } = (await testDatabase()).database;
  for (const name of ['a', 'b', 'c']) endpoints.setRegistered(name, NEW_YEAR, registration());
  endpoints.setUnregistered('b');
  expect(endpoints.page(10).items.map(({ registered }) => registered)).toEqual([true, false, true]);
  endpoints.setAllUnregistered();
  expect(endpoints.page(10).items.map(({ registered }) => registered)).toEqual([false, false, false]);
});

test('being heard of never sets the clock back', async () => {
  const { endpoints } = (await testDatabase()).database;
  endpoints.setRegistered('a', NEW_YEAR, registration());
  endpoints.touch('a', NEW_YEAR - 1);
  expect(endpoints.get('a')?.lastUpdated).toBe('2026-01-01T00:00:00.000Z');
  endpoints.touch('a', NEW_YEAR + 1);
  expect(endpoints.get('a')?.lastUpdated).toBe('2026-01-01T00:00:00.001Z');
});

test('pages are in the order of the names', async () => {
  const { endpoints } = (await testDatabase()).database;
  for (const name of ['b', 'a/b', 'ä', '"><script>', 'a']) endpoints.setRegistered(name, NEW_YEAR, registration());
  const first = endpoints.page(3);
  expect(first.items.map(({ name }) => name)).toEqual(['"><script>', 'a', 'a/b']);
  expect(first.nextCursor).toBe('a/b');
  const second = endpoints.page(3, 'a/b');
  expect(second.items.map(({ name }) => name)).toEqual(['b', 'ä']);
  expect(second.nextCursor).toBeNull();
});

test('simulated endpoints do not count as real ones', async () => {
  const { endpoints } = (await testDatabase()).database;
  expect(endpoints.hasReal()).toBe(false);
  endpoints.setRegistered('demo-device-1', NEW_YEAR, registration({ demo: true }));
  expect(endpoints.hasReal()).toBe(false);
  endpoints.setRegistered('a', NEW_YEAR, registration());
  expect(endpoints.hasReal()).toBe(true);
});
