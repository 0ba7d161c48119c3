import { expect, test } from 'vitest';
import { startHttpServer } from '../../src/http/http-server.ts';
import { StartError } from '../../src/start-error.ts';
import { send, testHttp } from '../support/test-http.ts';

const PAGE = '<!doctype html><title>FlowNexus</title>';

test('health passes', async () => {
  const { get } = await testHttp();
  const answer = await get('/api/v1/health');
  expect(answer).toMatchObject({ status: 200, body: { status: 'pass' } });
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('the page answers every address that is not of the API', async () => {
  const { get } = await testHttp({ page: PAGE });
  for (const path of ['/', '/endpoints/a%2Fb', '/anything/at/all', '/apiary']) {
    const answer = await get(path);
    expect(answer, path).toMatchObject({ status: 200, text: PAGE });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  }
});

test('its files are served, and missing ones are not the page', async () => {
  const { get } = await testHttp({ page: PAGE });
  const file = await get('/assets/app-1.js');
  expect(file).toMatchObject({ status: 200, text: 'export {};' });
  expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await get('/assets/app-0.js')).status).toBe(404);
});

test.each(['/../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json', '/..%5cpackage.json', '/%00'])(
  'nothing outside of the bundle is served: %s',
  async (path) => {
    const { get } = await testHttp({ page: PAGE });
    const answer = await get(path);
    expect(answer.text === PAGE || answer.status >= 400).toBe(true);
    expect(answer.text).not.toContain('flownexus-app');
  },
);

test('without a bundle the page says how to make it', async () => {
  const { get } = await testHttp();
  expect(await get('/')).toMatchObject({ status: 503, text: 'The web page is not built yet: run "npm run build".\n' });
});

test('every answer has the headers that keep browsers safe', async () => {
  const { get } = await testHttp({ page: PAGE });
  for (const path of ['/', '/assets/app-1.js', '/api/v1/health', '/api/v1/nothing', '/api/v1/endpoints']) {
    const { headers } = await get(path);
    expect(headers['content-security-policy'], path).toMatch(
      /^default-src 'self'; style-src 'self' 'unsafe-inline'; .*frame-ancestors 'none'$/,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
  }
});

test('HEAD answers like GET, without the body', async () => {
  const { url } = await testHttp();
  expect(await send(url, 'HEAD', '/api/v1/endpoints')).toMatchObject({ status: 200, text: '' });
});

test('an address that can not be bound is one clear line', async () => {
  const { port } = await testHttp();
  const listen = (host: string, at: number): Promise<unknown> => startHttpServer(() => undefined, host, at);
  await expect(listen('127.0.0.1', port)).rejects.toThrow(StartError);
  await expect(listen('127.0.0.1', port)).rejects.toThrow(
    `HTTP can not listen on 127.0.0.1:${String(port)}: the port is in use already; FLOWNEXUS_HTTP_PORT sets another one`,
  );
  await expect(listen('192.0.2.1', 0)).rejects.toThrow(
    'this machine does not have that address; FLOWNEXUS_HTTP_HOST sets another one',
  );
});
