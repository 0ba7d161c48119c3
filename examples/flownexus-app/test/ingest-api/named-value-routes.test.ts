import { expect, test } from 'vitest';
import { namedValueRoutes } from '../../src/ingest-api/named-value-routes.ts';
import { reportRoutes } from '../../src/ingest-api/report-routes.ts';
import { record, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

const TEMPERATURES = '/leshan_api/data/temperature/';

onEachDatabase('values by the name of their Resource', (kind) => {
  async function start() {
    const { database, definitions, ingest } = await testIngest(kind);
    const submit = ingest.submit.bind(ingest);
    const settings = { values: { registrationObject: 10240, eventObject: 10300 } };
    const { call } = await testRoutes([
      ...namedValueRoutes({ database }),
      ...reportRoutes({ database, definitions, submit, settings }),
    ]);
    const list = async (query = '') => {
      const answer = await call('GET', `${TEMPERATURES}${query}`);
      expect(answer.status, answer.text).toBe(200);
      const link = answer.headers['link'];
      return {
        items: answer.body as { value: unknown; endpoint: string }[],
        next: typeof link === 'string' ? /^<(\?[^>]*)>; rel="next"$/.exec(link)?.[1] : undefined,
      };
    };
    return { database, ingest, call, list };
  }

  test('a reported value is listed with exactly its double', async () => {
    const { call, list } = await start();
    const val = { kind: 'singleResource', id: 5700, type: 'FLOAT', value: '24.899181214836236' };
    expect(await call('POST', '/leshan_api/resource/single', { ep: 'a', obj_id: 3303, val })).toMatchObject({ status: 201 }); // prettier-ignore
    const at = expect.stringMatching(/^20\d\d-.*Z$/) as string;
    expect((await list()).items).toEqual([
      { timestamp_created: at, value: 24.899181214836236, resource_type: 'temperature', endpoint: 'a', path: '/3303/0/5700', time: at },
    ]); // prettier-ignore
  });

  test('the newest of all endpoints come, oldest of them first, and a link leads to those before', async () => {
    const { ingest, list } = await start();
    for (let index = 0; index < 10; index += 1) {
      await ingest.submit(values(index % 2 === 0 ? 'a' : 'b', [record('/3303/0/5700', 'float', index)], NEW_YEAR + index));
    }
    const pages: unknown[] = [];
    for (let query: string | undefined = '?limit=4'; query !== undefined;) {
      const { items, next } = await list(query);
      pages.push(items.map(({ value }) => value));
      query = next;
      expect(pages.length).toBeLessThan(4);
    }
    expect(pages).toEqual([[6, 7, 8, 9], [2, 3, 4, 5], [0, 1]]);
    expect((await list('?endpoint=b')).items.map(({ value }) => value)).toEqual([1, 3, 5, 7, 9]);
    expect((await list(`?from=${String(NEW_YEAR + 8)}`)).items.map(({ value }) => value)).toEqual([8, 9]);
  }); // prettier-ignore

  test('nothing of a name is 404 with the reason', async () => {
    const { call } = await start();
    for (const name of ['humidity', 'nothing', "';%20--", 'a%2Fb']) {
      expect(await call('GET', `/leshan_api/data/${name}/`)).toMatchObject({ status: 404, body: { detail: expect.stringContaining('resource type not found') as string } }); // prettier-ignore
    }
    expect(await call('GET', '/leshan_api/data/%00/')).toMatchObject({ status: 400 });
    expect(await call('GET', `${TEMPERATURES}?cursor=x`)).toMatchObject({ status: 400 });
  });

  test('they come as a table', async () => {
    const { ingest, call } = await start();
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 1.5)]));
    expect((await call('GET', TEMPERATURES, undefined, { accept: 'text/csv' })).text).toBe(
      'timestamp_created,value,resource_type,endpoint,path,time\r\n' +
        '2026-01-01T00:00:00.000Z,1.5,temperature,a,/3303/0/5700,2026-01-01T00:00:00.000Z\r\n',
    );
  });
});

onEachDatabase('reports in the database', (kind) => {
  test('registration events change the endpoint, and composites are events', async () => {
    const { database, definitions, ingest } = await testIngest(kind);
    const settings = { values: { registrationObject: 10240, eventObject: 10300 } };
    const { call } = await testRoutes(reportRoutes({ database, definitions, submit: ingest.submit.bind(ingest), settings }));
    const registered = async () =>
      (await database.reads.selectFrom('Endpoint').select('registered').where('endpoint', '=', 'a').executeTakeFirst())?.registered; // prettier-ignore
    for (const [id, expected] of [[0, 1], [1, 0], [2, 1], [1, 0]] as const) {
      const val = { kind: 'singleResource', id, type: 'TIME', value: NEW_YEAR };
      expect(await call('POST', '/leshan_api/resource/single', { ep: 'a', obj_id: 10240, val })).toMatchObject({ status: 201 }); // prettier-ignore
      expect(await registered()).toBe(expected);
    }
    const val = {
      '/10300': { kind: 'obj', id: 10300, instances: [{ kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 1, type: 'INTEGER', value: 7 }, { kind: 'singleResource', id: 2, type: 'STRING', value: 'door' }] }] },
      '/3342/0/5500': { kind: 'singleResource', id: 5500, type: 'BOOLEAN', value: true },
    }; // prettier-ignore
    expect(await call('POST', '/leshan_api/resource/composite', { ep: 'a', val })).toMatchObject({ status: 201 });
    const events = await database.reads.selectFrom('Event').select(['id', 'event_type', 'source']).orderBy('id').execute();
    expect(events).toMatchObject([{ event_type: '10300', source: 'ingest' }, { event_type: '3342', source: 'ingest' }]);
    expect(await database.reads.selectFrom('EventResource').select('event_id').execute()).toHaveLength(3);
  }); // prettier-ignore
});
