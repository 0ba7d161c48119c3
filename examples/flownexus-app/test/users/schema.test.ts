import { getMigrations } from 'better-auth/db/migration';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { StartError } from '../../src/start-error.ts';
import { createAuth, loadAuthSecret } from '../../src/users/auth.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testUsers } from '../support/test-users.ts';

onEachDatabase('the tables of users', (kind) => {
  test('are what the schema generator of the library makes', async () => {
    const database = await testDatabase(kind);
    const { options } = createAuth({ database, secret: 'x'.repeat(40), publicUrl: undefined, log: pino({ level: 'silent' }) }); // prettier-ignore
    const { toBeCreated, toBeAdded, compileMigrations } = await getMigrations(options);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
    expect(await compileMigrations()).toBe(';');
  });

  test('keep one secret for all starts', async () => {
    const database = await testDatabase(kind);
    const [first, second] = await Promise.all([loadAuthSecret(database), loadAuthSecret(database)]);
    expect(first).toMatch(/^[\w+/]{43}=$/);
    expect(second).toBe(first);
  });

  test('hold neither passwords nor tokens in the clear', async () => {
    const { signedIn, database } = await testUsers(kind);
    const anna = await signedIn();
    const { token } = (await anna.call('POST', '/api/v1/tokens', { name: 'x', scopes: ['read'] })).body as { token: string }; // prettier-ignore
    await anna.call('POST', '/api/v1/totp', { password: 'correct horse battery' });
    const tables = database.db.$extendTables<Record<'UserAccount' | 'UserTwoFactor', Record<string, string>>>();
    const rows = JSON.stringify([
      await tables.selectFrom('UserAccount').selectAll().execute(),
      await tables.selectFrom('UserTwoFactor').selectAll().execute(),
      await tables.selectFrom('ApiToken').selectAll().execute(),
    ]);
    expect(rows).not.toContain('correct horse');
    expect(rows).not.toContain(token);
  });
});

test('cookies go over TLS alone where browsers come by TLS', async () => {
  const { browser } = await testUsers('sqlite', { publicUrl: 'https://flownexus.example/' });
  const answer = await browser().signIn('admin', 'correct horse battery');
  const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
  expect(cookie).toMatch(/^__Secure-flownexus\.session_token=.*; Secure;/);
});

test('a password for the first administrator that is too weak ends the start with one line', async () => {
  const weak = testUsers('sqlite', { adminPassword: 'admin-admin-1' });
  await expect(weak).rejects.toThrow(StartError);
  await expect(weak).rejects.toThrow(/^FLOWNEXUS_ADMIN_PASSWORD is not usable: it has the name of the user in it$/);
});
