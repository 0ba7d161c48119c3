import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { LiveStream } from '../../src/http/live-stream.ts';
import { limits } from '../../src/limits.ts';
import { userRoutes } from '../../src/users/routes.ts';
import { openEventStream } from '../support/event-stream.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testHttpApp } from '../support/test-http-app.ts';
import { testUsers } from '../support/test-users.ts';

onEachDatabase('streams of those who are signed in', (kind) => {
  async function start() {
    let ahead = 0;
    const { users, database, signedIn, admin } = await testUsers(kind, { now: () => Date.now() + ahead });
    const error = vi.fn();
    const log = pino({ level: 'error' }, { write: error });
    const stream = new LiveStream({ log, heartbeatMs: 5 });
    const { url } = await testHttpApp({ stream, log, guards: users.guards, routes: userRoutes(users) });
    /** What was remembered of sessions and tokens has to be looked up again. */
    const later = (): void => {
      ahead += 2 * limits.principalCacheMs;
    };
    return { users, database, signedIn, admin, url, error, later };
  }

  test('a stream does not prolong a session, which it could not tell the browser', async () => {
    const { users, signedIn, url, error, later } = await start();
    const anna = await signedIn();
    const cookie = [...anna.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reader = await openEventStream(url, '', { cookie });
    // It is half over.
    const time = Date.now() + (limits.sessionSeconds / 2) * 1000;
    vi.useFakeTimers({ toFake: ['Date'], now: time });
    try {
      const current = vi.spyOn(users.sessions, 'current');
      later();
      await expect.poll(() => current.mock.calls.length).toBeGreaterThan(0);
      await Promise.all(current.mock.results.map(({ value }) => value as Promise<unknown>));
      await reader.block();
      expect(error).not.toHaveBeenCalled();
      later();
      expect((await anna.call('GET', '/api/v1/session')).headers['set-cookie']).toBeDefined();
    } finally {
      vi.useRealTimers();
    }
    reader.close();
  });

  test('a stream ends with its session or token, of which there is nothing to log', async () => {
    const { signedIn, url, error } = await start();
    const anna = await signedIn();
    const made = await anna.call('POST', '/api/v1/tokens', { name: 'ci', scopes: ['read'] });
    const { id, token } = made.body as { id: string; token: string };
    const ofToken = await openEventStream(url, '', { authorization: `Bearer ${token}` });
    const cookie = [...anna.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const ofSession = await openEventStream(url, '', { cookie });
    expect(await anna.call('DELETE', `/api/v1/tokens/${id}`)).toMatchObject({ status: 204 });
    expect(await ofToken.ended()).toBe(true);
    expect(await anna.call('DELETE', '/api/v1/session')).toMatchObject({ status: 204 });
    expect(await ofSession.ended()).toBe(true);
    expect(error.mock.calls).toEqual([]);
  });
});
