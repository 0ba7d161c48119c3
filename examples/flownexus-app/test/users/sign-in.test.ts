import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { onEachDatabase, databasePlace, testDatabase } from '../support/test-database.ts';
import { ADMIN_PASSWORD, testUsers, totp } from '../support/test-users.ts';

const wrong = { status: 401, body: { type: 'urn:flownexus:problem:wrong-credentials' } };

onEachDatabase('signing in', (kind) => {
  test('the first start makes an administrator with a password of its own, later ones do not', async () => {
    const place = await databasePlace(kind);
    const database = await testDatabase(kind, place);
    const { firstPassword = '', browser } = await testUsers(kind, { database, adminPassword: undefined });
    expect(firstPassword).toMatch(/^[\w-]{20}$/);
    expect(await browser().signIn('admin', firstPassword)).toMatchObject({ status: 200 });
    const second = await testUsers(kind, { database, adminPassword: 'another password' });
    expect(second.firstPassword).toBeUndefined();
    expect(await second.browser().signIn('admin', 'another password')).toMatchObject(wrong);
    expect(await second.browser().signIn('admin', firstPassword)).toMatchObject({ status: 200 });
  });

  test('a session opens what its user may do, until it is signed out', async () => {
    const { browser } = await testUsers(kind);
    const anna = browser({ 'user-agent': 'Test/1' });
    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
    const answer = await anna.signIn('Admin', ADMIN_PASSWORD);
    expect(answer).toMatchObject({
      status: 200,
      body: { user: 'admin', role: 'admin', permissions: ['read', 'operate', 'administer', 'ingest'], via: 'session' },
    });
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    expect(cookie).toMatch(/^flownexus\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/i);
    expect(answer.text).not.toContain(decodeURIComponent(anna.cookies.get('flownexus.session_token') ?? '').split('.')[0]); // prettier-ignore

    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 200, body: { user: 'admin' } });
    expect(await anna.call('GET', '/api/v1/sessions')).toMatchObject({
      body: { items: [{ current: true, address: '127.0.0.1', userAgent: 'Test/1' }], nextCursor: null },
    });
    const copy = browser({ cookie: `flownexus.session_token=${anna.cookies.get('flownexus.session_token') ?? ''}` });
    expect(await copy.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    expect(await anna.call('DELETE', '/api/v1/session')).toMatchObject({ status: 204 });
    expect(anna.cookies.size).toBe(0);
    expect(await copy.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
  });

  test('what is wrong is not told apart, and is in the audit log without the password', async () => {
    const { browser, admin } = await testUsers(kind);
    const tries = [
      ['admin', 'a wrong password'],
      ['nobody', ADMIN_PASSWORD],
      ['', ADMIN_PASSWORD],
      ['no such name!', ADMIN_PASSWORD],
      ['a\0b', ADMIN_PASSWORD],
    ] as const;
    const texts = new Set<string>();
    for (const [name, password] of tries) {
      const answer = await browser().signIn(name, password);
      expect(answer, name).toMatchObject(wrong);
      expect(answer.headers['set-cookie']).toBeUndefined();
      texts.add(answer.text);
    }
    expect(texts.size).toBe(1);
    const { text, body } = await admin.call('GET', '/api/v1/audit');
    expect((body as { items: unknown[] }).items).toMatchObject([
      { actor: 'a\ufffdb', action: 'signIn.refused' },
      { actor: 'no such name!', action: 'signIn.refused' },
      { actor: 'anonymous', action: 'signIn.refused' },
      { actor: 'nobody', action: 'signIn.refused' },
      { actor: 'admin', action: 'signIn.refused', address: '127.0.0.1', detail: { reason: 'wrong-credentials' } },
    ]);
    expect(text).not.toContain('password');
    expect(text).not.toContain(ADMIN_PASSWORD);
  });

  test('a cookie that was made up, or is of another server, is nobody’s', async () => {
    const { browser, signedIn } = await testUsers(kind);
    const real = (await signedIn()).cookies.get('flownexus.session_token') ?? '';
    for (const value of ['x', '', `${real.slice(0, -6)}AAAA%3D`, real.split('.')[0], '%00', '%', 'a'.repeat(5000)]) {
      const answer = await browser({ cookie: `flownexus.session_token=${value ?? ''}` }).call('GET', '/api/v1/session');
      expect(answer.status, value).toBe(401);
    }
  });

  test('after too many failures a name has to wait, whoever tries, and whether there is such a user', async () => {
    let now = Date.now();
    const { browser } = await testUsers(kind, { now: () => now });
    for (const name of ['admin', 'nobody']) {
      for (let i = 0; i < limits.failuresPerName; i += 1) {
        expect(await browser().signIn(name, 'a wrong password')).toMatchObject(wrong);
      }
      const answer = await browser().signIn(name, ADMIN_PASSWORD);
      expect(answer).toMatchObject({ status: 429, body: { type: 'urn:flownexus:problem:too-many-requests' } });
      expect(answer.headers['retry-after']).toBe(String(limits.failureWindowMs / 1000));
    }
    now += limits.failureWindowMs;
    expect(await browser().signIn('admin', ADMIN_PASSWORD)).toMatchObject({ status: 200 });
  });

  test('a second factor is set up, asked for, and counts once', async () => {
    let now = Date.now();
    const { signedIn, browser } = await testUsers(kind, { now: () => now });
    const anna = await signedIn();
    expect(await anna.call('POST', '/api/v1/totp', { password: 'a wrong password' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.password' }] },
    });
    const begun = await anna.call('POST', '/api/v1/totp', { password: ADMIN_PASSWORD });
    expect(begun).toMatchObject({ status: 200 });
    const { uri, backupCodes } = begun.body as { uri: string; backupCodes: string[] };
    expect(uri).toMatch(/^otpauth:\/\/totp\/FlowNexus:admin\?/);
    // It does not count yet.
    expect(await browser().signIn('admin', ADMIN_PASSWORD)).toMatchObject({ status: 200 });
    expect(await anna.call('POST', '/api/v1/totp/verify', { code: '000000' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.code' }] },
    });
    expect(await anna.call('POST', '/api/v1/totp/verify', { code: totp(uri) })).toMatchObject({ status: 204 });
    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 200, body: { secondFactor: true } });
    expect(await anna.call('POST', '/api/v1/totp', { password: ADMIN_PASSWORD })).toMatchObject({ status: 409 });

    // The one that made it count does not count again.
    expect(await browser().signIn('admin', ADMIN_PASSWORD, totp(uri))).toMatchObject(wrong);
    const code = totp(uri, Date.now() + 30_000);
    const needed = { status: 401, body: { type: 'urn:flownexus:problem:code-needed' } };
    const phone = browser();
    expect(await phone.signIn('admin', ADMIN_PASSWORD)).toMatchObject(needed);
    expect(phone.cookies.size).toBe(0);
    expect(await phone.signIn('admin', 'a wrong password', code)).toMatchObject(wrong);
    expect(await phone.signIn('admin', ADMIN_PASSWORD, '000000')).toMatchObject(wrong);
    expect(await phone.signIn('admin', ADMIN_PASSWORD, code)).toMatchObject({ status: 200 });
    expect([...phone.cookies.keys()]).toEqual(['flownexus.session_token']);
    expect(await phone.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    expect(await browser().signIn('admin', ADMIN_PASSWORD, code)).toMatchObject(wrong);

    const [backup = ''] = backupCodes;
    now += limits.usedCodeMs;
    expect(await browser().signIn('admin', ADMIN_PASSWORD, backup)).toMatchObject({ status: 200 });
    now += limits.usedCodeMs;
    expect(await browser().signIn('admin', ADMIN_PASSWORD, backup)).toMatchObject(wrong);

    expect(await phone.call('POST', '/api/v1/totp/disable', { password: ADMIN_PASSWORD })).toMatchObject({
      status: 204,
    });
    expect(await phone.call('GET', '/api/v1/session')).toMatchObject({ status: 200, body: { secondFactor: false } });
    expect(await browser().signIn('admin', ADMIN_PASSWORD)).toMatchObject({ status: 200 });
  });

  test('to know the password does not open the way to try codes', async () => {
    const { signedIn, browser } = await testUsers(kind);
    const anna = await signedIn();
    const { uri } = (await anna.call('POST', '/api/v1/totp', { password: ADMIN_PASSWORD })).body as { uri: string };
    await anna.call('POST', '/api/v1/totp/verify', { code: totp(uri) });
    for (let i = 0; i < limits.failuresPerName; i += 1) {
      await browser().signIn('admin', ADMIN_PASSWORD);
      expect(await browser().signIn('admin', ADMIN_PASSWORD, String(100_000 + i))).toMatchObject(wrong);
    }
    expect(await browser().signIn('admin', ADMIN_PASSWORD, totp(uri))).toMatchObject({ status: 429 });
  });

  test('changing the password takes the old one, and ends the other sessions', async () => {
    const { signedIn, browser } = await testUsers(kind);
    const [anna, other] = [await signedIn(), await signedIn()];
    const change = (current: string, password: string) => anna.call('POST', '/api/v1/password', { current, password });
    expect(await change('a wrong password', 'a new passphrase')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.current' }] },
    });
    for (const weak of ['short', 'aaaaaaaaaaaaa', 'Admin-2026-x', 'Password123', 'x'.repeat(129)]) {
      expect(await change(ADMIN_PASSWORD, weak), weak).toMatchObject({ status: 400, body: { errors: [{ path: 'body.password' }] } }); // prettier-ignore
    }
    expect(await other.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    expect(await change(ADMIN_PASSWORD, 'a new passphrase')).toMatchObject({ status: 204 });
    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    expect(await other.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
    expect(await browser().signIn('admin', ADMIN_PASSWORD)).toMatchObject(wrong);
    expect(await browser().signIn('admin', 'a new passphrase')).toMatchObject({ status: 200 });
  });

  test('a user ends one of its sessions', async () => {
    const { signedIn } = await testUsers(kind);
    const [anna, lost] = [await signedIn(), await signedIn()];
    const { body } = await lost.call('GET', '/api/v1/sessions');
    const { id } = (body as { items: { id: string; current: boolean }[] }).items.find(({ current }) => current)!;
    expect(await anna.call('DELETE', `/api/v1/sessions/${id}`)).toMatchObject({ status: 204 });
    expect(await anna.call('DELETE', `/api/v1/sessions/${id}`)).toMatchObject({ status: 404 });
    expect(await lost.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
    expect(await anna.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
  });

  test('the oldest sessions of a user make room', async () => {
    const { signedIn, database } = await testUsers(kind);
    const first = await signedIn();
    const later = new Date(Date.now() + 60_000).toISOString();
    const rows = database.db.$extendTables<{ UserSession: { id: string; token: string; userId: string; expiresAt: string; createdAt: string; updatedAt: string } }>(); // prettier-ignore
    const { userId } = await rows.selectFrom('UserSession').select('userId').executeTakeFirstOrThrow();
    const session = (i: number) => ({ id: `s${i}`, token: `t${i}`, userId, expiresAt: later, createdAt: later, updatedAt: later }); // prettier-ignore
    await rows
      .insertInto('UserSession')
      .values(Array.from({ length: limits.sessionsPerUser - 1 }, (_, i) => session(i)))
      .execute();
    expect(await first.call('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    const { body } = await (await signedIn()).call('GET', '/api/v1/sessions');
    expect((body as { items: unknown[] }).items).toHaveLength(limits.sessionsPerUser);
    expect(await first.call('GET', '/api/v1/session')).toMatchObject({ status: 401 });
  });
});
