import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../../src/http/errors.ts';
import { startHttpServer } from '../../src/http/http-server.ts';
import { LiveStream } from '../../src/http/live-stream.ts';
import type { RouteGuards } from '../../src/http/mount-routes.ts';
import { route } from '../../src/http/route.ts';
import { StartError } from '../../src/start-error.ts';
import { openEventStream } from '../support/event-stream.ts';
import { testHttpApp } from '../support/test-http-app.ts';
import { testGuards } from '../support/test-routes.ts';

const PAGE = '<!doctype html><title>FlowNexus</title>';
const nobody = { 'x-permissions': 'none' };

test('the page answers every address that is not of the API', async () => {
  const { get } = await testHttpApp({ page: PAGE });
  for (const path of ['/', '/endpoints/a%2Fb', '/anything/at/all', '/apiary']) {
    const answer = await get(path, nobody);
    expect(answer, path).toMatchObject({ status: 200, text: PAGE });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  }
});

test('its files are served, and missing ones are not the page', async () => {
  const { get } = await testHttpApp({ page: PAGE });
  const file = await get('/assets/app-1.js');
  expect(file).toMatchObject({ status: 200, text: 'export {};' });
  expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await get('/assets/app-0.js')).status).toBe(404);
});

test.each([
  '/../package.json',
  '/%2e%2e/package.json',
  '/assets/..%2f..%2fpackage.json',
  '/..%5cpackage.json',
  '/%00',
  '/api/docs/..%2fpackage.json',
  '/api/docs/index.html',
])('nothing outside of the bundle is served: %s', async (path) => {
  const { get } = await testHttpApp({ page: PAGE });
  const answer = await get(path);
  expect(answer.text === PAGE || answer.status >= 400).toBe(true);
  expect(answer.text).not.toMatch(/flownexus-app|swagger-ui-dist/);
});

test('without a bundle the page says how to make it', async () => {
  const { get } = await testHttpApp();
  expect(await get('/')).toMatchObject({ status: 503, text: 'The web page is not built yet: run "npm run build".\n' });
});

