import { expect, test } from 'vitest';
import type { Database } from '../../src/database/open-database.ts';
import type { DeviceLogRow } from '../../src/database/log-tables.ts';
import { logRoutes } from '../../src/logs/log-routes.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

interface Page {
  readonly items: readonly { readonly id: number; readonly message: string | null }[];
  readonly nextCursor: string | null;
}

const AT = '/api/v1/endpoints/dev/logs';

/** Rows with ids from 1 on, one second after another. */
async function addLogs(database: Database, ...rows: readonly Partial<DeviceLogRow>[]): Promise<void> {
  const common = { endpoint: 'dev', path: '/20/0/4014', source: 'send', level: 6, module: 'app', head: '', message: 'a', bytes: null, device_time: null, uptime: null, size: 1 } as const; // prettier-ignore
  for (const [index, row] of rows.entries()) {
    await database.db
      .insertInto('DeviceLog')
      .values({ ...common, id: index + 1, received_at: NEW_YEAR + index * 1000, ...row })
      .execute();
  }
}

onEachDatabase('the list of log entries', (kind) => {
  async function start() {
    const database = await testDatabase(kind);
    await addEndpoints(database, { endpoint: 'dev' }, { endpoint: 'other' });
    const { call } = await testRoutes(logRoutes({ database }));
    const messages = async (path: string): Promise<(string | null)[]> => {
      const { status, body, text } = await call('GET', path);
      expect(status, text).toBe(200);
      return (body as Page).items.map(({ message }) => message);
    };
    return { database, call, messages };
  }

  test('shows everything of an entry, the newest first', async () => {
    const { database, call } = await start();
    await addLogs(
      database,
      { level: 3, head: '<3>', message: 'bad', device_time: NEW_YEAR - 5_000, uptime: 1_500, size: 6 },
      { source: 'read', path: '/20/0/4016', level: null, module: null, message: null, bytes: Uint8Array.of(1, 2), size: 2 }, // prettier-ignore
    );
    const common = { endpoint: 'dev' };
    expect((await call('GET', AT)).body).toEqual({
      items: [
        { ...common, id: 2, path: '/20/0/4016', source: 'read', level: null, module: null, message: null, text: null, bytes: 'AQI=', size: 2, time: null, timeReceived: '2026-01-01T00:00:01.000Z', uptimeMs: null },
        { ...common, id: 1, path: '/20/0/4014', source: 'send', level: 'error', module: 'app', message: 'bad', text: '<3>bad', bytes: null, size: 6, time: '2025-12-31T23:59:55.000Z', timeReceived: '2026-01-01T00:00:00.000Z', uptimeMs: 1_500 },
      ],
      nextCursor: null,
    }); // prettier-ignore
  });

  test('is filtered', async () => {
    const { database, messages } = await start();
    await addLogs(
      database,
      { message: 'boot OK 100%', level: 6 },
      { message: 'no carrier', level: 3, module: 'net', head: '<err> net: ' },
      { message: 'hot', level: 4, path: '/26241/0/1' },
      { message: 'untold', level: null, path: '/20/0/4016' },
      { message: 'of another', level: 0, endpoint: 'other' },
    );
    expect(await messages('/api/v1/logs')).toEqual(['of another', 'untold', 'hot', 'no carrier', 'boot OK 100%']);
    expect(await messages('/api/v1/logs?endpoint=other')).toEqual(['of another']);
    expect(await messages(`${AT}?level=warning`)).toEqual(['hot', 'no carrier']);
    expect(await messages(`${AT}?text=ok%20100%25`)).toEqual(['boot OK 100%']);
    expect(await messages(`${AT}?text=<ERR>`)).toEqual(['no carrier']);
    expect(await messages(`${AT}?text=_`)).toEqual([]);
    expect(await messages(`${AT}?module=net`)).toEqual(['no carrier']);
    expect(await messages(`${AT}?path=/20`)).toEqual(['untold', 'no carrier', 'boot OK 100%']);
    expect(await messages(`${AT}?path=/20/0/4016`)).toEqual(['untold']);
    expect(await messages(`${AT}?path=/2`)).toEqual([]);
    expect(await messages(`${AT}?from=2026-01-01T00:00:01Z&to=${String(NEW_YEAR + 2_000)}`)).toEqual(['hot', 'no carrier']); // prettier-ignore
  });

  test.each(['desc', 'asc'])('comes in pages: %s', async (order) => {
    const { database, call } = await start();
    // Of one and the same millisecond.
    await addLogs(database, ...[0, 1, 2, 3, 4].map((each) => ({ message: String(each), received_at: NEW_YEAR })));
    const found: (string | null)[] = [];
    let cursor = '';
    for (let pages = 1; ; pages += 1) {
      const { items, nextCursor } = (await call('GET', `${AT}?limit=2&order=${order}${cursor}`)).body as Page;
      found.push(...items.map(({ message }) => message));
      if (nextCursor === null) {
        expect(pages).toBe(3);
        break;
      }
      cursor = `&cursor=${nextCursor}`;
    }
    const inOrder = ['0', '1', '2', '3', '4'];
    expect(found).toEqual(order === 'asc' ? inOrder : inOrder.toReversed());
  });

  test('a page has fewer entries where they are large, and one at least', async () => {
    const { database, call } = await start();
    await addLogs(database, { size: 3_000_000 }, { size: 1_000 }, { size: 5_000_000 }, { size: 1 });
    const ids: number[][] = [];
    for (let cursor = ''; ids.length < 5;) {
      const { items, nextCursor } = (await call('GET', `${AT}?order=asc${cursor}`)).body as Page;
      ids.push(items.map(({ id }) => id));
      if (nextCursor === null) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(ids).toEqual([[1, 2], [3], [4]]);
  });

  test('is a table, or lines, for who asks for them', async () => {
    const { database, call } = await start();
    await addLogs(
      database,
      { message: '=cmd\u001b[2J', level: 4, device_time: NEW_YEAR - 1_000 },
      { message: null, level: null, module: null, bytes: Uint8Array.of(171) },
    );
    const lines = await call('GET', `${AT}?order=asc`, undefined, { accept: 'text/plain' });
    expect(lines.headers['content-type']).toContain('text/plain');
    expect(lines.text).toBe('2025-12-31T23:59:59.000Z dev warning app: =cmd\ufffd[2J\n2026-01-01T00:00:01.000Z dev - ab\n'); // prettier-ignore
    const table = await call('GET', `${AT}?order=asc`, undefined, { accept: 'text/csv' });
    expect(table.text.split('\r\n').slice(0, 2)).toEqual([
      'id,timeReceived,time,endpoint,level,module,message,text,bytes,size,path,source,uptimeMs',
      "1,2026-01-01T00:00:00.000Z,2025-12-31T23:59:59.000Z,dev,warning,app,'=cmd\u001b[2J,'=cmd\u001b[2J,,1,/20/0/4014,send,",
    ]);
    expect((await call('GET', AT, undefined, { accept: '*/*' })).body).toMatchObject({ items: [{}, {}] });
  });
});

test.each(['level=bad', 'text=', 'path=x', 'order=up', 'cursor=x', 'from=x', 'limit=0'])('%s is refused', async (query) => {
  const database = await testDatabase();
  const { call } = await testRoutes(logRoutes({ database }));
  expect(await call('GET', `/api/v1/logs?${query}`)).toMatchObject({ status: 400, body: { errors: [{ path: `query.${query.split('=')[0] ?? ''}` }] } }); // prettier-ignore
}); // prettier-ignore

test('an endpoint that is not known has no log', async () => {
  const database = await testDatabase();
  const { call } = await testRoutes(logRoutes({ database }));
  expect(await call('GET', AT)).toMatchObject({ status: 404 });
});
