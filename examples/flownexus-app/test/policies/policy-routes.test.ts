import { describe, expect, test, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import { ObservationPolicies } from '../../src/policies/observation-policies.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const PATH = '/api/v1/observation-policies';
const eventually = { timeout: 5_000, interval: 20 };

/** Both servers, with no policy but those of a test. */
async function scene(kind?: 'sqlite' | 'postgres') {
  const lwm2m = await testLwm2m(kind === undefined ? {} : { kind });
  for (const { id } of lwm2m.side.policies.list()) await lwm2m.side.policies.delete(id);
  return lwm2m;
}

onEachDatabase('observation policies', (kind) => {
  test('a new database has those for temperature, humidity, firmware and events', async () => {
    const database = await testDatabase(kind);
    const policies = await ObservationPolicies.load(database);
    expect(policies.current).toEqual([
      { path: '/3303/*/5700' },
      { path: '/3304/*/5700' },
      { path: '/5/0/3' },
      { path: '/5/0/5' },
      { paths: ['/10300'] },
    ]);
    for (const { id } of policies.list()) await policies.delete(id);
    expect((await ObservationPolicies.load(database)).current).toEqual([]);
  });

  test('one that is added is observed with its attributes, and one that is removed is cancelled at the device', async () => {
    const { call, newClient, side, batches, audited } = await scene(kind);
    const client = newClient('dev');
    client.objects.set('/3304/0/5700', 50.5);
    await client.start();
    expect(client.observations).toBe(0);
    const made = await call('POST', PATH, { path: '/3304/0/5700', attributes: { pmin: 5, pmax: 60 } });
    expect(made).toMatchObject({
      status: 201,
      body: { path: '/3304/0/5700', attributes: { pmin: 5, pmax: 60 }, enabled: true },
    });
    const { id } = made.body as { id: number };
    expect(made.headers['location']).toBe(`${PATH}/${String(id)}`);
    expect(audited).toMatchObject([{ action: 'createObservationPolicy', detail: { id, path: '/3304/0/5700' } }]);
    await vi.waitFor(() => expect(client.observations).toBe(1), eventually);
    await vi.waitFor(() => expect(batches.filter(({ source }) => source === 'observe')).toMatchObject([{ records: [{ value: 50.5 }] }]), eventually); // prettier-ignore
    const { links } = await side.server.device('dev').discover('/3304/0/5700');
    expect(links).toMatchObject([{ attributes: { pmin: '5', pmax: '60' } }]);
    expect(await call('DELETE', `${PATH}/${String(id)}`)).toMatchObject({ status: 204 });
    await vi.waitFor(() => expect(client.observations).toBe(0), eventually);
  });

  test('they are restored after a restart, and what was changed holds', async () => {
    const { call, database } = await scene(kind);
    const bodies = [
      { path: '/3/0/9' },
      { paths: ['/3/0/9', '/10300'], attributes: { pmin: 1 }, endpoints: { prefix: 'urn:imei:' } },
      { path: '/3303/*/5700', attributes: { gt: 5, lt: -5, st: 0.5 }, endpoints: { names: ['a', 'a/b'] } },
    ];
    const made = await Promise.all(bodies.map((body) => call('POST', PATH, body)));
    const [first] = made.map(({ body }) => (body as { id: number }).id);
    expect(await call('PUT', `${PATH}/${String(first)}`, { path: '/3/0/20', enabled: false })).toMatchObject({
      status: 200,
      body: { id: first, path: '/3/0/20', enabled: false },
    });
    const policies = await ObservationPolicies.load(database);
    expect(policies.current).toMatchObject([
      { paths: ['/3/0/9', '/10300'], attributes: { pmin: 1 } },
      { path: '/3303/*/5700', attributes: { gt: 5, lt: -5, st: 0.5 }, endpoints: 'a' },
      { path: '/3303/*/5700', endpoints: 'a/b' },
    ]);
    expect((await call('GET', PATH)).body).toMatchObject({
      items: [{ path: '/3/0/20' }, bodies[1], bodies[2]],
      nextCursor: null,
    });
    expect((await call('GET', `${PATH}/${String(first)}`)).body).toMatchObject({ path: '/3/0/20' });
  });
});

test('endpoints are chosen by name or prefix', async () => {
  const { call, newClient } = await scene();
  await call('POST', PATH, { path: '/3303/*/5700', endpoints: { names: ['b'] } });
  await call('POST', PATH, { path: '/3304/*/5700', endpoints: { prefix: 'ab' } });
  const [a, ab, b] = ['a', 'abc', 'b'].map((name) => newClient(name));
  await Promise.all([a?.start(), ab?.start(), b?.start()]);
  await vi.waitFor(() => expect([a, ab, b].map((client) => client?.observations)).toEqual([0, 1, 1]), eventually);
});

describe('refused is', () => {
  test.each([
    ['no path', {}, 'body.path'],
    ['path and paths', { path: '/3/0/9', paths: ['/3'] }, 'body.path'],
    ['no path at all', { path: '3303' }, 'body.path'],
    ['an asterisk elsewhere', { path: '/3303/0/*' }, 'body.path'],
    ['an id that is none', { path: '/70000' }, 'body.path'],
    ['too many paths', { paths: Array.from({ length: 65 }, (_, index) => `/${String(index)}`) }, 'body.paths'],
    ['an attribute that is none', { path: '/3303/0/5700', attributes: { pmin: -1 } }, 'body.attributes.pmin'],
    ['an unknown attribute', { path: '/3303/0/5700', attributes: { x: 1 } }, 'body.attributes'],
    ['attributes that contradict each other', { path: '/3303/0/5700', attributes: { pmin: 5, pmax: 1 } }, 'body.attributes.pmax'],
    ['a threshold for text', { path: '/3/0/0', attributes: { gt: 1 } }, 'body.attributes.gt'],
    ['a threshold for an Object', { path: '/3303', attributes: { gt: 1 } }, 'body.attributes.gt'],
    ['a threshold for several paths', { paths: ['/3303/0/5700'], attributes: { gt: 1 } }, 'body.attributes.gt'],
    ['endpoints that are none', { path: '/3/0/9', endpoints: { names: ['\u0000'] } }, 'body.endpoints'],
    ['an unknown field', { path: '/3/0/9', comment: 'x' }, 'body'],
  ])('%s', async (_name, body, path) => {
    const { call } = await scene();
    const answer = await call('POST', PATH, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: expect.stringContaining(path) as string }] } });
    expect((await call('GET', PATH)).body).toMatchObject({ items: [] });
  }); // prettier-ignore

  test('one that is not there', async () => {
    const { call } = await scene();
    for (const [method, body] of [['GET'], ['DELETE'], ['PUT', { path: '/3' }]] as const) {
      expect(await call(method, `${PATH}/999`, body)).toMatchObject({ status: 404 });
      expect(await call(method, `${PATH}/x`, body)).toMatchObject({ status: 400, body: { errors: [{ path: 'path.id' }] } }); // prettier-ignore
    }
  });

  test('one too many', async () => {
    const { call, side } = await scene();
    const all = Array.from({ length: limits.observationPolicies }, () => side.policies.create({ path: '/3/0/9', enabled: false })); // prettier-ignore
    await Promise.all(all);
    expect(await call('POST', PATH, { path: '/3' })).toMatchObject({ status: 409 });
  });

  test('who may not operate', async () => {
    const { call } = await scene();
    const reader = { 'x-permissions': 'read' };
    expect(await call('GET', PATH, undefined, reader)).toMatchObject({ status: 200 });
    expect(await call('POST', PATH, { path: '/3' }, reader)).toMatchObject({ status: 403 });
  });
});
