import { expect, test } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { availabilityRoutes } from '../../src/events/availability-routes.ts';
import { NEW_YEAR, record, registered } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';

const HOUR = 3_600_000;
const hour = (count: number) => NEW_YEAR + count * HOUR;
const iso = (count: number) => new Date(hour(count)).toISOString();

/** Registration events are stored as the LwM2M side of the app does, at full hours. */
async function startAvailability(kind: DatabaseKind) {
  const { database, ingest } = await testIngest(kind);
  const { call } = await testRoutes(
    availabilityRoutes({ database, settings: { values: { registrationObject: 10240 } }, now: () => hour(100) }),
  );
  const store = async (endpoint: string, at: number, resource: 0 | 1 | 2) => {
    const change = resource === 1 ? ({ kind: 'unregistered' } as const) : registered(endpoint).change;
    const records = [record(`/10240/0/${resource}`, 'time', hour(at) / 1000)];
    await ingest.submit({
      endpoint,
      receivedAt: hour(at),
      source: 'register',
      records,
      ...(change === undefined ? {} : { change }),
    });
  };
  const of = async (endpoint: string, from: number, to: number) =>
    (await call('GET', `/api/v1/endpoints/${encodeURIComponent(endpoint)}/availability?from=${iso(from)}&to=${iso(to)}`)).body; // prettier-ignore
  return { call, store, of };
}

onEachDatabase('availability', (kind) => {
  test('is how long an endpoint was registered, with what happened', async () => {
    const { store, of } = await startAvailability(kind);
    await store('a/b', 10, 0);
    await store('a/b', 15, 2);
    await store('a/b', 20, 1);
    await store('a/b', 30, 0);
    await store('a/b', 40, 0);
    expect(await of('a/b', 10, 50)).toEqual({
      endpoint: 'a/b',
      registered: true,
      lastSeen: iso(40),
      from: iso(10),
      to: iso(50),
      onlineSeconds: 30 * 3600,
      onlineShare: 0.75,
      registrations: 3,
      reRegistrations: 1,
      updates: 1,
      complete: true,
      history: [
        { time: iso(10), registered: true },
        { time: iso(20), registered: false },
        { time: iso(30), registered: true },
        { time: iso(40), registered: true },
      ],
    });
    // What was so at the beginning is known from before, and so is the end.
    expect(await of('a/b', 12, 22)).toMatchObject({ onlineShare: 0.8, registrations: 0, updates: 1 });
    expect(await of('a/b', 21, 25)).toMatchObject({ onlineShare: 0, history: [] });
    expect(await of('a/b', 41, 45)).toMatchObject({ onlineShare: 1, history: [] });
    expect(await of('a/b', 20, 20)).toMatchObject({ onlineShare: null });
  });

  test('is judged from when an endpoint was known', async () => {
    const { store, of } = await startAvailability(kind);
    await store('a', 10, 0);
    await store('a', 15, 1);
    expect(await of('a', 0, 20)).toMatchObject({ from: iso(10), onlineShare: 0.5 });
    expect(await of('a', 0, 5)).toMatchObject({ from: iso(5), to: iso(5), onlineShare: null });
  });

  test('an Update makes an endpoint registered that was not', async () => {
    const { store, of } = await startAvailability(kind);
    await store('a', 10, 0);
    await store('a', 20, 1);
    await store('a', 25, 2);
    await store('a', 26, 2);
    expect(await of('a', 10, 30)).toMatchObject({ onlineShare: 0.75, registrations: 1, history: [{}, {}, { time: iso(25), registered: true }] }); // prettier-ignore
    expect(await of('a', 22, 30)).toMatchObject({ onlineShare: 5 / 8 });
    expect(await of('a', 28, 30)).toMatchObject({ onlineShare: 1 });
    await store('a', 40, 0);
    expect(await of('a', 20, 40)).toMatchObject({ onlineShare: 0.75, reRegistrations: 1 });
  });

  test('of the fleet comes in pages, and as CSV', async () => {
    const { store, call } = await startAvailability(kind);
    for (const name of ['a', 'b', 'c']) await store(name, 10, 0);
    await store('b', 15, 1);
    const range = `from=${iso(10)}&to=${iso(20)}`;
    const first = await call('GET', `/api/v1/availability?${range}&limit=2`);
    expect(first.body).toMatchObject({
      items: [
        { endpoint: 'a', onlineShare: 1, registrations: 1 },
        { endpoint: 'b', onlineShare: 0.5, registered: false },
      ],
      nextCursor: 'b',
    });
    const second = await call('GET', `/api/v1/availability?${range}&limit=2&cursor=b`);
    expect(second.body).toMatchObject({ items: [{ endpoint: 'c' }], nextCursor: null });
    const csv = await call('GET', `/api/v1/availability?${range}&limit=1`, undefined, { accept: 'text/csv' });
    expect(csv.text).toMatch(/^endpoint,registered,lastSeen,.*\r\na,true,/);
  });
});

test('by default it is that of the last seven days, and never of the future', async () => {
  const { store, call } = await startAvailability('sqlite');
  await store('a', -500, 0);
  const { body } = await call('GET', '/api/v1/endpoints/a/availability');
  expect(body).toMatchObject({ from: iso(100 - 7 * 24), to: iso(100), onlineShare: 1 });
  const future = await call('GET', `/api/v1/endpoints/a/availability?to=${iso(5000)}`);
  expect(future.body).toMatchObject({ to: iso(100) });
  for (const query of [`from=${iso(101)}`, `from=${iso(5)}&to=${iso(4)}`, 'from=x', 'x=1']) {
    expect(await call('GET', `/api/v1/endpoints/a/availability?${query}`), query).toMatchObject({ status: 400 });
  }
  expect(await call('GET', '/api/v1/endpoints/nobody/availability')).toMatchObject({ status: 404 });
  expect(await call('GET', '/api/v1/availability?limit=1000')).toMatchObject({ status: 400 });
});
