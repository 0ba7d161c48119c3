import type { BootstrapSession, Lwm2mBootstrapServerEvents } from '@flownexus/lwm2m-server';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { SessionRecorder } from '../../src/bootstrap/session-recorder.ts';
import { SessionRetention } from '../../src/bootstrap/session-retention.ts';
import { sessionRoutes } from '../../src/bootstrap/session-routes.ts';
import type { DatabaseKind } from '../../src/database/dialect.ts';
import { limits } from '../../src/limits.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';
import { NEW_YEAR } from '../support/times.ts';

const AT = '/api/v1/bootstrap-sessions';
const log = pino({ level: 'silent' });
const step = { operation: 'write', path: '/0/1', contentFormat: 11_542, responseCode: '4.00', diagnostic: 'no\0', durationMs: 1.6 } as const; // prettier-ignore
const session: BootstrapSession = {
  id: 'x',
  endpointName: 'dev',
  address: { host: '2001:db8::1', port: 5 },
  identity: { kind: 'psk', identity: 'id' },
  startedAt: NEW_YEAR + 0.5,
  steps: [step],
};

/** A recorder that follows a server whose events are emitted by `emit`, and what is stored of them. */
async function recording(kind: DatabaseKind = 'sqlite', refusedPerMinute = 100) {
  const database = await testDatabase(kind);
  const listeners = new Map<string, (...args: unknown[]) => unknown>();
  const recorder = new SessionRecorder({ database, log, refusedPerMinute });
  const server = {
    on: (name: string, listener: (...args: never[]) => unknown) => listeners.set(name, listener as never),
  };
  recorder.follow(server as never);
  const emit = <Name extends keyof Lwm2mBootstrapServerEvents>(name: Name, ...args: Lwm2mBootstrapServerEvents[Name]) =>
    listeners.get(name)?.(...args);
  const { call } = await testRoutes(sessionRoutes({ database }));
  const items = async (query = '') => ((await call('GET', `${AT}${query}`)).body as { items: { id: number }[] }).items;
  const stored = (count: number) => vi.waitFor(async () => expect(await items()).toHaveLength(count));
  return { database, emit, call, items, stored };
}

onEachDatabase('bootstrap sessions', (kind) => {
  test('what became of each is listed, the latest first, and shown with its steps', async () => {
    const { emit, call, items, stored } = await recording(kind);
    emit('bootstrapFinished', session);
    await stored(1);
    emit('bootstrapFailed', { ...session, endpointName: 'other', identity: { kind: 'anonymous' }, reason: 'it did not answer' }); // prettier-ignore
    await stored(2);
    emit('refused', { ...session, operation: 'bootstrap', endpointName: undefined, identity: { kind: 'rpk', publicKey: Uint8Array.of(1) }, code: '4.00', reason: 'unknown' }); // prettier-ignore
    emit('refused', { ...session, operation: 'enroll', code: '4.00', reason: 'no session' });
    await stored(3);
    emit('bootstrapPackSent', { ...session, contentFormat: 112 });
    await stored(4);
    const [pack, refused, failed, finished] = await items();
    expect(pack).toMatchObject({ outcome: 'pack', endpoint: 'dev' });
    expect(refused).toMatchObject({ outcome: 'refused', endpoint: null, security: 'rpk', identity: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown, code: '4.00', reason: 'unknown' }); // prettier-ignore
    expect(failed).toMatchObject({ outcome: 'failed', endpoint: 'other', security: 'none', identity: null, reason: 'it did not answer' }); // prettier-ignore
    expect(finished).toMatchObject({ outcome: 'finished', endpoint: 'dev', address: '[2001:db8::1]:5', security: 'psk', identity: 'id', began: '2026-01-01T00:00:00.000Z', code: null, reason: null, stepCount: 1 }); // prettier-ignore
    expect(finished).not.toHaveProperty('steps');
    expect((await call('GET', `${AT}/${String(finished?.id)}`)).body).toMatchObject({ steps: [{ ...step, diagnostic: 'no\ufffd', durationMs: 2 }] }); // prettier-ignore
    expect(await call('GET', `${AT}/99`)).toMatchObject({ status: 404 });
    expect(await items('?endpoint=dev&outcome=finished')).toEqual([finished]);
    expect(await items(`?to=${String(NEW_YEAR)}`)).toEqual([]);
    const first = (await call('GET', `${AT}?limit=3`)).body as { nextCursor: string };
    expect((await call('GET', `${AT}?limit=3&cursor=${first.nextCursor}`)).body).toEqual({ items: [finished], nextCursor: null }); // prettier-ignore
    expect((await call('GET', AT, undefined, { accept: 'text/csv' })).text.split('\r\n')).toHaveLength(6);
  });

  test('old ones go, and the oldest where there are too many', async () => {
    const { database, items } = await recording(kind);
    const row = { endpoint: 'dev', address: 'x', security: 'none', identity: null, outcome: 'failed', code: null, reason: null, steps: '[]', step_count: 0 } as const; // prettier-ignore
    const times = [NEW_YEAR - 31 * 86_400_000, NEW_YEAR, NEW_YEAR, NEW_YEAR];
    for (const at of times) await database.db.insertInto('BootstrapSession').values({ ...row, began: at, ended: at }).execute(); // prettier-ignore
    const settings = { values: { bootstrapSessionDays: 30 } };
    await new SessionRetention({ database, settings, log }).run(NEW_YEAR);
    expect(await items()).toHaveLength(3);
    await new SessionRetention({ database, settings, log, maximum: 2 }).run(NEW_YEAR);
    expect((await items()).map(({ id }) => id)).toEqual([4, 3]);
  });
});

test('of refused requests so many are kept in a minute, and of a session so many steps', async () => {
  const { emit, call, stored, items } = await recording('sqlite', 2);
  for (let count = 0; count < 5; count += 1) emit('refused', { ...session, operation: 'bootstrap', code: '4.00', reason: 'x'.repeat(1_000) }); // prettier-ignore
  emit('bootstrapFinished', { ...session, steps: Array.from({ length: 150 }, () => step) });
  await stored(3);
  const [last, refused] = await items();
  expect(refused).toMatchObject({ reason: 'x'.repeat(limits.bootstrapReasonLength) });
  const { body } = await call('GET', `${AT}/${String(last?.id)}`);
  expect(body).toMatchObject({ stepCount: 150 });
  expect((body as { steps: unknown[] }).steps).toHaveLength(limits.bootstrapSessionSteps);
});
