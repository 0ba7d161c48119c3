import { describe, expect, test } from 'vitest';
import { send, testHttp, TOKEN } from '../support/test-http.ts';

const LIST = '/api/v1/endpoints';
const refused = {
  status: 401,
  body: { error: { code: 'unauthorized', message: expect.stringContaining('bearer token') as string } },
};

describe('a client on this machine', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:1', '[::1]', '[::1]:8000', '127.0.0.1:80'])(
    'is served as %s',
    async (host) => {
      const { get } = await testHttp();
      expect(await get(LIST, { host })).toMatchObject({ status: 200 });
    },
  );

  test.each([
    'attacker.example',
    'localhost.attacker.example',
    '192.0.2.1',
    '127.0.0.1.attacker.example',
    '127.0.0.1@x',
    '[::2]',
  ])('is refused under the name %s, as a rebound page would come', async (host) => {
    const { get } = await testHttp();
    const answer = await get(LIST, { host });
    expect(answer).toMatchObject(refused);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test.each([{ forwarded: 'for=192.0.2.1' }, { 'x-forwarded-for': '192.0.2.1' }])(
    'that speaks for others is refused: %o',
    async (headers) => {
      const { get } = await testHttp({ apiToken: TOKEN });
      expect(await get(LIST, headers)).toMatchObject(refused);
      expect(await get(LIST, { ...headers, authorization: `Bearer ${TOKEN}` })).toMatchObject({ status: 200 });
    },
  );
});

describe('a token', () => {
  test('opens the API under any name', async () => {
    const { get } = await testHttp({ apiToken: TOKEN });
    const headers = { host: 'flownexus.example', authorization: `bearer ${TOKEN}` };
    expect(await get(LIST, headers)).toMatchObject({ status: 200 });
  });

  test.each(['wrong', `${TOKEN}x`, TOKEN.slice(1), ''])(
    'that is wrong is refused, even from this machine: %j',
    async (token) => {
      const { get } = await testHttp({ apiToken: TOKEN });
      const answer = await get(LIST, { authorization: `Bearer ${token}x` });
      expect(answer).toMatchObject(refused);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      expect(answer.text).not.toContain(TOKEN);
    },
  );

  test('is refused where none is configured', async () => {
    const { get } = await testHttp();
    expect(await get(LIST, { authorization: 'Bearer undefined' })).toMatchObject(refused);
  });
});

test('every address below /api but health needs it', async () => {
  const { get } = await testHttp({ page: '<title>FlowNexus</title>' });
  const host = 'attacker.example';
  for (const path of [LIST, `${LIST}/a`, `${LIST}/a/resources`, '/api/v1/stream', '/api/v1/nothing', '/api']) {
    expect((await get(path, { host })).status, path).toBe(401);
  }
  expect(await get('/api/v1/health', { host })).toMatchObject({ status: 200, body: { status: 'pass' } });
  expect(await get('/', { host })).toMatchObject({ status: 200 });
});

test('no other site may read an answer', async () => {
  const { url } = await testHttp();
  const { headers } = await send(url, 'GET', LIST, { origin: 'http://attacker.example' });
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect(headers['cross-origin-resource-policy']).toBe('same-origin');
});
