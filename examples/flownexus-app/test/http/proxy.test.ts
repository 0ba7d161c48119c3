import { expect, test } from 'vitest';
import type { HttpAppOptions } from '../../src/http/http-app.ts';
import type { Principal } from '../../src/http/principal.ts';
import { route } from '../../src/http/route.ts';
import { setCookies } from '../../src/users/set-cookies.ts';
import { testHttpApp } from '../support/test-http-app.ts';
import { testGuards } from '../support/test-routes.ts';

const inSession: Principal = { userId: 'u', actor: 'anna', permissions: new Set(['operate']), via: 'session' };

const act = route({
  method: 'post',
  path: '/api/v1/act',
  operationId: 'act',
  summary: 'Acts',
  tag: 'Test',
  access: 'operate',
  answers: {},
  handle: ({ request, response }) => {
    setCookies(response, ['a=1; HttpOnly', 'b=2; Secure']);
    return { body: { address: request.ip } };
  },
});

/** What comes of a request as a proxy on this machine passes it on, in a session of `https://flownexus.example`. */
async function ask(trustProxy: HttpAppOptions['trustProxy'], headers: Record<string, string> = {}) {
  const { guards, audited } = testGuards();
  const app = await testHttpApp({
    routes: [act],
    guards: { ...guards, authenticate: () => Promise.resolve(inSession) },
    ...(trustProxy === undefined ? {} : { trustProxy }),
  });
  const answer = await app.call('POST', '/api/v1/act', {
    host: 'app:8000',
    'x-forwarded-for': '198.51.100.1, 203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'flownexus.example',
    origin: 'https://flownexus.example',
    ...headers,
  });
  return { ...answer, audited };
}

test('nobody is believed who is not trusted: not where it comes from, and not that it is this site', async () => {
  for (const trustProxy of [undefined, ['10.0.0.0/8']]) {
    const foreign = await ask(trustProxy);
    expect(foreign).toMatchObject({ status: 403, body: { type: 'urn:flownexus:problem:cross-site' } });
    expect(foreign.headers['strict-transport-security']).toBeUndefined();
    // As it stands where nothing is passed on.
    const { status, headers, audited } = await ask(trustProxy, { origin: 'https://app:8000' });
    expect({ status, cookies: headers['set-cookie'] }).toEqual({ status: 200, cookies: ['a=1; HttpOnly', 'b=2; Secure'] });
    expect(audited[0]?.address).toMatch(/127\.0\.0\.1$/);
  }
}); // prettier-ignore

test.each<[string, HttpAppOptions['trustProxy']]>([
  ['by its number', 1],
  ['by its network', ['loopback']],
])('a proxy that is trusted %s says who asks, by what host and how', async (_, trustProxy) => {
  const { status, headers, audited } = await ask(trustProxy);
  expect(status).toBe(200);
  expect(headers['set-cookie']).toEqual(['a=1; HttpOnly; Secure', 'b=2; Secure']);
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
  // The last one that the proxy has seen: what is before it anybody can claim.
  expect(audited[0]?.address).toBe('203.0.113.7');
  expect(await ask(trustProxy, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
  expect(await ask(trustProxy, { origin: 'http://flownexus.example' })).toMatchObject({ status: 403 });
  expect(await ask(trustProxy, { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 200 }); // prettier-ignore
  expect(await ask(trustProxy, { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
});
