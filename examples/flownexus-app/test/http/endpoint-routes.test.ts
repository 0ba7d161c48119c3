import { describe, expect, test } from 'vitest';
import type { List, ResourceItem } from '../../src/http/api-types.ts';
import { limits } from '../../src/limits.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { send, testHttp } from '../support/test-http.ts';

const LIST = '/api/v1/endpoints';

describe('endpoints', () => {
  test('an empty list is a list', async () => {
    const { get } = await testHttp();
    expect((await get(LIST)).body).toEqual({ items: [], nextCursor: null });
  });

  test('an endpoint is listed and found with what its Device object says', async () => {
    const { get, queue } = await testHttp();
    await queue.submit(registered('urn:imei:100000000000000'));
    const device = [['/3/0/0', 'Zephyr'], ['/3/0/1', 'OMA-LWM2M Sample Client'], ['/3/0/2', '345000123'], ['/3/0/3', '1.0']] as const; // prettier-ignore
    await queue.submit({
      ...values('urn:imei:100000000000000', device.map(([path, value]) => record(path, 'string', value)), NEW_YEAR + 5),
      source: 'read',
    }); // prettier-ignore
    const endpoint = {
      name: 'urn:imei:100000000000000',
      registered: true,
      firstSeen: '2026-01-01T00:00:00.000Z',
      lastUpdated: '2026-01-01T00:00:00.005Z',
      address: '192.0.2.7:5683',
      lifetime: 60,
      lwm2mVersion: '1.1',
      bindingMode: 'U',
      queueMode: false,
      demo: false,
      security: 'none',
      objectLinks: ['/1/0', '/3/0', '/3303/0'],
      manufacturer: 'Zephyr',
      modelNumber: 'OMA-LWM2M Sample Client',
      serialNumber: '345000123',
      firmwareVersion: '1.0',
    };
    expect((await get(LIST)).body).toEqual({ items: [endpoint], nextCursor: null });
    expect((await get(`${LIST}/urn:imei:100000000000000`)).body).toEqual(endpoint);
  });

  test('a cursor leads through all of them', async () => {
    const { get, queue } = await testHttp();
    const names = Array.from({ length: 7 }, (_, index) => `device ${String(index)}/ü`);
    await Promise.all(names.map((name) => queue.submit(registered(name))));
    const found: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages += 1) {
      expect(pages).toBeLessThan(4);
      const { body } = await get(`${LIST}?limit=3${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      const list = body as List<{ name: string }>;
      found.push(...list.items.map(({ name }) => name));
      cursor = list.nextCursor;
    }
    expect(found).toEqual(names);
  });

  test.each([
    'a/b',
    '%2F',
    '"><script>alert(1)</script>',
    'ü'.repeat(127),
    ' ',
    '?',
    '#x',
    'a+b',
    "'; DROP TABLE Endpoint; --",
    'resources',
  ])('the name %j is stored, listed and found without harm', async (name) => {
    const { get, queue } = await testHttp();
    await queue.submit(registered(name));
    await queue.submit(values(name, [record('/3303/0/5700', 'float', 21)]));
    expect((await get(LIST)).body).toMatchObject({ items: [{ name }] });
    const found = await get(`${LIST}/${encodeURIComponent(name)}`);
    expect(found).toMatchObject({ status: 200, body: { name } });
    expect(found.headers['content-type']).toBe('application/json; charset=utf-8');
    expect((await get(`${LIST}/${encodeURIComponent(name)}/resources`)).body).toMatchObject({ items: [{ value: 21 }] });
  });

  test('an unknown endpoint is 404 with the reason', async () => {
    const { get } = await testHttp();
    const answer = {
      status: 404,
      body: { error: { code: 'unknown-endpoint', message: 'no endpoint named "x" has registered yet' } },
    };
    expect(await get(`${LIST}/x`)).toMatchObject(answer);
    expect(await get(`${LIST}/x/resources`)).toMatchObject(answer);
  });
});

describe('resources', () => {
  const RESOURCES = `${LIST}/a/resources`;
  const minute = (index: number): string => new Date(NEW_YEAR + index * 60_000).toISOString();

  /** Ten temperatures a minute apart in two instances by turns, and the Device object in between. */
  async function withHistory() {
    const http = await testHttp();
    await http.queue.submit(registered('a', { objectLinks: ['/3/0', '/3303/0', '/3303/1', '/3304/0'] }));
    await http.queue.submit(registered('b'));
    for (let index = 0; index < 10; index += 1) {
      const receivedAt = NEW_YEAR + index * 60_000;
      await http.queue.submit(values('a', [record(`/3303/${String(index % 2)}/5700`, 'float', index)], receivedAt));
      await http.queue.submit(values('b', [record('/3303/0/5700', 'float', -index)], receivedAt));
    }
    const voltages = [record('/3/0/7/0', 'integer', 3800), record('/3/0/7/1', 'integer', 5000)];
    await http.queue.submit(values('a', voltages, NEW_YEAR + 30_000));
    const list = async (query: string): Promise<List<ResourceItem>> => {
      const answer = await http.get(`${RESOURCES}${query}`);
      expect(answer.status, answer.text).toBe(200);
      return answer.body as List<ResourceItem>;
    };
    return { ...http, list, valuesOf: async (query: string) => (await list(query)).items.map(({ value }) => value) };
  }

  test('a value is given with its path, name, unit and times', async () => {
    const { queue, get } = await testHttp();
    await queue.submit(registered('a'));
    await queue.submit(values('a', [record('/3303/0/5700', 'float', 24.899181214836236, NEW_YEAR / 1000 - 1)]));
    expect((await get(RESOURCES)).body).toEqual({
      items: [
        {
          id: 1,
          path: '/3303/0/5700',
          name: 'temperature',
          type: 'FLOAT',
          units: null,
          value: 24.899181214836236,
          time: '2025-12-31T23:59:59.000Z',
          timeReceived: '2026-01-01T00:00:00.000Z',
          timeDevice: '2025-12-31T23:59:59.000Z',
          source: 'observe',
        },
      ],
      nextCursor: null,
    });
  });

  test('without a path they are all there, of this endpoint only, oldest first', async () => {
    const { valuesOf } = await withHistory();
    expect(await valuesOf('')).toEqual([0, 3800, 5000, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.each([
    ['/3303', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['/3303/0', [0, 2, 4, 6, 8]],
    ['/3303/1/5700', [1, 3, 5, 7, 9]],
    ['3303/1/5700', [1, 3, 5, 7, 9]],
    ['/3/0', [3800, 5000]],
    ['/3/0/7', [3800, 5000]],
    ['/3/0/7/1', [5000]],
    ['/', [0, 3800, 5000, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('a path selects what is at or below it: %s', async (path, expected) => {
    const { valuesOf } = await withHistory();
    expect(await valuesOf(`?path=${path}`)).toEqual(expected);
    expect(await valuesOf(`?path=${path}&order=asc`)).toEqual(expected);
    expect(await valuesOf(`?path=${path}&order=desc`)).toEqual(expected.toReversed());
  });

  test('from and to are inclusive, and may be given in several ways', async () => {
    const { valuesOf } = await withHistory();
    expect(await valuesOf(`?path=/3303&from=${minute(3)}&to=${minute(5)}`)).toEqual([3, 4, 5]);
    expect(await valuesOf(`?path=/3303&from=${String(NEW_YEAR + 8 * 60_000)}`)).toEqual([8, 9]);
    expect(await valuesOf(`?path=/3303&to=2026-01-01T01:01:00%2B01:00`)).toEqual([0, 1]);
    expect(await valuesOf('?path=/3303&to=2026-01-01')).toEqual([0]);
    expect(await valuesOf(`?path=/3303&from=${minute(5)}&to=${minute(3)}`)).toEqual([]);
  });

  test('limit takes the newest, and the first ones when asked for ascending order', async () => {
    const { valuesOf } = await withHistory();
    expect(await valuesOf('?path=/3303&limit=3')).toEqual([7, 8, 9]);
    expect(await valuesOf('?path=/3303&limit=3&order=desc')).toEqual([9, 8, 7]);
    expect(await valuesOf('?path=/3303&limit=3&order=asc')).toEqual([0, 1, 2]);
  });

  test.each([
    ['latest', '/3303', [[6, 7, 8, 9], [2, 3, 4, 5], [0, 1]]],
    ['desc', '/3303', [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]]],
    ['asc', '/3303', [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]],
    ['asc', '', [[0, 3800, 5000, 1], [2, 3, 4, 5], [6, 7, 8, 9]]],
    ['desc', '/3303/0/5700', [[8, 6, 4, 2], [0]]],
  ])('a cursor leads through all pages: %s %s', async (order, path, expected) => {
    const { list } = await withHistory();
    const pages: unknown[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const query = `?limit=4&order=${order}${path === '' ? '' : `&path=${path}`}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
      const { items, nextCursor } = await list(query);
      pages.push(items.map(({ value }) => value));
      cursor = nextCursor;
      expect(pages.length).toBeLessThan(5);
    }
    expect(pages).toEqual(expected);
  }); // prettier-ignore

  test.each(['latest', 'desc', 'asc'])(
    'a page of large values has fewer of them, and the cursor leads on: %s',
    async (order) => {
      const { queue, get } = await testHttp();
      await queue.submit(registered('a'));
      const large = Array.from({ length: 100 }, (_, index) => String(index).padEnd(100_000, 'x'));
      await queue.submit(
        values(
          'a',
          large.map((value) => record('/3/0/0', 'string', value)),
        ),
      );
      const seen: unknown[] = [];
      let cursor: string | null = '';
      let pages = 0;
      while (cursor !== null) {
        const query = `?path=/3/0/0&limit=1000&order=${order}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const list = (await get(`${RESOURCES}${query}`)).body as List<ResourceItem>;
        const bytes = list.items.reduce((sum, { value }) => sum + String(value).length, 0);
        expect(bytes).toBeLessThanOrEqual(limits.pageValueBytes);
        const items = list.items.map(({ value }) => value);
        seen.push(...(order === 'latest' ? items.reverse() : items));
        cursor = list.nextCursor;
        pages += 1;
      }
      expect(pages).toBe(3);
      expect(seen).toEqual(order === 'asc' ? large : large.toReversed());
    },
  );

  test('values of one time keep their order over pages', async () => {
    const { queue, get } = await testHttp();
    await queue.submit(registered('a'));
    await queue.submit(
      values(
        'a',
        [1, 2, 3, 4, 5].map((value) => record('/3303/0/5700', 'float', value)),
      ),
    );
    const first = (await get(`${RESOURCES}?limit=3&order=asc`)).body as List<ResourceItem>;
    const second = (await get(`${RESOURCES}?limit=3&order=asc&cursor=${first.nextCursor ?? ''}`))
      .body as List<ResourceItem>;
    expect([...first.items, ...second.items].map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
    expect(second.nextCursor).toBeNull();
  });

  test('of many sensors the pages are complete and in order', async () => {
    const { queue, get } = await testHttp();
    await queue.submit(registered('a'));
    // A few sensors report much more often than the others.
    const sensor = (index: number): number => (index % 3 === 0 ? index % 7 : (index * 31) % 97);
    const records = Array.from({ length: 700 }, (_, index) =>
      record(`/3303/${String(sensor(index))}/5700`, 'float', index, NEW_YEAR / 1000 + Math.floor(index / 5)),
    );
    await queue.submit(values('a', records));
    for (const order of ['asc', 'desc']) {
      const found: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query = `path=/3303&limit=90&order=${order}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const list = (await get(`${RESOURCES}?${query}`)).body as List<ResourceItem>;
        found.push(...list.items.map(({ value }) => value));
        cursor = list.nextCursor;
      }
      const all = records.map(({ value }) => value);
      expect(found).toEqual(order === 'asc' ? all : all.toReversed());
    }
  });

  test('a path with more series than a request may read is 400 with the reason', async () => {
    const { queue, get } = await testHttp();
    await queue.submit(registered('a'));
    const instances = Array.from({ length: limits.seriesPerRequest }, (_, index) => String(index));
    await queue.submit(
      values(
        'a',
        instances.map((instance) => record(`/3303/${instance}/5700`, 'float', 1)),
      ),
    );
    expect(await get(`${RESOURCES}?path=/3303`)).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'too-many-series',
          message: 'there are more than 2000 series of values: a longer path selects fewer',
        },
      },
    });
    expect((await get(`${RESOURCES}?path=/3303/7`)).body).toMatchObject({ items: [{ path: '/3303/7/5700' }] });
  });

  test('a path that was registered but never reported is an empty list, an unknown one is 404 with the reason', async () => {
    const { get, list } = await withHistory();
    expect((await list('?path=/3304/0/5700')).items).toEqual([]);
    expect((await list('?path=/3/0/0')).items).toEqual([]);
    for (const path of ['/3305/0/5700', '/3305', '/3303/7', '/3303/0/1']) {
      expect(await get(`${RESOURCES}?path=${path}`)).toMatchObject({
        status: 404,
        body: {
          error: { code: 'unknown-path', message: `the endpoint has not registered ${path} and never reported it` },
        },
      });
    }
  });

  test.each([
    ['limit=0', 'limit must be an integer from 1 to 10000'],
    ['limit=10001', 'limit must be'],
    ['limit=-1', 'limit must be'],
    ['limit=1e3', 'limit must be'],
    ['limit=', 'limit must be'],
    ['limit=5&limit=6', 'limit must be'],
    ['from=yesterday', 'from must be an ISO 8601 time or milliseconds since 1970'],
    ['from=2026-01-01T00:00:00', 'from must be'],
    ['to=2026-02-30', 'to must be'],
    ['to=99999999999999999', 'to must be'],
    ['order=up', 'order must be latest, asc or desc'],
    ['cursor=x', 'cursor must be a nextCursor of the same list'],
    ['path=/a', 'path must be a path such as /3303/0/5700 (expected a digit, found another character at offset 1)'],
    ['path=/3303/0/5700/0/1', 'path must be a path'],
    ['path[objectId]=3', 'the query has no parameter "path[objectId]"'],
    ['form=2026-01-01', 'the query has no parameter "form"'],
  ])('a bad query is 400 with the reason: %s', async (query, message) => {
    const { get } = await withHistory();
    const answer = await get(`${RESOURCES}?${query}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'bad-query', message: expect.stringContaining(message) as string } },
    });
  });

  test('exact integers come as text where JSON numbers end', async () => {
    const { queue, get } = await testHttp();
    await queue.submit(registered('a'));
    const integers = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 5];
    await queue.submit(values('a', integers.map((value) => record('/33000/0/1', 'unsignedInteger', value)))); // prettier-ignore
    const { body } = await get(RESOURCES);
    expect((body as List<ResourceItem>).items.map(({ value }) => value)).toEqual([
      '9223372036854775807', '-9223372036854775808', '18446744073709551615', 5,
    ]); // prettier-ignore
  });
});

test('what is not there is 404, what is malformed 400, what can not be changed 405, all in JSON', async () => {
  const { get, url } = await testHttp();
  expect(await get('/api/v1/nothing')).toMatchObject({
    status: 404,
    body: { error: { code: 'not-found', message: 'the API has nothing at /api/v1/nothing' } },
  });
  expect(await get('/api')).toMatchObject({ status: 404, body: { error: { code: 'not-found' } } });
  expect(await get('/api/v1/endpoints/%E0%A4%A')).toMatchObject({
    status: 400,
    body: { error: { code: 'bad-request' } },
  });
  for (const path of ['/api/v1/health', '/api/v1/stream', LIST, `${LIST}/a`, `${LIST}/a/resources`]) {
    const answer = await send(url, 'DELETE', path);
    expect(answer).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
      body: { error: { code: 'method-not-allowed' } },
    });
  }
});

test('an error of the server is logged and not shown', async () => {
  const { get, connection } = await testHttp();
  connection.close();
  const answer = await get(LIST);
  expect(answer).toMatchObject({
    status: 500,
    body: { error: { code: 'internal', message: 'the server failed; its log says why' } },
  });
  expect(answer.text).not.toMatch(/at .*\.ts|database/);
});
