import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../src/http/openapi.ts';
import { permissions, type Permission, roles } from '../../src/http/principal.ts';
import { route } from '../../src/http/route.ts';
import { limits } from '../../src/limits.ts';
import { userRoutes } from '../../src/users/routes.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { ADMIN_PASSWORD, API_TOKEN, testUsers } from '../support/test-users.ts';

const PASSWORD = 'a good passphrase';

/** A route for each permission. */
const probes = permissions.map((access) =>
  route({
    method: 'post',
    path: `/api/v1/probe/${access}`,
    operationId: `probe-${access}`,
    summary: 'A probe',
    tag: 'Probes',
    access,
    answers: { 204: { description: 'Allowed' } },
    handle: () => ({ status: 204 }),
  }),
);

type Caller = { call(method: string, path: string): Promise<{ status: number }> };

async function allowed(caller: Caller): Promise<Permission[]> {
  const found: Permission[] = [];
  for (const permission of permissions) {
    const { status } = await caller.call('POST', `/api/v1/probe/${permission}`);
    if (status === 204) found.push(permission);
    else expect(status, permission).toBe(403);
  }
  return found;
}

onEachDatabase('who may do what', (kind) => {
  test('the role of a user says what its sessions may do, and a change holds at once', async () => {
    const { admin, signedIn } = await testUsers(kind, { routes: probes });
    for (const role of roles) {
      const created = await admin.call('POST', '/api/v1/users', { name: `u-${role}`, role, password: PASSWORD });
      expect(created).toMatchObject({ status: 201, body: { name: `u-${role}`, role, disabled: false } });
      expect(created.text).not.toContain(PASSWORD);
    }
    const viewer = await signedIn('u-viewer', PASSWORD);
    expect(await allowed(viewer)).toEqual(['read']);
    expect(await allowed(await signedIn('u-operator', PASSWORD))).toEqual(['read', 'operate', 'ingest']);
    expect(await allowed(await signedIn('u-admin', PASSWORD))).toEqual([...permissions]);
    expect(await admin.call('PATCH', '/api/v1/users/u-viewer', { role: 'operator' })).toMatchObject({ status: 200 });
    expect(await allowed(viewer)).toEqual(['read', 'operate', 'ingest']);
  });

  test('a disabled user is out at once, with its tokens, and can not sign in', async () => {
    const { admin, signedIn, browser } = await testUsers(kind);
    await admin.call('POST', '/api/v1/users', { name: 'anna', role: 'viewer', password: PASSWORD });
    const anna = await signedIn('anna', PASSWORD);
    const { body } = await anna.call('POST', '/api/v1/tokens', { name: 'ci', scopes: ['read'] });
    const program = browser({ authorization: `Bearer ${(body as { token: string }).token}` });
    const who = () =>
      Promise.all([anna, program].map(async (each) => (await each.call('GET', '/api/v1/session')).status));
    expect(await who()).toEqual([200, 200]);
    expect(await admin.call('PATCH', '/api/v1/users/anna', { disabled: true })).toMatchObject({ status: 200 });
    expect(await who()).toEqual([401, 401]);
    expect(await browser().signIn('anna', PASSWORD)).toMatchObject({
      status: 401,
      body: { type: 'urn:flownexus:problem:wrong-credentials' },
    });
    await admin.call('PATCH', '/api/v1/users/anna', { disabled: false });
    expect(await who()).toEqual([401, 200]);
    expect(await admin.call('DELETE', '/api/v1/users/anna')).toMatchObject({ status: 204 });
    expect(await who()).toEqual([401, 401]);
    expect(await admin.call('GET', '/api/v1/users/anna')).toMatchObject({ status: 404 });
  });

  test('the last administrator can not go, however it is tried', async () => {
    const { admin } = await testUsers(kind);
    const refused = { status: 409, body: { type: 'urn:flownexus:problem:conflict' } };
    expect(await admin.call('DELETE', '/api/v1/users/admin')).toMatchObject(refused);
    expect(await admin.call('PATCH', '/api/v1/users/admin', { role: 'viewer' })).toMatchObject(refused);
    expect(await admin.call('PATCH', '/api/v1/users/ADMIN', { disabled: true })).toMatchObject(refused);
    await admin.call('POST', '/api/v1/users', { name: 'second', role: 'admin', password: PASSWORD });
    const answers = await Promise.all([
      admin.call('DELETE', '/api/v1/users/admin'),
      admin.call('PATCH', '/api/v1/users/second', { disabled: true }),
    ]);
    expect(answers.map(({ status }) => status).sort()).not.toContain(500);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
    // Who is disabled does not count.
    const { body } = await admin.call('GET', '/api/v1/users');
    const left = (body as { items: { role: string; disabled: boolean }[] }).items;
    expect(left.filter(({ role, disabled }) => role === 'admin' && !disabled)).toHaveLength(1);
  });

  test('an administrator sets a password and takes a second factor away, and unlocks the name', async () => {
    const { admin, signedIn, browser } = await testUsers(kind);
    await admin.call('POST', '/api/v1/users', { name: 'anna', role: 'viewer', password: PASSWORD });
    const anna = await signedIn('anna', PASSWORD);
    for (let i = 0; i < limits.failuresPerName; i += 1) await browser().signIn('anna', 'a wrong password');
    expect(await browser().signIn('anna', PASSWORD)).toMatchObject({ status: 429 });
    const reset = (password: string) => admin.call('PUT', '/api/v1/users/anna/password', { password });
    expect(await reset('anna-2026-')).toMatchObject({ status: 400, body: { errors: [{ path: 'body.password' }] } });
    expect(await reset('another passphrase')).toMatchObject({ status: 204 });
    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
    const again = await signedIn('anna', 'another passphrase');
    expect(await admin.call('DELETE', '/api/v1/users/anna/totp')).toMatchObject({ status: 204 });
    expect(await admin.call('DELETE', '/api/v1/users/anna/sessions')).toMatchObject({ status: 204 });
    expect(await again.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
  });

  test('users are listed in pages, by name, as CSV too', async () => {
    const { admin } = await testUsers(kind);
    for (const name of ['Zoe', 'b.c', 'a-1'])
      await admin.call('POST', '/api/v1/users', { name, role: 'viewer', password: PASSWORD });
    expect(await admin.call('POST', '/api/v1/users', { name: 'zoe', role: 'viewer', password: PASSWORD })).toMatchObject({ status: 409 }); // prettier-ignore
    const first = await admin.call('GET', '/api/v1/users?limit=3');
    expect(first.body).toMatchObject({ items: [{ name: 'a-1' }, { name: 'admin' }, { name: 'b.c' }], nextCursor: 'b.c' }); // prettier-ignore
    expect((await admin.call('GET', '/api/v1/users?limit=3&cursor=b.c')).body).toMatchObject({ items: [{ name: 'zoe' }], nextCursor: null }); // prettier-ignore
    const csv = await admin.call('GET', '/api/v1/users', undefined, { accept: 'text/csv' });
    expect(csv.text).toMatch(/^name,role,disabled,secondFactor,createdAt\r\na-1,viewer,false,false,20/);
    for (const name of ['', 'a b', '-a', 'ä', 'a/b', 'x'.repeat(65)]) {
      expect(await admin.call('POST', '/api/v1/users', { name, role: 'viewer', password: PASSWORD }), name).toMatchObject({ status: 400 }); // prettier-ignore
    }
  });

  test('a token may do what its scopes say, and never more than its user may at the time', async () => {
    const { admin, signedIn, browser } = await testUsers(kind, { routes: probes });
    await admin.call('POST', '/api/v1/users', { name: 'anna', role: 'operator', password: PASSWORD });
    const anna = await signedIn('anna', PASSWORD);
    expect(await anna.call('POST', '/api/v1/tokens', { name: 'x', scopes: ['administer'] })).toMatchObject({ status: 403 }); // prettier-ignore
    expect(await anna.call('POST', '/api/v1/tokens', { name: 'x', scopes: [] })).toMatchObject({ status: 400 });
    const made = await anna.call('POST', '/api/v1/tokens', { name: 'ci "1"', scopes: ['ingest', 'operate'] });
    expect(made).toMatchObject({ status: 201, body: { name: 'ci "1"', expiresAt: null, lastUsedAt: null } });
    const { token, id } = made.body as { token: string; id: string };
    expect(token).toMatch(/^fnx_[\w-]{43}$/);
    const program = browser({ authorization: `bearer ${token}` });
    expect(await allowed(program)).toEqual(['operate', 'ingest']);
    expect(await program.call('GET', '/api/v1/session')).toMatchObject({
      body: { user: 'anna', permissions: ['operate', 'ingest'], via: 'token' },
    });
    // It can not make itself last.
    for (const [method, path, body] of [
      ['POST', '/api/v1/tokens', { name: 'y', scopes: ['ingest'] }],
      ['POST', '/api/v1/password', { current: PASSWORD, password: 'another passphrase' }],
      ['DELETE', '/api/v1/session', undefined],
      ['DELETE', `/api/v1/tokens/${id}`, undefined],
      ['GET', '/api/v1/sessions', undefined],
    ] as const) {
      expect(await program.call(method, path, body), path).toMatchObject({ status: 403 });
    }
    const listed = await anna.call('GET', '/api/v1/tokens');
    expect(listed.body).toMatchObject({ items: [{ id, name: 'ci "1"', scopes: ['operate', 'ingest'], lastUsedAt: expect.stringMatching(/^20/) as string }] }); // prettier-ignore
    expect(listed.text).not.toContain(token);

    await admin.call('PATCH', '/api/v1/users/anna', { role: 'viewer' });
    expect(await allowed(program)).toEqual([]);
    const other = await signedIn();
    expect(await other.call('DELETE', `/api/v1/tokens/${id}`)).toMatchObject({ status: 204 });
    expect(await program.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
  });

  test('a token of another user is not there, and one that has expired does not hold', async () => {
    let now = Date.now();
    const { admin, signedIn, browser } = await testUsers(kind, { now: () => now });
    await admin.call('POST', '/api/v1/users', { name: 'anna', role: 'operator', password: PASSWORD });
    const anna = await signedIn('anna', PASSWORD);
    const root = await signedIn();
    for (const expiresAt of ['2020-01-01T00:00:00Z', 'tomorrow']) {
      const answer = await root.call('POST', '/api/v1/tokens', { name: 'x', scopes: ['read'], expiresAt });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'body.expiresAt' }] } });
    }
    const expiresAt = new Date(now + 600_000).toISOString();
    const { body } = await root.call('POST', '/api/v1/tokens', { name: 'short', scopes: ['read'], expiresAt });
    const { token, id } = body as { token: string; id: string };
    expect(await anna.call('DELETE', `/api/v1/tokens/${id}`)).toMatchObject({ status: 404 });
    const program = browser({ authorization: `Bearer ${token}` });
    expect(await program.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    now += 600_000;
    const answer = await program.call('GET', '/api/v1/session');
    expect(answer).toMatchObject({ status: 401, body: { type: 'urn:flownexus:problem:unauthorized' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  test('the token of the environment may do everything, and has no user', async () => {
    const { admin, browser } = await testUsers(kind, { routes: probes });
    expect(await allowed(admin)).toEqual([...permissions]);
    expect((await admin.call('GET', '/api/v1/session')).body).toMatchObject({ user: null, role: null, via: 'token' });
    for (const secret of ['wrong', `${API_TOKEN}x`, API_TOKEN.slice(1), 'fnx_', `fnx_${'a'.repeat(43)}`]) {
      const answer = await browser({ authorization: `Bearer ${secret}` }).call('POST', '/api/v1/probe/read');
      expect(answer, secret).toMatchObject({ status: 401 });
      expect(answer.text).not.toContain(API_TOKEN);
    }
    const { browser: other } = await testUsers(kind, { apiToken: undefined });
    expect(await other({ authorization: 'Bearer undefined' }).call('GET', '/api/v1/session')).toMatchObject({ status: 401 }); // prettier-ignore
  });

  test('what was changed is in the audit log, with who did it, and without secrets', async () => {
    const { admin, signedIn, users } = await testUsers(kind);
    const root = await signedIn();
    const { body } = await root.call('POST', '/api/v1/tokens', { name: 'ci', scopes: ['administer'] });
    const { token } = body as { token: string };
    await root.call('POST', '/api/v1/users', { name: 'anna', role: 'viewer', password: PASSWORD }, { authorization: `Bearer ${token}` }); // prettier-ignore
    await admin.call('PATCH', '/api/v1/users/anna', { role: 'operator' });
    await users.guards.audit({ actor: 'x', address: undefined, action: 'y', params: { name: 'a\0b\ud800', id: 7 }, detail: { text: 'z'.repeat(10_000) } }); // prettier-ignore
    const { body: log, text } = await admin.call('GET', '/api/v1/audit');
    expect(log).toMatchObject({
      items: [
        { actor: 'x', target: 'a\ufffdb\ufffd 7', detail: { tooLong: true } },
        { actor: 'environment token', action: 'changeUser', target: 'anna', detail: { role: 'operator' } },
        { actor: 'admin (token "ci")', action: 'createUser', target: null, detail: { name: 'anna', role: 'viewer' } },
        { actor: 'admin', action: 'createToken', detail: { name: 'ci', scopes: ['administer'] } },
        { actor: 'admin', action: 'signIn', address: '127.0.0.1' },
      ],
      nextCursor: null,
    });
    for (const secret of [token, PASSWORD, ADMIN_PASSWORD, API_TOKEN]) expect(text).not.toContain(secret);

    const page = (await admin.call('GET', '/api/v1/audit?limit=2')).body as { items: unknown[]; nextCursor: string };
    expect(page.items).toHaveLength(2);
    expect((await admin.call('GET', `/api/v1/audit?limit=2&cursor=${page.nextCursor}`)).body) //
      .toMatchObject({ items: [{ action: 'createUser' }, { action: 'createToken' }] });
    expect((await admin.call('GET', '/api/v1/audit?actor=admin&action=signIn')).body) //
      .toMatchObject({ items: [{ action: 'signIn' }] });
    expect((await admin.call('GET', '/api/v1/audit?from=2100-01-01')).body).toMatchObject({ items: [] });
    const csv = await admin.call('GET', '/api/v1/audit', undefined, { accept: 'text/csv' });
    expect(csv.text).toMatch(/^id,time,actor,address,action,target,detail\r\n/);
  });

  test('pages of other sites can neither act in the name of who is signed in nor sign somebody in', async () => {
    const { signedIn, browser, url } = await testUsers(kind, { routes: probes });
    const anna = await signedIn();
    const act = (headers: Record<string, string>) => anna.call('POST', '/api/v1/probe/operate', undefined, headers);
    const own = url.slice(0, -1);
    for (const headers of [
      { origin: 'http://attacker.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: own },
    ]) {
      expect(await act(headers), JSON.stringify(headers)).toMatchObject({ status: 403, body: { type: 'urn:flownexus:problem:cross-site' } }); // prettier-ignore
      const signIn = browser().call('POST', '/api/v1/session', { name: 'admin', password: ADMIN_PASSWORD }, headers);
      const { status, headers: answered } = await signIn;
      expect([status, answered['set-cookie']]).toEqual([403, undefined]);
    }
    for (const headers of [{ origin: own }, { 'sec-fetch-site': 'same-origin' }, {}]) {
      expect(await act(headers), JSON.stringify(headers)).toMatchObject({ status: 204 });
    }
    // A form of another site can not send JSON.
    const form = { 'content-type': 'text/plain' };
    expect(await browser().call('POST', '/api/v1/session', { name: 'admin', password: ADMIN_PASSWORD }, form)).toMatchObject({ status: 400 }); // prettier-ignore
    // A token is not sent by itself.
    const program = browser({ authorization: `Bearer ${API_TOKEN}`, origin: 'http://attacker.example' });
    expect(await program.call('POST', '/api/v1/probe/operate')).toMatchObject({ status: 204 });
  });

  test('addresses that a client claims are not believed', async () => {
    const { browser, admin } = await testUsers(kind);
    await browser({ 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1', 'x-flownexus-address': '192.0.2.1' }) //
      .signIn('admin', ADMIN_PASSWORD);
    const { text } = await admin.call('GET', '/api/v1/audit');
    expect(text).not.toContain('192.0.2.1');
  });
});

test('every route of users asks for what it says, before it looks at anything', async () => {
  const { users, admin, signedIn, browser } = await testUsers();
  await admin.call('POST', '/api/v1/users', { name: 'viewer', role: 'viewer', password: PASSWORD });
  const viewer = await signedIn('viewer', PASSWORD);
  const document = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({ 'x-access': z.string() }))) })
    .parse(openApiDocument(userRoutes(users), { version: '1' }));
  let administered = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { 'x-access': access }] of Object.entries(methods)) {
      if (access === 'public') continue;
      const at = path.replaceAll(/\{\w+\}/g, 'x');
      const answer = await browser().call(method.toUpperCase(), at);
      expect(answer, `${method} ${path}`).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      if (access !== 'administer') continue;
      administered += 1;
      expect(await viewer.call(method.toUpperCase(), at), `${method} ${path}`).toMatchObject({ status: 403 });
    }
  }
  expect(administered).toBeGreaterThan(8);
});
