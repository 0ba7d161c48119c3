import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import type { EventItem } from '../../src/events/event-items.ts';
import { openEvents } from '../../src/events/open-events.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { Ingest } from '../../src/values/ingest.ts';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { NEW_YEAR, record, values } from '../support/batches.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

async function startEvents(kind: DatabaseKind) {
  const database = await testDatabase(kind);
  const published: EventItem[] = [];
  const events = await openEvents({
    database,
    settings: { values: { registrationObject: 10240, eventDays: 365 } },
    webhookHosts: [],
    publish: (_endpoint, item) => published.push(item()),
    log: pino({ level: 'silent' }),
  });
  const ingest = await Ingest.open({
    database,
    definitions: await ObjectRegistry.bundled(),
    hooks: events.hooks,
    onStored: (stored) => events.stored(stored),
  });
  const store = events.guard((batch) => ingest.submit(batch));
  const temperature = (endpoint: string, value: number, seconds: number) =>
    store(values(endpoint, [record('/3303/0/5700', 'float', value)], NEW_YEAR + seconds * 1000));
  return { database, events, published, store, temperature, ...(await testRoutes(events.routes)) };
}

const hot = { kind: 'threshold', name: 'hot', condition: { path: '3303/0/5700', above: 30 }, severity: 'critical' };
const changed = { kind: 'change', name: 'chänged', path: '/3303/0/5700' };

