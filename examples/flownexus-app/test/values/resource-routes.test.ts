import { describe, expect, test } from 'vitest';
import type { List, ResourceItem } from '../../src/http/api-types.ts';
import { limits } from '../../src/limits.ts';
import { resourceRoutes } from '../../src/values/resource-routes.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { onEachDatabase, sharedDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';

onEachDatabase('the values of an endpoint', (kind) => {
  async function testValues(opened?: Awaited<ReturnType<typeof testIngest>>) {
    opened ??= await testIngest(kind);
    const { call } = await testRoutes(resourceRoutes(opened));
    return { ...opened, get: (path: string, accept = '*/*') => call('GET', path, undefined, { accept }) };
  }

  const RESOURCES = `/api/v1/endpoints/a/resources`;
  const minute = (index: number): string => new Date(NEW_YEAR + index * 60_000).toISOString();

  const shared = sharedDatabase(kind);
  let history: ReturnType<typeof fillHistory> | undefined;
  async function fillHistory() {
    const opened = await testIngest(kind, { database: shared() });
    const { ingest } = opened;
    await ingest.submit(registered('a', { objectLinks: ['/3/0', '/3303/0', '/3303/1', '/3304/0'] }));
    await ingest.submit(registered('b'));
    for (let index = 0; index < 10; index += 1) {
      const receivedAt = NEW_YEAR + index * 60_000;
      await ingest.submit(values('a', [record(`/3303/${String(index % 2)}/5700`, 'float', index)], receivedAt));
      await ingest.submit(values('b', [record('/3303/0/5700', 'float', -index)], receivedAt));
    }
    const voltages = [record('/3/0/7/0', 'integer', 3800), record('/3/0/7/1', 'integer', 5000)];
    await ingest.submit(values('a', voltages, NEW_YEAR + 30_000));
    return opened;
  }

  /** Ten temperatures a minute apart in two instances by turns, and the Device object in between: to read. */
  async function withHistory() {
    const { get } = await testValues(await (history ??= fillHistory()));
    const list = async (query: string): Promise<List<ResourceItem>> => {
      const answer = await get(`${RESOURCES}${query}`);
      expect(answer.status, answer.text).toBe(200);
      return answer.body as List<ResourceItem>;
    };
    return { get, list, valuesOf: async (query: string) => (await list(query)).items.map(({ value }) => value) };
  }

  test('a value is given with its path, name, unit and times', async () => {
    const { ingest, get } = await testValues();
    await ingest.submit(registered('a'));
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 24.899181214836236, NEW_YEAR / 1000 - 1)]));
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
          direction: 'up',
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
      const { ingest, get } = await testValues();
      await ingest.submit(registered('a'));
      const large = Array.from({ length: 100 }, (_, index) => String(index).padEnd(100_000, 'x'));
      await ingest.submit(
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
    const { ingest, get } = await testValues();
    await ingest.submit(registered('a'));
    await ingest.submit(
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
    const { ingest, get } = await testValues();
    await ingest.submit(registered('a'));
    // A few sensors report much more often than the others.
    const sensor = (index: number): number => (index % 3 === 0 ? index % 7 : (index * 31) % 97);
    const records = Array.from({ length: 700 }, (_, index) =>
      record(`/3303/${String(sensor(index))}/5700`, 'float', index, NEW_YEAR / 1000 + Math.floor(index / 5)),
    );
    await ingest.submit(values('a', records));
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
    const { ingest, get } = await testValues(await testIngest(kind, { seriesPerEndpoint: () => Infinity }));
    await ingest.submit(registered('a'));
    const instances = Array.from({ length: limits.seriesPerRequest + 1 }, (_, index) => String(index));
    await ingest.submit(
      values(
        'a',
        instances.map((instance) => record(`/3303/${instance}/5700`, 'float', 1)),
      ),
    );
    expect(await get(`${RESOURCES}?path=/3303`)).toMatchObject({
      status: 400,
      body: {
        type: 'urn:flownexus:problem:too-many-series',
        detail: 'there are more than 2000 series of values: a longer path selects fewer',
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
          type: 'urn:flownexus:problem:unknown-path',
          detail: `the endpoint has not registered ${path} and never reported it`,
        },
      });
    }
  });

  test.each([
    ['limit=0', 'query.limit: expected an integer from 1 to 10000'],
    ['limit=10001', 'query.limit: '],
    ['limit=-1', 'query.limit: '],
    ['limit=1e3', 'query.limit: '],
    ['limit=', 'query.limit: '],
    ['limit=5&limit=6', 'query.limit: '],
    ['from=yesterday', 'query.from: expected an ISO 8601 time or milliseconds since 1970'],
    ['from=2026-01-01T00:00:00', 'query.from: '],
    ['to=2026-02-30', 'query.to: '],
    ['to=99999999999999999', 'query.to: '],
    ['order=up', 'query.order: '],
    ['cursor=x', 'query.cursor: expected nextCursor of a page of the same list'],
    [
      'path=/a',
      'query.path: expected a path such as /3303/0/5700 (expected a digit, found another character at offset 1)',
    ],
    ['path=/3303/0/5700/0/1', 'query.path: expected a path'],
    ['path[objectId]=3', '"path[objectId]"'],
    ['form=2026-01-01', '"form"'],
  ])('a bad query is 400 with the reason: %s', async (query, message) => {
    const { get } = await withHistory();
    const answer = await get(`${RESOURCES}?${query}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { type: 'urn:flownexus:problem:bad-query', detail: expect.stringContaining(message) as string },
    });
  });

  test('exact integers come as text where JSON numbers end', async () => {
    const { ingest, get } = await testValues();
    await ingest.submit(registered('a'));
    const integers = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 5];
    await ingest.submit(values('a', integers.map((value) => record('/33000/0/1', 'unsignedInteger', value)))); // prettier-ignore
    const { body } = await get(RESOURCES);
    expect((body as List<ResourceItem>).items.map(({ value }) => value)).toEqual([
      '9223372036854775807', '-9223372036854775808', '18446744073709551615', 5,
    ]); // prettier-ignore
  });

  test('those of devices behind a gateway are below the root and their own paths', async () => {
    const { ingest, get } = await testValues();
    const records = [record('/3303/0/5700', 'float', 1), record('/d01/3303/0/5700', 'float', 2)];
    await ingest.submit(values('a', records));
    const paths = async (query: string) => ((await get(`${RESOURCES}${query}`)).body as List<ResourceItem>).items.map(({ path }) => path); // prettier-ignore
    expect(await paths('')).toEqual(['/3303/0/5700', '/d01/3303/0/5700']);
    expect(await paths('?path=/3303')).toEqual(['/3303/0/5700']);
    expect(await paths('?path=/d01/3303')).toEqual(['/d01/3303/0/5700']);
    expect((await get(`${RESOURCES}?path=/d02/3303`)).status).toBe(404);
  });

  test('a sensor says what it measures in, also one of two', async () => {
    const { ingest, get } = await testValues();
    const units = [record('/3303/0/5701', 'string', 'Cel'), record('/3303/1/5701', 'string', 'x'.repeat(65))];
    await ingest.submit(
      values('a', [...units, record('/3303/0/5700', 'float', 1), record('/3303/1/5700', 'float', 2)]),
    );
    const { body } = await get(`${RESOURCES}?path=/3303`);
    expect((body as List<ResourceItem>).items.filter(({ type }) => type === 'FLOAT').map(({ units: of }) => of)).toEqual(['Cel', null]); // prettier-ignore
  });

  test('are a table for who asks for CSV', async () => {
    const { ingest, get } = await testValues();
    await ingest.submit(values('a', [record('/3/0/0', 'string', '=1+1, "x"')]));
    const { text, headers } = await get(RESOURCES, 'text/csv');
    expect(headers['content-type']).toContain('text/csv');
    expect(text).toBe(
      'id,path,name,type,units,value,time,timeReceived,timeDevice,source,direction\r\n' +
        `1,/3/0/0,manufacturer,STRING,,"'=1+1, ""x""",2026-01-01T00:00:00.000Z,2026-01-01T00:00:00.000Z,,observe,up\r\n`,
    );
  });

  test('an unknown endpoint is 404 everywhere', async () => {
    const { get } = await testValues();
    for (const path of ['resources', 'resources/latest', 'resources/aggregates', 'series']) {
      expect(await get(`/api/v1/endpoints/x%2Fy/${path}`)).toMatchObject({ status: 404, body: { detail: 'no endpoint named "x/y" is known' } }); // prettier-ignore
    }
  });

  test('the latest value of each Resource comes in pages, in the order of the paths', async () => {
    const { ingest, get } = await testValues();
    const at = (path: string, value: number, seconds: number) =>
      record(path, 'float', value, NEW_YEAR / 1000 + seconds);
    await ingest.submit(values('a', [at('/3303/10/5700', 1, 0), at('/3303/2/5700', 2, 9), at('/3304/0/5700', 3, 0)]));
    await ingest.submit(values('a', [at('/3303/2/5700', 4, 5), at('/3304/0/5700', 5, 5)]));
    const pages: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const answer = await get(`${RESOURCES}/latest?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const { items, nextCursor } = answer.body as List<ResourceItem>;
      pages.push(items.map(({ path, value }) => [path, value]));
      cursor = nextCursor;
    }
    expect(pages).toEqual([[['/3303/2/5700', 2], ['/3303/10/5700', 1]], [['/3304/0/5700', 5]]]); // prettier-ignore
    expect((await get(`${RESOURCES}/latest?path=/3303/10`)).body).toMatchObject({ items: [{ value: 1 }], nextCursor: null }); // prettier-ignore
  });

  test('which Resources have values, and since when', async () => {
    const { ingest, get } = await testValues();
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 1), record('/3303/0/5700', 'float', 1, NEW_YEAR / 1000 + 1), record('/3/0/9', 'integer', 95)])); // prettier-ignore
    expect((await get('/api/v1/endpoints/a/series')).body).toEqual({
      items: [
        { path: '/3/0/9', name: 'battery_level', type: 'INTEGER', units: '/100', firstTime: '2026-01-01T00:00:00.000Z', lastTime: '2026-01-01T00:00:00.000Z' },
        { path: '/3303/0/5700', name: 'temperature', type: 'FLOAT', units: null, firstTime: '2026-01-01T00:00:00.000Z', lastTime: '2026-01-01T00:00:01.000Z' },
      ],
      nextCursor: null,
    }); // prettier-ignore
  });

  describe('aggregates', () => {
    const sharedHours = sharedDatabase(kind);
    let filled: ReturnType<typeof fillHours> | undefined;
    async function fillHours() {
      const opened = await testIngest(kind, { database: sharedHours() });
      const start = Date.UTC(2025, 11, 30) / 1000;
      const hours = Array.from({ length: 40 * 24 }, (_, hour) => record('/3303/0/5700', 'float', hour, start + hour * 3600 + 1)); // prettier-ignore
      await opened.ingest.submit(values('a', [...hours, record('/3303/1/5700', 'float', 7)]));
      return opened;
    }

    /** A value each hour from 2025-12-30T00:00Z (a Tuesday) on for 40 days, the number of the hour: to read. */
    async function withHours() {
      const opened = await testValues(await (filled ??= fillHours()));
      const list = async (query: string) => {
        const answer = await opened.get(`${RESOURCES}/aggregates?${query}`);
        expect(answer.status, answer.text).toBe(200);
        return answer.body as List<{ path: string; start: string; count: number; mean: number; minimum: number; maximum: number }>; // prettier-ignore
      };
      return { ...opened, list };
    }

    test('of hours, days, weeks and months have count, mean, minimum and maximum', async () => {
      const { list } = await withHours();
      expect((await list('limit=2')).items).toEqual([
        { path: '/3303/0/5700', name: 'temperature', units: null, start: '2025-12-30T00:00:00.000Z', count: 1, mean: 0, minimum: 0, maximum: 0 },
        { path: '/3303/0/5700', name: 'temperature', units: null, start: '2025-12-30T01:00:00.000Z', count: 1, mean: 1, minimum: 1, maximum: 1 },
      ]); // prettier-ignore
      expect((await list('bucket=day&limit=2')).items).toMatchObject([
        { start: '2025-12-30T00:00:00.000Z', count: 24, mean: 11.5, minimum: 0, maximum: 23 },
        { start: '2025-12-31T00:00:00.000Z', count: 24, mean: 35.5 },
      ]);
      const weeks = await list('bucket=week&path=/3303/0');
      expect(weeks.items.slice(0, 2)).toMatchObject([
        { start: '2025-12-29T00:00:00.000Z', count: 6 * 24 },
        { start: '2026-01-05T00:00:00.000Z', count: 7 * 24 },
      ]);
      expect((await list('bucket=month&path=/3303/0')).items).toMatchObject([
        { start: '2025-12-01T00:00:00.000Z', count: 48, minimum: 0, maximum: 47 },
        { start: '2026-01-01T00:00:00.000Z', count: 31 * 24 },
        { start: '2026-02-01T00:00:00.000Z', count: 7 * 24, maximum: 40 * 24 - 1 },
      ]);
    });

    test('are those of a time zone, and of a range', async () => {
      const { list } = await withHours();
      expect((await list('bucket=day&path=/3303/0&offset=2&limit=2')).items).toMatchObject([
        { start: '2025-12-29T22:00:00.000Z', count: 22 },
        { start: '2025-12-30T22:00:00.000Z', count: 24, minimum: 22 },
      ]);
      expect((await list('bucket=month&path=/3303/0&offset=-1')).items).toMatchObject([
        { start: '2025-12-01T01:00:00.000Z', count: 49 },
        { start: '2026-01-01T01:00:00.000Z', count: 31 * 24 },
        { start: '2026-02-01T01:00:00.000Z', count: 7 * 24 - 1 },
      ]);
      const range = 'from=2026-01-01T05:30:00Z&to=2026-01-02T04:00:00Z';
      expect((await list(`bucket=day&path=/3303/0&${range}`)).items).toMatchObject([
        { start: '2026-01-01T00:00:00.000Z', count: 19 },
        { start: '2026-01-02T00:00:00.000Z', count: 5 },
      ]);
    });

    test.each(['hour', 'day', 'week', 'month'])('come in pages without a gap: %s', async (bucket) => {
      const { list } = await withHours();
      const all = (await list(`bucket=${bucket}&offset=3`)).items;
      const size = Math.ceil((all.length + 1) / 4);
      const paged: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await list(`bucket=${bucket}&offset=3&limit=${String(size)}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        paged.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(all);
      expect(all.at(-1)).toMatchObject({ path: '/3303/1/5700', mean: 7 });
    }); // prettier-ignore

    test('behind the end of the calendar there are none', async () => {
      const { list } = await withHours();
      const [series = ''] = (await list('bucket=month&limit=1')).nextCursor?.split('.') ?? [];
      const page = await list(`path=/3303/0&bucket=month&cursor=${series}.8640000000000000`);
      expect(page).toEqual({ items: [], nextCursor: null });
    });

    test.each(['bucket=year', 'offset=5.5', 'offset=15', 'cursor=1', 'order=asc'])('with %s are 400', async (query) => {
      const { get } = await withHours();
      expect((await get(`${RESOURCES}/aggregates?${query}`)).status).toBe(400);
    });
  });
});
