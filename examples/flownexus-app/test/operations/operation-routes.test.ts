import { Code } from '@flownexus/coap';
import { expect, test, vi } from 'vitest';
import { limits } from '../../src/limits.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { operationHost } from '../support/operation-host.ts';
import { onEachDatabase } from '../support/test-database.ts';

const OF = (name: string): string => `/api/v1/endpoints/${encodeURIComponent(name)}/operations`;
const TEXT = { contentFormat: 0 };

interface Item {
  readonly id: string;
  readonly state: string;
}

onEachDatabase('operations', (kind) => {
  test('a Write is sent, confirmed, and stored as a value that went down', async () => {
    const { device, call, batches, audited } = await operationHost(kind);
    const dev = await device('dev');
    const answer = call('POST', `${OF('dev')}?wait=20`, { kind: 'write', path: '/3/0/14', value: '+02:00' });
    const request = await dev.requestFor('/3/0/14');
    expect([request.code, Buffer.from(request.payload).toString()]).toEqual([
      Code.PUT,
      expect.stringContaining('+02:00'),
    ]);
    dev.answer(request, { code: Code.CHANGED });
    expect(await answer).toMatchObject({
      status: 200,
      body: {
        endpoint: 'dev',
        kind: 'write',
        path: '/3/0/14',
        state: 'CONFIRMED',
        transmitCounter: 1,
        responseCode: '2.04',
        createdBy: 'anna',
        reason: null,
      },
    });
    const { id } = (await answer).body as Item;
    expect((await answer).headers['location']).toBe(`/api/v1/operations/${id}`);
    expect(batches).toMatchObject([
      { endpoint: 'dev', source: 'operation', direction: 'down', records: [{ value: '+02:00' }] },
    ]);
    expect(audited).toMatchObject([
      { action: 'queueOperation', params: { name: 'dev' }, detail: { kind: 'write', path: '/3/0/14', operation: id } },
    ]);
    expect(await call('GET', `/api/v1/operations/${id}`)).toMatchObject({
      status: 200,
      body: { id, request: { kind: 'write' }, result: { values: null } },
    });
  });

  test('what a Read gave is in its result, and stored as values', async () => {
    const { device, call, batches } = await operationHost(kind);
    const dev = await device('dev');
    const answer = call('POST', `${OF('dev')}?wait=20`, { kind: 'read', path: '/3/0/9', accept: 0 });
    dev.answer(await dev.requestFor('/3/0/9'), { code: Code.CONTENT, options: TEXT, payload: '95' });
    expect(await answer).toMatchObject({
      status: 200,
      body: { result: { values: [{ path: '/3/0/9', type: 'INTEGER', value: 95, time: null }] } },
    });
    expect(batches).toMatchObject([{ source: 'operation', records: [{ value: 95 }] }]);
    expect(batches[0]?.direction).toBeUndefined();
  });

  test('an answer of 4.05 fails it at once, with the code and what the device said', async () => {
    const { device, call, batches } = await operationHost(kind);
    const dev = await device('dev');
    const answer = call('POST', `${OF('dev')}?wait=20`, { kind: 'write', path: '/3/0/0', value: 'x' });
    dev.answer(await dev.requestFor('/3/0/0'), { code: Code.METHOD_NOT_ALLOWED, payload: 'read\0only' });
    expect(await answer).toMatchObject({
      status: 200,
      body: {
        state: 'FAILED',
        transmitCounter: 1,
        responseCode: '4.05',
        reason: 'rejected',
        message: expect.stringContaining('read') as string,
      },
    });
    expect(batches).toEqual([]);
  });

  test('one for an endpoint that is away waits, is listed, cancelled and queued again', async () => {
    const { database, call } = await operationHost(kind);
    await addEndpoints(database, { endpoint: 'away', registered: 0 });
    const queued = await call('POST', OF('away'), {
      kind: 'execute',
      path: '/3/0/4',
      arguments: "0='x'",
      ttl: 60,
      key: 'reboot',
      maxAttempts: 5,
    });
    expect(queued).toMatchObject({
      status: 202,
      body: { state: 'QUEUED', transmitCounter: 0, maxAttempts: 5, repeatable: false, key: 'reboot' },
    });
    const { id } = queued.body as Item;
    expect(await call('GET', OF('away'))).toMatchObject({
      body: { items: [{ id, state: 'QUEUED' }], nextCursor: null },
    });
    expect(await call('POST', `/api/v1/operations/${id}/requeue`)).toMatchObject({ status: 409 });
    expect(await call('POST', `/api/v1/operations/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { state: 'FAILED', reason: 'cancelled' },
    });
    expect(await call('POST', `/api/v1/operations/${id}/cancel`)).toMatchObject({ status: 409 });
    const again = await call('POST', `/api/v1/operations/${id}/requeue`);
    expect(again).toMatchObject({
      status: 202,
      body: {
        kind: 'execute',
        state: 'QUEUED',
        key: 'reboot',
        maxAttempts: 5,
        request: { arguments: [{ digit: 0, value: 'x' }] },
      },
    });
    const body = again.body as Item & { createdAt: string; expiresAt: string };
    expect(body.id).not.toBe(id);
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(60_000);
    expect(await call('GET', '/api/v1/operations?state=FAILED')).toMatchObject({ body: { items: [{ id }] } });
  });

  test('a list comes in pages and as a table', async () => {
    const { database, call } = await operationHost(kind);
    await addEndpoints(database, { endpoint: 'a', registered: 0 }, { endpoint: '=b', registered: 0 });
    for (const name of ['a', '=b', 'a']) await call('POST', OF(name), { kind: 'read', path: '/3' });
    const first = await call('GET', '/api/v1/operations?limit=2');
    expect(first).toMatchObject({ body: { items: [{ endpoint: 'a' }, { endpoint: '=b' }] } });
    const { nextCursor } = first.body as { nextCursor: string };
    expect(await call('GET', `/api/v1/operations?limit=2&cursor=${nextCursor}`)).toMatchObject({
      body: { items: [{ endpoint: 'a' }], nextCursor: null },
    });
    expect(
      ((await call('GET', '/api/v1/operations?endpoint=a&kind=read')).body as { items: unknown[] }).items,
    ).toHaveLength(2);
    const { text } = await call('GET', OF('=b'), undefined, { accept: 'text/csv' });
    expect(text.split('\r\n')[1]).toContain(",'=b,read,/3,QUEUED,0,3,true,");
  });

  test('a bulk has one id, and says for whom it could not be queued', async () => {
    const { database, call } = await operationHost(kind);
    await addEndpoints(database, ...['s-1', 's-2', 't-1'].map((endpoint) => ({ endpoint, registered: 0 as const })), {
      endpoint: 's-3',
      registered: 0,
      object_links: '["/3/0"]',
    });
    const operation = { kind: 'write', path: '/3303/0/5601', value: 1.5 };
    const answer = await call('POST', '/api/v1/operations', { endpoints: { prefix: 's-', object: 3303 }, operation });
    expect(answer).toMatchObject({ status: 202, body: { endpoints: 2, queued: 2, refused: 0, refusals: [] } });
    const { id } = answer.body as Item;
    expect(await call('GET', `/api/v1/operations?bulk=${id}`)).toMatchObject({
      body: {
        items: [
          { endpoint: 's-2', bulkId: id, createdBy: 'anna' },
          { endpoint: 's-1', bulkId: id },
        ],
      },
    });
    expect(
      await call('POST', '/api/v1/operations', { endpoints: { names: ['t-1', 'no', 't-1'] }, operation }),
    ).toMatchObject({
      status: 202,
      body: { endpoints: 2, queued: 1, refused: 1, refusals: [{ endpoint: 'no', code: 'unknown-endpoint' }] },
    });
    expect(
      await call('POST', '/api/v1/operations?unknown=true', { endpoints: { names: ['no', '\n'] }, operation }),
    ).toMatchObject({ body: { queued: 1, refused: 1 } });
    expect(await call('GET', `/api/v1/bulk-operations/${id}`)).toMatchObject({
      body: { id, operations: 2, states: { QUEUED: 2, SENDING: 0, CONFIRMED: 0, FAILED: 0 } },
    });
    expect(await call('POST', `/api/v1/bulk-operations/${id}/cancel`)).toMatchObject({
      body: { operations: 2, states: { QUEUED: 0, FAILED: 2 } },
    });
    expect(await call('GET', '/api/v1/bulk-operations/none')).toMatchObject({ status: 404 });
    expect(await call('POST', '/api/v1/operations', { endpoints: { registered: true }, operation })).toMatchObject({
      body: { endpoints: 0, queued: 0 },
    });
    expect(
      await call('POST', '/api/v1/operations', { endpoints: { all: true }, operation: { ...operation, value: 'x' } }),
    ).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.operation.value', message: expect.stringContaining('FLOAT') as string }] },
    });
  });
});

test('what a caller waits for is told when it is over, and the wait ends with its time', async () => {
  const { database, call } = await operationHost();
  await addEndpoints(database, { endpoint: 'away', registered: 0 });
  const started = performance.now();
  const queued = await call('POST', `${OF('away')}?wait=1`, { kind: 'read', path: '/3' });
  expect(queued).toMatchObject({ status: 202, body: { state: 'QUEUED' } });
  expect(performance.now() - started).toBeGreaterThan(900);
  const { id } = queued.body as Item;
  const waiting = call('GET', `/api/v1/operations/${id}?wait=60`);
  await vi.waitFor(async () =>
    expect(await call('POST', `/api/v1/operations/${id}/cancel`)).toMatchObject({ status: 200 }),
  );
  expect(await waiting).toMatchObject({ status: 200, body: { state: 'FAILED', reason: 'cancelled' } });
});

const everyKind = [
  { kind: 'read', path: '/3' },
  {
    kind: 'write',
    path: '/3/0',
    node: { kind: 'instance', id: 0, resources: [{ kind: 'singleResource', id: 14, type: 'STRING', value: 'x' }] },
  },
  { kind: 'write', path: '/3/0', mode: 'update', node: { kind: 'instance', resources: [] } },
  { kind: 'write', path: '/3/0/7', values: { 0: 3800, 1: 5000 } },
  { kind: 'write', path: '/3/0/7/1', value: 5000 },
  { kind: 'write', path: '/3/0/13', value: 1767225600 },
  { kind: 'write', path: '/5/0/0', value: 'AP8=' },
  { kind: 'write', path: '/9999/0/1', value: 'AP8=', type: 'OPAQUE' },
  { kind: 'write', path: '/d01/3303/0/5601', value: 'NaN' },
  { kind: 'execute', path: '/3/0/4' },
  { kind: 'execute', path: '/3/0/4', arguments: [{ digit: 0, value: 'x' }, { digit: 1 }] },
  { kind: 'create', path: '/3303', node: { kind: 'instance', resources: [] } },
  { kind: 'delete', path: '/3303/0' },
  { kind: 'discover', path: '/3', depth: 2 },
  { kind: 'writeAttributes', path: '/3303/0', attributes: { pmin: 5, pmax: null, edge: 1 } },
  { kind: 'observe', path: '/3303/0/5700', attributes: { pmin: 5 } },
  { kind: 'cancelObservation', path: '/3303/0/5700' },
  { kind: 'readComposite', paths: ['/3/0/0', '/3303'] },
  { kind: 'writeComposite', values: { '/3/0/14': 'x', '/3/0/7/1': null } },
  { kind: 'writeComposite', nodes: { '/3/0/14': { kind: 'singleResource', id: 14, type: 'STRING', value: 'x' } } },
  { kind: 'observeComposite', paths: ['/3/0/0', '/3303'] },
  { kind: 'cancelObservation', paths: ['/3/0/0', '/3303'] },
];

test('every kind can be asked for', async () => {
  const { database, call } = await operationHost();
  await addEndpoints(database, { endpoint: 'away', registered: 0 });
  for (const body of everyKind) {
    const answer = await call('POST', OF('away'), body);
    expect([body, answer.status]).toEqual([body, 202]);
    expect(answer.body).toMatchObject({ kind: body.kind });
  }
});

test.each([
  [{ kind: 'fly', path: '/3' }, 'body.kind'],
  [{ kind: 'read', path: '3/x' }, 'body.path'],
  [{ kind: 'read', path: '/3', extra: 1 }, 'body'],
  [{ kind: 'write', path: '/3/0/14' }, 'body.value'],
  [{ kind: 'write', path: '/3/0/14', value: 5 }, 'body.value'],
  [{ kind: 'write', path: '/3/0/7', values: { x: 5 } }, 'body.values.x'],
  [{ kind: 'write', path: '/3/0/7', values: { 0: 'x' } }, 'body.values.0'],
  [{ kind: 'write', path: '/3/0', value: 5 }, 'body.value'],
  [{ kind: 'write', path: '/3/0/14', value: 'x', values: {} }, 'body.value'],
  [{ kind: 'write', path: '/3/0', node: { kind: 'fly' } }, 'body.node'],
  [{ kind: 'execute', path: '/3/0/4', arguments: 'x' }, 'body.arguments'],
  [{ kind: 'execute', path: '/3/0' }, 'body.path'],
  [{ kind: 'create', path: '/3/0', node: {} }, 'body.node'],
  [{ kind: 'writeAttributes', path: '/3', attributes: { edge: 2 } }, 'body.attributes'],
  [{ kind: 'writeComposite', values: { '/3/0': 1 } }, 'body.values./3/0'],
  [{ kind: 'cancelObservation' }, 'body.path'],
  [{ kind: 'read', path: '/3', ttl: 0 }, 'body.ttl'],
  [{ kind: 'read', path: '/3', key: 'a\0' }, 'body.key'],
])('%j is refused, with the place', async (body, path) => {
  const { database, call } = await operationHost();
  await addEndpoints(database, { endpoint: 'away', registered: 0 });
  const answer = await call('POST', OF('away'), body);
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  expect(await call('GET', '/api/v1/operations')).toMatchObject({ body: { items: [] } });
});

test('more values than an operation may have are not told of one by one', async () => {
  const { database, call } = await operationHost();
  await addEndpoints(database, { endpoint: 'away', registered: 0 });
  const many = Object.fromEntries(Array.from({ length: limits.operationValues + 1 }, (_, index) => [`x${index}`, 0]));
  for (const [body, path] of [
    [{ kind: 'write', path: '/3/0/7', values: many }, 'body.values'],
    [{ kind: 'writeComposite', values: many }, 'body.values'],
    [{ kind: 'writeComposite', nodes: many }, 'body.nodes'],
  ] as const) {
    const answer = await call('POST', OF('away'), body);
    const message = `expected at most ${limits.operationValues} of them`;
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path, message }] } });
  }
});

test('an endpoint that is not known is one only for who says so', async () => {
  const { call } = await operationHost();
  const read = { kind: 'read', path: '/3' };
  expect(await call('POST', OF('new'), read)).toMatchObject({ status: 404 });
  expect(await call('GET', OF('new'))).toMatchObject({ status: 404 });
  expect(await call('POST', `${OF('new')}?unknown=true`, read)).toMatchObject({ status: 202 });
  expect(await call('GET', OF('new'))).toMatchObject({ status: 200, body: { items: [{ state: 'QUEUED' }] } });
  expect(await call('POST', `${OF('a\nb')}?unknown=true`, read)).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'path.name' }] },
  });
  for (const name of ['a/b', '"><script>', 'ü'.repeat(127)]) {
    expect(await call('POST', `${OF(name)}?unknown=true`, read)).toMatchObject({
      status: 202,
      body: { endpoint: name },
    });
  }
});

test('no operation has an id that is none, and looking is not acting', async () => {
  const { call } = await operationHost();
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/cancel'],
    ['POST', '/requeue'],
  ] as const) {
    expect(await call(method, `/api/v1/operations/none${path}`)).toMatchObject({ status: 404 });
  }
  const reading = { 'x-permissions': 'read' };
  expect(await call('POST', OF('a'), { kind: 'read', path: '/3' }, reading)).toMatchObject({ status: 403 });
  expect(await call('POST', '/api/v1/operations', {}, reading)).toMatchObject({ status: 403 });
  expect(await call('GET', '/api/v1/operations', undefined, reading)).toMatchObject({ status: 200 });
});

test('keys are neither shown nor stored', async () => {
  const { device, call, batches } = await operationHost();
  const dev = await device('dev');
  const answer = call('POST', `${OF('dev')}?wait=20`, { kind: 'write', path: '/0/0/5', value: 'c2VjcmV0' });
  dev.answer(await dev.requestFor('/0/0/5'), { code: Code.CHANGED });
  expect(await answer).toMatchObject({ status: 200, body: { state: 'CONFIRMED', request: null } });
  expect((await answer).text).not.toContain('c2VjcmV0');
  expect(batches).toEqual([]);
});