onEachDatabase('the routes of events', (kind) => {
  test('rules are made, shown, replaced and deleted; events of them are listed', async () => {
    const { call, temperature, audited } = await startEvents(kind);
    const made = await call('POST', '/api/v1/event-rules', hot);
    expect(made).toMatchObject({
      status: 201,
      body: { id: 1, name: 'hot', enabled: true, condition: { path: '/3303/0/5700', above: 30, hysteresis: 0 }, forSeconds: 0 }, // prettier-ignore
    });
    await call('POST', '/api/v1/event-rules', changed);
    expect(await call('GET', '/api/v1/event-rules')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'hot' }, { name: 'chänged', kind: 'change' }], nextCursor: null },
    });
    await temperature('a', 20, 0);
    await temperature('a', 31, 1);
    await temperature('b', 32, 2);
    await temperature('b', 33, 3);
    const list = await call('GET', '/api/v1/events');
    expect(list).toMatchObject({
      status: 200,
      body: {
        items: [
          { endpoint: 'b', type: 'chänged', severity: 'warning' },
          { endpoint: 'b', type: 'hot', severity: 'critical', time: '2026-01-01T00:00:02.000Z', valueCount: 1 },
          { endpoint: 'a', type: 'chänged' },
          { endpoint: 'a', type: 'hot', message: '/3303/0/5700 is 31, above 30' },
        ],
        nextCursor: null,
      },
    });
    expect(await call('PUT', '/api/v1/event-rules/1', { ...hot, name: 'warm', enabled: false })).toMatchObject({ status: 200, body: { name: 'warm' } }); // prettier-ignore
    expect(await call('GET', '/api/v1/event-rules/1')).toMatchObject({ body: { id: 1, name: 'warm', enabled: false } });
    expect(await call('DELETE', '/api/v1/event-rules/1')).toMatchObject({ status: 204, text: '' });
    expect(await call('GET', '/api/v1/event-rules/1')).toMatchObject({ status: 404 });
    expect(await call('DELETE', '/api/v1/event-rules/1')).toMatchObject({ status: 404 });
    expect(await call('PUT', '/api/v1/event-rules/1', hot)).toMatchObject({ status: 404 });
    expect(audited.map(({ action }) => action)).toEqual(['createEventRule', 'createEventRule', 'replaceEventRule', 'deleteEventRule']); // prettier-ignore
  });

  test('the list is filtered, comes in pages, and as CSV', async () => {
    const { call, temperature } = await startEvents(kind);
    await call('POST', '/api/v1/event-rules', hot);
    await call('POST', '/api/v1/event-rules', changed);
    for (const [second, value] of [31, 20, 31, 20, 31].entries()) await temperature('a', value, second);
    await temperature('"=b', 31, 9);
    const count = async (query: string) => {
      const { body } = await call('GET', `/api/v1/events?${query}`);
      return (body as { items: unknown[] }).items.length;
    };
    expect(await count('')).toBe(8);
    expect(await count('endpoint=a')).toBe(7);
    expect(await count('endpoint=nobody')).toBe(0);
    expect(await count('type=hot&endpoint=a')).toBe(3);
    expect(await count(`type=${encodeURIComponent('chänged')}`)).toBe(4);
    expect(await count('severity=critical')).toBe(4);
    expect(await count('acknowledged=true')).toBe(0);
    expect(await count('acknowledged=false')).toBe(8);
    expect(await count('from=2026-01-01T00:00:02Z&to=2026-01-01T00:00:03Z')).toBe(3);
    const seen: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await call('GET', `/api/v1/events?limit=3${cursor}`);
      const page = body as { items: { id: number }[]; nextCursor: string | null };
      seen.push(...page.items.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
    const csv = await call('GET', '/api/v1/events?severity=critical&limit=1', undefined, { accept: 'text/csv' });
    const [head, line] = csv.text.split('\r\n');
    expect(head).toMatch(/^id,time,endpoint,type,severity,/);
    expect(line).toMatch(/^\d+,2026-01-01T00:00:09\.000Z,"""=b",hot,critical,rule,/);
  });

  test('an event is shown with its values, and acknowledged once', async () => {
    const { call, temperature, database, published } = await startEvents(kind);
    await call('POST', '/api/v1/event-rules', hot);
    await temperature('a', 31, 0);
    const id = published[0]?.id ?? 0;
    const at = `/api/v1/events/${id}`;
    const shown = await call('GET', at);
    expect(shown).toMatchObject({
      status: 200,
      body: { id, values: [{ path: '/3303/0/5700', name: 'temperature', type: 'FLOAT', value: 31 }], valuesComplete: true }, // prettier-ignore
    });
    const readOnly = { 'x-permissions': 'read' };
    expect(await call('POST', `${at}/acknowledge`, {}, readOnly)).toMatchObject({ status: 403 });
    const note = 'the fan is "broken"';
    expect(await call('POST', `${at}/acknowledge`, { note })).toMatchObject({ status: 200, body: { acknowledged: { by: 'anna', note } } }); // prettier-ignore
    expect(published.at(-1)).toMatchObject({ id, acknowledged: { by: 'anna' } });
    expect(published.at(-1)).not.toHaveProperty('values');
    expect(await call('POST', `${at}/acknowledge`, { note: 'me too' })).toMatchObject({ status: 409 });
    expect(await call('GET', at)).toMatchObject({ body: { acknowledged: { by: 'anna', note } } });
    expect(await call('POST', '/api/v1/events/999/acknowledge', {})).toMatchObject({ status: 404 });
    expect(await call('GET', '/api/v1/events/999')).toMatchObject({ status: 404 });
    // Of a value that is kept no longer, it is known that there was one.
    await database.db.deleteFrom('ResourceValue').execute();
    expect(await call('GET', at)).toMatchObject({ body: { valueCount: 1, values: [{ path: '/3303/0/5700', value: null, timeReceived: null }] } }); // prettier-ignore
  });

  test('what is wrong is refused with its place, and a name is there once', async () => {
    const { call } = await startEvents(kind);
    expect(await call('POST', '/api/v1/event-rules', { ...hot, condition: { path: '/3303', above: 1 } })).toMatchObject(
      {
        status: 400,
        body: { errors: [{ path: 'body.condition.path' }] },
      },
    );
    expect(await call('POST', '/api/v1/event-definitions', { name: '3', paths: [] })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.name' }, { path: 'body.paths' }] },
    });
    const definition = { name: 'weather', paths: ['/3303'] };
    expect(await call('POST', '/api/v1/event-definitions', definition)).toMatchObject({
      status: 201,
      body: { id: 1, match: 'any', sources: ['composite', 'send'], severity: 'info' },
    });
    expect(await call('POST', '/api/v1/event-definitions', definition)).toMatchObject({ status: 409 });
    expect(await call('POST', '/api/v1/event-rules', { ...hot, name: 'weather' })).toMatchObject({ status: 409 });
    const other = await call('POST', '/api/v1/event-definitions', { ...definition, name: 'other' });
    const at = `/api/v1/event-definitions/${(other.body as { id: number }).id}`;
    expect(await call('PUT', at, definition)).toMatchObject({ status: 409 });
    expect(await call('GET', at)).toMatchObject({ body: { name: 'other' } });
    for (const query of [
      'from=x',
      'cursor=x',
      'cursor=1.x',
      'limit=0',
      'type=%00',
      'endpoint=%00',
      'severity=bad',
      'x=1',
    ]) {
      expect(await call('GET', `/api/v1/events?${query}`), query).toMatchObject({ status: 400 });
    }
    for (const id of ['x', '-1', '1.5', '99999999999999999']) {
      expect(await call('GET', `/api/v1/events/${id}`), id).toMatchObject({ status: 400 });
    }
  });
});

test('every route of events asks for a permission, and is in the document', async () => {
  const { events, call } = await startEvents('sqlite');
  const document = JSON.stringify(openApiDocument(events.routes, { version: '1' }));
  expect(document).toContain('"EventDetail"');
  for (const { method, path, access } of events.routes) {
    const at = path.replaceAll(/\{\w+\}/g, '1');
    const body = method === 'get' || method === 'delete' ? undefined : {};
    expect(await call(method.toUpperCase(), at, body, { 'x-permissions': 'none' }), path).toMatchObject({
      status: 401,
    });
    const less = access === 'read' ? 'ingest' : access === 'operate' ? 'read' : 'read,operate,ingest';
    expect(await call(method.toUpperCase(), at, body, { 'x-permissions': less }), path).toMatchObject({ status: 403 });
  }
});
