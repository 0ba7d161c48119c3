import { expect, test } from 'vitest';
import type { EndpointItem, EndpointPresence } from '../../src/endpoints/endpoint-item.ts';
import { EndpointReader, sortColumns } from '../../src/endpoints/endpoint-reader.ts';
import { endpointRoutes } from '../../src/endpoints/endpoint-routes.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, sharedDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

const LIST = '/api/v1/endpoints';

onEachDatabase('endpoints', (kind) => {
  const shared = sharedDatabase(kind);

  async function start(presence: (name: string) => EndpointPresence | undefined = () => undefined) {
    const database = shared();
    await database.db.deleteFrom('Endpoint').execute();
    const { call } = await testRoutes(endpointRoutes({ endpoints: new EndpointReader(database, presence) }));
    const list = async (query = '') => {
      const answer = await call('GET', `${LIST}${query}`);
      expect(answer.status, answer.text).toBe(200);
      return answer.body as { items: EndpointItem[]; nextCursor: string | null };
    };
    const names = async (query = '') => (await list(query)).items.map(({ name }) => name);
    return { database, call, list, names };
  }

  test('an empty list is a list', async () => {
    const { list } = await start();
    expect(await list()).toEqual({ items: [], nextCursor: null });
  });

  test('an endpoint is listed and found with all that is known', async () => {
    const { database, call, list } = await start(() => ({ state: 'asleep', since: NEW_YEAR + 7, reason: 'silence' }));
    await addEndpoints(
      database,
      {
        endpoint: 'urn:imei:100000000000000',
        last_updated: NEW_YEAR + 5,
        registrations: 2,
        updates: 9,
        queue_mode: 1,
        security: 'psk',
        manufacturer: 'Zephyr',
        model_number: 'OMA-LWM2M Sample Client',
        serial_number: '345000123',
        firmware_version: '1.0',
        reboots: 3,
        rebooted_at: NEW_YEAR + 6,
      },
      { endpoint: 'x', registered: 0, admission: 'held', registered_at: null },
    );
    const endpoint = {
      name: 'urn:imei:100000000000000',
      registered: true,
      presence: { state: 'asleep', since: '2026-01-01T00:00:00.007Z', reason: 'silence' },
      admission: 'accepted',
      firstSeen: '2026-01-01T00:00:00.000Z',
      lastUpdated: '2026-01-01T00:00:00.005Z',
      registeredAt: '2026-01-01T00:00:00.000Z',
      registrations: 2,
      updates: 9,
      address: '192.0.2.7:5683',
      lifetime: 60,
      lwm2mVersion: '1.1',
      bindingMode: 'U',
      queueMode: true,
      demo: false,
      security: 'psk',
      objectLinks: ['/1/0', '/3/0', '/3303/0'],
      manufacturer: 'Zephyr',
      modelNumber: 'OMA-LWM2M Sample Client',
      serialNumber: '345000123',
      firmwareVersion: '1.0',
      reboots: 3,
      rebootedAt: '2026-01-01T00:00:00.006Z',
    };
    const { items, nextCursor } = await list();
    expect(items[0]).toEqual(endpoint);
    expect(items[1]).toMatchObject({
      name: 'x',
      registered: false,
      presence: null,
      admission: 'held',
      registeredAt: null,
    });
    expect(nextCursor).toBeNull();
    expect((await call('GET', `${LIST}/urn:imei:100000000000000`)).body).toEqual(endpoint);
  });

  test('a cursor leads through all of them', async () => {
    const { database, list } = await start();
    const all = Array.from({ length: 7 }, (_, index) => `device ${String(index)}/ü`);
    await addEndpoints(database, ...all.map((endpoint) => ({ endpoint })));
    for (const order of ['asc', 'desc']) {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await list(
          `?limit=3&order=${order}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        );
        found.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
        expect(found.length).toBeLessThanOrEqual(7);
      }
      expect(found).toEqual(order === 'asc' ? all : all.toReversed());
    }
  });

  test.each(Object.keys(sortColumns))('a cursor leads through the list sorted by %s, in either order', async (sort) => {
    const { database, list } = await start();
    const versions = ['1.0', '1.1', null, `${'x'.repeat(150)}a`, `${'x'.repeat(150)}b`, '"\\%'];
    await addEndpoints(
      database,
      ...Array.from({ length: 12 }, (_, index) => ({
        endpoint: `${String((index * 7) % 12)}"'\\😀`,
        registered: (index % 2) as 0 | 1,
        last_updated: NEW_YEAR + (index % 4),
        registered_at: index % 3 === 0 ? null : NEW_YEAR + (index % 5),
        registrations: index % 6,
        manufacturer: versions[index % 3] ?? null,
        firmware_version: versions[index % 6] ?? null,
      })),
    );
    const everything = (await list(`?sort=${sort}`)).items.map(({ name }) => name);
    expect(new Set(everything).size).toBe(12);
    for (const [order, expected] of [['asc', everything], ['desc', everything.toReversed()]] as const) {
      const found: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await list(`?sort=${sort}&order=${order}&limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`);
        found.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
        expect(found.length).toBeLessThanOrEqual(12);
      }
      expect(found).toEqual(expected);
    }
  }); // prettier-ignore

  test('they are sorted by what they are asked to be', async () => {
    const { database, names } = await start();
    await addEndpoints(
      database,
      { endpoint: 'a', last_updated: NEW_YEAR + 2, firmware_version: '1.10' },
      { endpoint: 'b', last_updated: NEW_YEAR + 3, firmware_version: '1.1' },
      { endpoint: 'c', last_updated: NEW_YEAR + 1 },
    );
    expect(await names('?sort=lastUpdated&order=desc')).toEqual(['b', 'a', 'c']);
    expect(await names('?sort=firmwareVersion')).toEqual(['c', 'b', 'a']);
  });

  test.each([
    ['search=zep', ['a']],
    ['search=ZEP', ['a']],
    ['search=A%2F', ['A/x']],
    ['search=%25', ['100%']],
    ['search=_', ['u_v']],
    ['search=%5C', ['\\']],
    ['search=%C3%9C', ['Ü']],
    ['search=0.2.9', ['u_v']],
    ['registered=false', ['Ü']],
    ['admission=refused', ['\\']],
    ['security=x509', ['100%']],
    ['object=3303', ['100%', 'A/x', '\\', 'u_v', 'Ü']],
    ['object=330', ['a']],
    ['object=33', []],
    ['model=M1', ['a']],
    ['model=M', []],
    ['object=3303&registered=true&search=a', ['A/x']],
  ])('a filter keeps those that match: %s', async (query, expected) => {
    const { database, names } = await start();
    await addEndpoints(
      database,
      { endpoint: 'a', manufacturer: 'Zephyr', model_number: 'M1', object_links: '["/330"]' },
      { endpoint: 'A/x' },
      { endpoint: '100%', security: 'x509' },
      { endpoint: 'u_v', address: '192.0.2.99:1' },
      { endpoint: '\\', admission: 'refused' },
      { endpoint: 'Ü', registered: 0, object_links: '["/3303"]' },
    );
    expect(await names(`?${query}`)).toEqual(expected);
  });

  test.each(['a/b', '%2F', '"><script>alert(1)</script>', 'ü'.repeat(127), ' ', '?', '#x', 'a+b', "'; DROP TABLE Endpoint; --", 'resources'])(
    'the name %j is listed and found without harm', async (name) => {
    const { database, call, names } = await start();
    await addEndpoints(database, { endpoint: name });
    expect(await names()).toEqual([name]);
    const found = await call('GET', `${LIST}/${encodeURIComponent(name)}`);
    expect(found).toMatchObject({ status: 200, body: { name } });
    expect(found.headers['content-type']).toBe('application/json; charset=utf-8');
  }); // prettier-ignore

  test('the list comes as a table', async () => {
    const { database, call } = await start(() => ({ state: 'awake', since: NEW_YEAR, reason: 'update' }));
    await addEndpoints(database, { endpoint: '=1+1', manufacturer: 'a,"b"' });
    const { text, headers } = await call('GET', LIST, undefined, { accept: 'text/csv' });
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(text).toBe(
      'name,registered,presence,admission,firstSeen,lastUpdated,registeredAt,registrations,updates,address,lifetime,lwm2mVersion,bindingMode,queueMode,' +
        'demo,security,objectLinks,manufacturer,modelNumber,serialNumber,firmwareVersion,reboots,rebootedAt\r\n' +
        "'=1+1,true,awake,accepted,2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,0,0,192.0.2.7:5683,60,1.1,U,false," +
        'false,none,/1/0 /3/0 /3303/0,"a,""b""",,,,0,\r\n',
    );
  });

  test('an unknown endpoint is 404 with the reason', async () => {
    const { call } = await start();
    expect(await call('GET', `${LIST}/x`)).toMatchObject({
      status: 404,
      body: { type: 'urn:flownexus:problem:unknown-endpoint', detail: 'no endpoint named "x" is known' },
    });
  });

  test.each([
    'limit=0', 'limit=10001', 'limit=1e3', 'limit=', 'limit=5&limit=6', 'sort=x', 'sort=toString', 'order=up', 'registered=1', 'object=-1', 'object=x',
    'search=', 'search=%00', `search=${'x'.repeat(201)}`, 'security=x', 'admission=x', 'form=1', 'cursor=', 'cursor=x', 'cursor=WzEsMl0', 'cursor=bnVsbA',
    'sort=lastUpdated&cursor=WyJhIiwiYiJd', 'sort=name&cursor=WzEsImEiXQ', 'cursor=WyJhIiwiXHUwMDAwIl0',
  ])('a bad query is 400 with the place: %s', async (query) => {
    const { call } = await start();
    const answer = await call('GET', `${LIST}?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: expect.stringMatching(/^query/) as string }] } });
  }); // prettier-ignore

  test('a name that can not be is 400', async () => {
    const { call } = await start();
    for (const name of ['%00', 'a%00b', 'x'.repeat(1_025)]) {
      expect(await call('GET', `${LIST}/${name}`)).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'path.name' }] },
      });
    }
  });
});