test('every answer has the headers that keep browsers safe', async () => {
  const { get } = await testHttpApp({ page: PAGE });
  for (const path of ['/', '/assets/app-1.js', '/api/v1/health', '/api/v1/nothing', '/api/v1/openapi.json', '/api/docs', '/healthz', '/%E0%A4%A']) {
    const { headers } = await get(path);
    expect(headers['content-security-policy'], path).toMatch(
      /^default-src 'self'; style-src 'self' 'unsafe-inline'; .*frame-ancestors 'none'$/,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
  }
}); // prettier-ignore

test('what is not there is 404, what is malformed 400, and what can not be changed 405, all as problems', async () => {
  const one = route({
    method: 'get',
    path: '/api/v1/things/{name}',
    operationId: 'getThing',
    summary: 'One thing',
    tag: 'Test',
    access: 'read',
    params: z.object({ name: z.string() }),
    answers: {},
    handle: ({ params }) => ({ body: params }),
  });
  const { get, call } = await testHttpApp({ page: PAGE, routes: [one] });
  for (const path of ['/api', '/api/', '/api/v1', '/api/v1/nothing', '/api/v2/endpoints', '/leshan_api', '/healthz/x']) {
    const answer = await get(path);
    expect(answer, path).toMatchObject({ status: 404, body: { type: 'urn:flownexus:problem:not-found', status: 404 } });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect((await get(path, nobody)).status, path).toBe(401);
  }
  expect(await get('/api/v1/things/%E0%A4%A')).toMatchObject({ status: 400, body: { type: 'urn:flownexus:problem:bad-request' } });
  expect(await call('DELETE', '/api/v1/health')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
}); // prettier-ignore

test('what fails in us while a body is read is no fault of the request, whatever status the library gives it', async () => {
  const thing = route({
    method: 'post',
    path: '/api/v1/things',
    operationId: 'addThing',
    summary: 'One',
    tag: 'Things',
    access: 'read',
    body: z.object({}),
    answers: { 200: { description: 'It' } },
    handle: () => {
      throw Object.assign(new Error('Cannot find module'), { status: 400, code: 'MODULE_NOT_FOUND' });
    },
  });
  const { call } = await testHttpApp({ routes: [thing] });
  expect(await call('POST', '/api/v1/things', { 'content-type': 'application/json' }, '{}')).toMatchObject({ status: 500, body: { type: 'urn:flownexus:problem:internal' } }); // prettier-ignore
});

test('who is not signed in learns nothing of addresses that can not be decoded', async () => {
  const thing = route({
    method: 'get',
    path: '/api/v1/things/{name}',
    operationId: 'getThing',
    summary: 'One',
    tag: 'Things',
    access: 'read',
    params: z.object({ name: z.string() }),
    answers: { 200: { description: 'It' } },
    handle: () => ({ body: {} }),
  });
  const { call } = await testHttpApp({ routes: [thing] });
  for (const path of ['/api/v1/things/%zz', '/leshan_api/%zz', '/api/%zz']) {
    for (const method of ['GET', 'POST']) {
      expect((await call(method, path, nobody)).status, `${method} ${path}`).toBe(401);
    }
  }
  expect((await call('GET', '/api/v1/things/%zz')).status).toBe(400);
  expect((await call('GET', '/page/%zz', nobody)).status).not.toBe(401);
});

test('an error of the server is not shown', async () => {
  const broken = route({
    method: 'get',
    path: '/api/v1/broken',
    operationId: 'getBroken',
    summary: 'Fails',
    tag: 'Test',
    access: 'read',
    answers: {},
    handle: () => {
      throw new Error('the database password is 1234');
    },
  });
  const { get } = await testHttpApp({ routes: [broken] });
  const answer = await get('/api/v1/broken');
  expect(answer).toMatchObject({ status: 500, body: { type: 'urn:flownexus:problem:internal' } });
  expect(answer.text).not.toMatch(/1234|\.ts/);
});

test('what is mounted beside the routes comes before the end of the API', async () => {
  const { get } = await testHttpApp({
    mounts: [{ path: '/api', handler: (request, response, next) => (request.path === '/clients' ? void response.json([]) : next()) }], // prettier-ignore
  });
  expect(await get('/api/clients')).toMatchObject({ status: 200, body: [] });
  expect(await get('/api/other')).toMatchObject({ status: 404 });
  expect(await get('/api/v1/health')).toMatchObject({ status: 200 });
});

test('health tells whether the app works, to anybody', async () => {
  let fails = false;
  let asked = 0;
  const ready = (): Promise<void> => {
    asked += 1;
    return fails ? Promise.reject(new Error('no database')) : Promise.resolve();
  };
  const { get } = await testHttpApp({ ready });
  for (const path of ['/api/v1/health', '/healthz', '/healthz/live', '/healthz/ready']) {
    const answer = await get(path, nobody);
    expect(answer, path).toMatchObject({ status: 200, body: { status: 'pass' } });
    expect(answer.headers['cache-control']).toBe('no-store');
  }
  // Who asks within a moment gets the same answer.
  expect(asked).toBe(1);
  fails = true;
  const failing = await testHttpApp({ ready });
  for (const path of ['/api/v1/health', '/healthz', '/healthz/ready']) {
    expect(await failing.get(path, nobody), path).toMatchObject({ status: 503, body: { status: 'fail' } });
  }
  expect(await failing.get('/healthz/live', nobody)).toMatchObject({ status: 200 });
});

test('a database that does not answer is no health', async () => {
  const { get } = await testHttpApp({ ready: () => new Promise(() => undefined) });
  expect(await get('/healthz/ready')).toMatchObject({ status: 503 });
});

test('the document describes all routes, itself included', async () => {
  const { get } = await testHttpApp({ publicUrl: 'https://flownexus.example/' });
  const { status, text, body } = await get('/api/v1/openapi.json', nobody);
  expect(status).toBe(200);
  // What is `readonly` in TypeScript is no property that only answers have.
  expect(text).not.toContain('"readOnly"');
  const { paths } = body as { paths: Record<string, unknown> };
  expect(Object.keys(paths).sort()).toEqual([
    '/api/v1/health', '/api/v1/openapi.json', '/api/v1/stream', '/healthz', '/healthz/live', '/healthz/ready',
  ]); // prettier-ignore
  expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://flownexus.example/' }] });
});

test('the page of the document loads from here alone', async () => {
  const { get } = await testHttpApp();
  const page = await get('/api/docs');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? '');
  expect(addresses).toContain('/api/docs/swagger-ui-bundle.js');
  for (const address of addresses.filter((each) => each.startsWith('/api/'))) {
    expect((await get(address)).status, address).toBe(200);
  }
  expect(page.text).not.toMatch(/https?:|<script>/);
});

test('a stream ends with the right to read', async () => {
  const stream = new LiveStream({ log: pino({ level: 'silent' }), heartbeatMs: 5 });
  const { guards } = testGuards();
  let ended = false;
  const authenticate: RouteGuards['authenticate'] = (request) =>
    ended ? Promise.reject(new ApiError(401, 'unauthorized', 'the session has ended')) : guards.authenticate(request);
  const { url, get } = await testHttpApp({ stream, guards: { ...guards, authenticate } });
  expect(await get('/api/v1/stream', { 'x-permissions': 'ingest' })).toMatchObject({ status: 403 });
  const reader = await openEventStream(url);
  stream.publish('event', 'a', () => 1);
  expect(await reader.next()).toMatchObject({ data: 1 });
  ended = true;
  expect(await reader.ended()).toBe(true);
});

test('HEAD answers like GET, without the body', async () => {
  const { call } = await testHttpApp();
  expect(await call('HEAD', '/api/v1/openapi.json')).toMatchObject({ status: 200, text: '' });
});

test('an address that can not be bound is one clear line', async () => {
  const port = Number(new URL((await testHttpApp()).url).port);
  const listen = (host: string, at: number): Promise<unknown> => startHttpServer(() => undefined, host, at);
  await expect(listen('127.0.0.1', port)).rejects.toThrow(StartError);
  await expect(listen('127.0.0.1', port)).rejects.toThrow(
    `HTTP can not listen on 127.0.0.1:${String(port)}: the port is in use already; FLOWNEXUS_HTTP_PORT sets another one`,
  );
  await expect(listen('192.0.2.1', 0)).rejects.toThrow(
    'this machine does not have that address; FLOWNEXUS_HTTP_HOST sets another one',
  );
});
