import { expect, test } from 'vitest';
import { exportEndpointRoute } from '../../src/endpoints/export-endpoint.ts';
import { removeEndpointRoute } from '../../src/endpoints/remove-endpoint.ts';
import { limits } from '../../src/limits.ts';
import { operationStore } from '../../src/stores/operation-store.ts';
import type { NewEvent } from '../../src/values/batch.ts';
import { NEW_YEAR, record, registered, values } from '../support/batches.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testIngest } from '../support/test-ingest.ts';
import { testRoutes } from '../support/test-routes.ts';

onEachDatabase('all that is stored of an endpoint', (kind) => {
  async function open(cancelled: (endpoint: string) => Promise<void> = () => Promise.resolve()) {
    const opened = await testIngest(kind);
    const released: string[] = [];
    const over: string[] = [];
    const release = async (endpoint: string) => {
      const row = await opened.database.reads.selectFrom('Endpoint').select('endpoint').where('endpoint', '=', endpoint).executeTakeFirst(); // prettier-ignore
      released.push(row?.endpoint ?? '');
    };
    const cancelOperations = (endpoint: string) => cancelled(endpoint);
    const routes = [
      removeEndpointRoute({ ...opened, release, cancelOperations, released: (endpoint) => void over.push(endpoint) }),
      exportEndpointRoute(opened),
    ];
    const event: NewEvent = { eventType: '10300', source: 'composite', severity: 'info', records: [0] };
    const fill = async (name: string, count: number) => {
      await opened.ingest.submit(registered(name));
      const temperatures = Array.from({ length: count }, (_, index) => record('/3303/0/5700', 'float', index, NEW_YEAR / 1000 + index)); // prettier-ignore
      await opened.ingest.submit({ ...values(name, [...temperatures, record('/3/0/0', 'string', 'x'.repeat(5_000))]), events: [event] }); // prettier-ignore
      await opened.database.db.insertInto('EndpointOperation').values({ id: `op ${name}`, sequence: count, endpoint: name, operation_type: 'write', path: '/3/0/14', operation: '{}', status: 'CONFIRMED', max_attempts: 3, repeatable: 1, timestamp_created: NEW_YEAR, updated_at: NEW_YEAR }).execute(); // prettier-ignore
    };
    const { call } = await testRoutes(routes);
    return { ...opened, released, over, fill, call };
  }

  test('is exported as lines of JSON, and the last one says that it is whole', async () => {
    const { call, fill } = await open();
    const count = limits.exportRows + 5;
    await fill('a/"b"', count);
    await fill('other', 1);
    const { text, headers } = await call('GET', `/api/v1/endpoints/${encodeURIComponent('a/"b"')}/export`);
    expect(headers['content-type']).toContain('application/x-ndjson');
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
    const of = (kindOf: string) => lines.filter((line) => line['kind'] === kindOf);
    expect(lines[0]).toMatchObject({ kind: 'endpoint', name: 'a/"b"', registered: true });
    const temperatures = of('resource').filter((line) => line['path'] === '/3303/0/5700');
    expect(temperatures.map((line) => line['value'])).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(of('resource').find((line) => line['path'] === '/3/0/0')).toMatchObject({ value: 'x'.repeat(5_000) });
    expect(of('aggregate')).toMatchObject([{ path: '/3303/0/5700', start: '2026-01-01T00:00:00.000Z', count, minimum: 0 }]); // prettier-ignore
    expect(of('event')).toMatchObject([{ eventType: '10300', resources: [temperatures[0]?.['id']] }]);
    expect(of('operation')).toMatchObject([{ id: 'op a/"b"', status: 'CONFIRMED', operation: 'write' }]);
    expect(lines.at(-1)).toEqual({ kind: 'end' });
    expect((await call('GET', '/api/v1/endpoints/unknown/export')).status).toBe(404);
  });

  test('is deleted after its registration was ended, and that of others is not', async () => {
    const { call, fill, released, over, database } = await open();
    await fill('a/b', 3);
    await fill('other', 4);
    expect((await call('DELETE', '/api/v1/endpoints/a%2Fb', undefined, { 'x-permissions': 'read,operate' })).status).toBe(403); // prettier-ignore
    expect(released).toEqual([]);
    expect((await call('DELETE', '/api/v1/endpoints/a%2Fb')).status).toBe(204);
    expect(released).toEqual(['a/b']);
    expect(over).toEqual(['a/b']);
    for (const table of ['Endpoint', 'Series', 'Event', 'EndpointOperation'] as const) {
      const rows = await database.reads.selectFrom(table).select('endpoint').distinct().execute();
      expect(rows, table).toEqual([{ endpoint: 'other' }]);
    }
    const { n } = await database.reads.selectFrom('ResourceValue').select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow(); // prettier-ignore
    expect(n).toBe(5);
    expect((await call('DELETE', '/api/v1/endpoints/a%2Fb')).status).toBe(404);
  });

  test('takes no sequence with it: the next operation has a greater one than all that ever were', async () => {
    const { call, fill, database } = await open();
    await fill('a', 7);
    await fill('other', 5);
    expect((await call('DELETE', '/api/v1/endpoints/a')).status).toBe(204);
    const store = operationStore(database, () => undefined);
    expect(await store.lastSequence()).toBe(7);
    expect((await call('DELETE', '/api/v1/endpoints/other')).status).toBe(204);
    expect(await store.lastSequence()).toBe(7);
  });

  test('takes with it what was queued for it meanwhile', async () => {
    let late = (): Promise<void> => Promise.resolve();
    const { call, fill, database } = await open(() => late());
    await fill('a', 1);
    late = async () => {
      const row = await database.reads.selectFrom('Endpoint').select('endpoint').executeTakeFirst();
      // It is cancelled when the endpoint is gone, and not before.
      if (row === undefined) await database.db.updateTable('EndpointOperation').set({ status: 'FAILED' }).execute();
      else await database.db.insertInto('EndpointOperation').values({ id: 'late', sequence: 9, endpoint: 'a', operation_type: 'write', path: '/3/0/14', operation: '{}', status: 'QUEUED', max_attempts: 3, repeatable: 1, timestamp_created: NEW_YEAR, updated_at: NEW_YEAR }).execute(); // prettier-ignore
    };
    expect((await call('DELETE', '/api/v1/endpoints/a')).status).toBe(204);
    expect(await database.reads.selectFrom('EndpointOperation').select('id').execute()).toEqual([]);
  });

  test('stays when its registration can not be ended', async () => {
    const { ingest, over, database } = await open();
    await ingest.submit(values('a', [record('/3303/0/5700', 'float', 1)]));
    const { call } = await testRoutes([removeEndpointRoute({ database, ingest, release: () => Promise.reject(new Error('no')), cancelOperations: () => Promise.resolve(), released: (endpoint) => void over.push(endpoint) })]); // prettier-ignore
    expect((await call('DELETE', '/api/v1/endpoints/a')).status).toBe(500);
    expect(over).toEqual(['a']);
    expect(await database.reads.selectFrom('Resource').select('float_value').execute()).toEqual([{ float_value: 1 }]);
  });

  test('is deleted once by two who ask at the same time', async () => {
    const { call, fill, released, over } = await open();
    await fill('a', 3);
    const answers = await Promise.all([call('DELETE', '/api/v1/endpoints/a'), call('DELETE', '/api/v1/endpoints/a')]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(released).toEqual(['a']);
    expect(over).toEqual(['a']);
  });
});
