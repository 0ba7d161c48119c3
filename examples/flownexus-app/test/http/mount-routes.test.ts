import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../src/http/openapi.ts';
import { route } from '../../src/http/route.ts';
import { limits } from '../../src/limits.ts';
import { testRoutes } from '../support/test-routes.ts';

const things = [
  route({
    method: 'get',
    path: '/api/v1/things/{name}',
    operationId: 'getThing',
    summary: 'One thing',
    tag: 'Things',
    access: 'read',
    params: z.object({ name: z.string().max(5) }),
    query: z.strictObject({ limit: z.coerce.number().int().min(1).optional() }),
    answers: { 200: { description: 'It', schema: z.object({ name: z.string() }) } },
    handle: ({ params, query }) => ({
      body: { name: params.name, limit: query.limit },
      csv: { columns: ['name'], rows: [[params.name]] },
    }),
  }),
  route({
    method: 'put',
    path: '/api/v1/things/{name}',
    operationId: 'putThing',
    summary: 'Makes a thing',
    tag: 'Things',
    access: 'operate',
    params: z.object({ name: z.string() }),
    body: z.strictObject({ size: z.int() }),
    answers: { 201: { description: 'Made' } },
    handle: ({ body }) => ({ status: 201, audit: { size: body.size } }),
  }),
];

test('what is right comes to the handler with its types', async () => {
  const { call, audited } = await testRoutes(things);
  expect(await call('GET', '/api/v1/things/a%2Fb?limit=3')).toMatchObject({
    status: 200,
    body: { name: 'a/b', limit: 3 },
  });
  expect(audited).toEqual([]);
  expect(await call('PUT', '/api/v1/things/a', { size: 2 })).toMatchObject({ status: 201, text: '' });
  expect(audited).toMatchObject([{ actor: 'anna', action: 'putThing', params: { name: 'a' }, detail: { size: 2 } }]);
});

test('what is wrong is told with its path, to those alone who may ask', async () => {
  const { call, audited } = await testRoutes(things);
  expect(await call('PUT', '/api/v1/things/a', { size: 'x' })).toMatchObject({
    status: 400,
    body: { type: 'urn:flownexus:problem:bad-body', status: 400, errors: [{ path: 'body.size' }] },
  });
  expect(await call('GET', '/api/v1/things/a?limit=0&x=1')).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'query.limit' }, { path: 'query' }] },
  });
  expect(await call('GET', '/api/v1/things/too-long')).toMatchObject({ status: 400, body: { errors: [{ path: 'path.name' }] } }); // prettier-ignore
  const nobody = { 'x-permissions': 'none' };
  for (const [method, path] of [
    ['PUT', '/api/v1/things/a'],
    ['GET', '/api/v1/things/a?x=1'],
    ['DELETE', '/api/v1/things/a'],
  ] as const) {
    // prettier-ignore
    expect(await call(method, path, method === 'PUT' ? { size: 'x' } : undefined, nobody)).toMatchObject({ status: 401 });
  }
  expect(await call('PUT', '/api/v1/things/a', { size: 'x' }, { 'x-permissions': 'read' })).toMatchObject({ status: 403 }); // prettier-ignore
  expect(await call('DELETE', '/api/v1/things/a')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, PUT' } });
  expect(audited).toEqual([]);
});

test('what is nested too deep is refused before anything is done', async () => {
  const handle = vi.fn(({ body }: { readonly body: unknown }) => ({ body }));
  const { call } = await testRoutes([
    route({
      method: 'post',
      path: '/api/v1/things',
      operationId: 'takeThing',
      summary: 'Takes any thing',
      tag: 'Things',
      access: 'operate',
      body: z.unknown(),
      bodyLimit: 100_000,
      answers: { 200: { description: 'It again' } },
      handle,
    }),
  ]);
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  const deepest = nested(limits.bodyDepth);
  expect(await call('POST', '/api/v1/things', deepest)).toMatchObject({ status: 200, body: deepest });
  for (const body of [nested(limits.bodyDepth + 1), { a: [{ b: nested(limits.bodyDepth - 2) }] }]) {
    expect(await call('POST', '/api/v1/things', body)).toMatchObject({
      status: 400,
      body: { type: 'urn:flownexus:problem:bad-body' },
    });
  }
  expect(handle).toHaveBeenCalledTimes(1);
});

test('what is told of wrong input is bounded, whatever names it has', async () => {
  const { call } = await testRoutes(things);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${'x'.repeat(20)}${String(index)}`, 1]));
  const { status, body, text } = await call('PUT', '/api/v1/things/a', { ...many, size: 1 });
  expect(status).toBe(400);
  expect(body).toMatchObject({
    detail: expect.stringMatching(/Unrecognized keys/) as string,
    errors: [{ path: 'body' }],
  });
  expect(text.length).toBeLessThan(3 * limits.problemTextLength);
  const long = await call('GET', `/api/v1/things/a?${'y'.repeat(2_000)}=1`);
  expect(long.status).toBe(400);
  expect(long.text.length).toBeLessThan(3 * limits.problemTextLength);
});

test('a list comes as CSV to who asks for it', async () => {
  const { call } = await testRoutes(things);
  const answer = await call('GET', '/api/v1/things/%3D1', undefined, { accept: 'text/csv' });
  expect(answer.headers['content-type']).toMatch(/^text\/csv/);
  expect(answer.text).toBe("name\r\n'=1\r\n");
});

test('the document is made of the same schemas', () => {
  expect(openApiDocument(things, { version: '1' })).toMatchObject({
    paths: {
      '/api/v1/things/{name}': {
        get: {
          operationId: 'getThing',
          'x-access': 'read',
          parameters: [
            { name: 'name', in: 'path', schema: { maxLength: 5 } },
            { name: 'limit', in: 'query' },
          ],
          responses: { 200: {}, 400: {}, 401: {}, 403: {} },
        },
        put: { requestBody: { content: { 'application/json': { schema: { additionalProperties: false } } } } },
      },
    },
  });
});
