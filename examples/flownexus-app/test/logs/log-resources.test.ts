import { expect, test } from 'vitest';
import { logResourceRoutes, markedResources } from '../../src/logs/log-resources.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { record, testLogs } from '../support/test-logs.ts';
import { testRoutes } from '../support/test-routes.ts';

const AT = '/api/v1/log-resources';

onEachDatabase('Resources that are marked as logs', (kind) => {
  test('are logs at once, and after a restart', async () => {
    const { database, logs, send, batches, rows } = await testLogs(kind);
    const { call, audited } = await testRoutes(logResourceRoutes({ database, intake: logs.intake }));
    expect(await call('GET', AT)).toMatchObject({ status: 200, body: { items: [] } });
    await send(record('/26241/0/1', 'as a value'));
    const items = [{ path: '/3303/0/5750', format: 'bytes' }, { path: '/26241/*/1' }];
    const marked = [{ path: '/26241/*/1', format: 'auto' }, { path: '/3303/0/5750', format: 'bytes' }]; // prettier-ignore
    expect(await call('PUT', AT, { items })).toMatchObject({ status: 200, body: { items: marked } });
    await send(record('/26241/7/1', 'as a log'));
    expect(batches).toHaveLength(1);
    expect(await rows()).toMatchObject([{ path: '/26241/7/1', message: 'as a log' }]);
    expect(await markedResources(database)).toEqual(marked);
    expect(audited).toMatchObject([{ action: 'setLogResources', detail: { items: [{ path: '/3303/0/5750' }, {}] } }]);
    expect(await call('PUT', AT, { items: [] })).toMatchObject({ status: 200, body: { items: [] } });
    await send(record('/26241/7/1', 'as a value again'));
    expect(batches).toHaveLength(2);
  });
});

test.each([
  [{ items: [{ path: '/3' }] }, 'body.items.0.path'],
  [{ items: [{ path: '/*/0/1' }] }, 'body.items.0.path'],
  [{ items: [{ path: '/1/2/70000' }] }, 'body.items.0.path'],
  [{ items: [{ path: '/0/*/5' }] }, 'body.items.0.path'],
  [{ items: [{ path: '/00/0/5' }] }, 'body.items.0.path'],
  [{ items: [{ path: '/1/2/3', format: 'x' }] }, 'body.items.0.format'],
  [{ items: [{ path: '/1/2/3' }, { path: '/1/2/3' }] }, 'body.items'],
  [{}, 'body.items'],
])('refused is %j', async (body, path) => {
  await expectRefused(body, path);
});

test('more than there may be are refused', async () => {
  const items = Array.from({ length: 101 }, (_, id) => ({ path: `/1/2/${String(id)}` }));
  await expectRefused({ items }, 'body.items');
});

async function expectRefused(body: object, path: string): Promise<void> {
  const { database, logs } = await testLogs();
  const { call } = await testRoutes(logResourceRoutes({ database, intake: logs.intake }));
  await call('PUT', AT, { items: [{ path: '/1/2/3' }] });
  expect(await call('PUT', AT, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  expect(await markedResources(database)).toEqual([{ path: '/1/2/3', format: 'auto' }]);
}
