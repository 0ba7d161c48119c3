import { expect, onTestFinished, test, vi } from 'vitest';
import { Admission } from '../../src/lwm2m/admission.ts';
import { limits } from '../../src/limits.ts';
import { record, values } from '../support/batches.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const PSK = { mode: 'psk', identity: 'id', key: '00ff' };
const eventually = { timeout: 5_000, interval: 20 };

onEachDatabase('admission', (kind) => {
  test('an unknown endpoint is admitted by default, and known from then on', async () => {
    const { newClient, settings, side } = await testLwm2m({ kind });
    await newClient('dev').start();
    expect(side.admission.get('dev')).toBe('accepted');
    await settings.update({ admission: 'refuse' });
    await newClient('dev').start();
    await expect(newClient('other').start()).rejects.toThrow('4.03 the endpoint is not known here');
  });

  test('one that is held gets a row, registers when it was accepted, and not any more when it was refused', async () => {
    const { newClient, call, database, settings, side, audited } = await testLwm2m({ kind, settings: { admission: 'hold' } });
    const name = 'a/b "><script> ü';
    await expect(newClient(name).start()).rejects.toThrow('4.03 the endpoint waits for approval');
    const row = () => database.reads.selectFrom('Endpoint').select(['admission', 'registered']).where('endpoint', '=', name).executeTakeFirst(); // prettier-ignore
    expect(await row()).toEqual({ admission: 'held', registered: 0 });
    expect((await call('GET', '/api/v1/admissions')).body).toMatchObject({
      items: [{ endpoint: name, admission: 'held', address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string }],
      nextCursor: null,
    });
    const path = `/api/v1/endpoints/${encodeURIComponent(name)}/admission`;
    expect(await call('POST', path, { admission: 'accepted' })).toMatchObject({ status: 200, body: { endpoint: name, admission: 'accepted' } }); // prettier-ignore
    expect(audited).toMatchObject([{ action: 'decideAdmission', detail: { admission: 'accepted' } }]);
    const client = newClient(name);
    await client.start();
    expect(await row()).toEqual({ admission: 'accepted', registered: 1 });
    expect((await call('GET', '/api/v1/admissions')).body).toEqual({ items: [], nextCursor: null });

    // It is known now, whatever the settings are.
    await settings.update({ admission: 'refuse' });
    await client.update();

    expect(await call('POST', path, { admission: 'refused' })).toMatchObject({ status: 200 });
    expect(side.server.registration(name)).toBeUndefined();
    expect(await row()).toEqual({ admission: 'refused', registered: 0 });
    await expect(newClient(name).start()).rejects.toThrow('4.03 the endpoint is refused');
    expect((await call('GET', '/api/v1/admissions?admission=refused')).body).toMatchObject({ items: [{ endpoint: name }] });
    expect((await call('GET', '/api/v1/admissions?admission=held')).body).toMatchObject({ items: [] });
  }); // prettier-ignore

  test('a report in the same commit as the deletion of its endpoint makes it known anew, in memory as in the database', async () => {
    const { ingest, side, database, call } = await testLwm2m({ kind, settings: { admission: 'hold' } });
    const report = () => ingest.submit(values('a', [record('/3303/0/5700', 'float', 1)]));
    await report();
    const remove = ingest.removeEndpoint.bind(ingest);
    let reported: Promise<void> | undefined;
    vi.spyOn(ingest, 'removeEndpoint').mockImplementation((name) => {
      const removed = remove(name);
      reported = report();
      return removed;
    });
    expect((await call('DELETE', '/api/v1/endpoints/a')).status).toBe(204);
    await reported;
    expect(await database.reads.selectFrom('Endpoint').select('admission').execute()).toEqual([
      { admission: 'accepted' },
    ]);
    expect(side.admission.get('a')).toBe('accepted');
  });

  test('one that waits and does not ask for a week is forgotten, unless something of it is known', async () => {
    const { newClient, ingest, side, database } = await testLwm2m({ kind, settings: { admission: 'hold' } });
    await Promise.allSettled(['old', 'known', 'new'].map((name) => newClient(name).start()));
    await ingest.submit(values('known', [record('/3303/0/5700', 'float', 1)]));
    const later = Date.now() + limits.heldMs;
    vi.useFakeTimers({ toFake: ['Date'], now: later });
    onTestFinished(() => void vi.useRealTimers());
    await expect(newClient('new').start()).rejects.toThrow('waits for approval');
    await side.admission.dropOldHeld(later + 1_000);
    expect(side.admission.list().map(({ endpoint }) => endpoint)).toEqual(['known', 'new']);
    const rows = await database.reads.selectFrom('Endpoint').select('endpoint').orderBy('endpoint').execute();
    expect(rows.map(({ endpoint }) => endpoint)).toEqual(['known', 'new']);
    await expect(newClient('old').start()).rejects.toThrow('waits for approval');
  });

  test('decisions outlive a restart', async () => {
    const first = await testLwm2m({ kind, settings: { admission: 'hold' } });
    await Promise.allSettled(['a', 'b', 'c'].map((name) => first.newClient(name).start()));
    await first.call('POST', '/api/v1/endpoints/a/admission', { admission: 'accepted' });
    await first.call('POST', '/api/v1/endpoints/b/admission', { admission: 'refused' });
    const admission = await Admission.load(first);
    expect(['a', 'b', 'c', 'd'].map((name) => admission.get(name))).toEqual(['accepted', 'refused', 'held', undefined]);
  });

  test('one that proves who it is needs no approval, also when it was held before', async () => {
    const { call, side } = await testLwm2m({ kind, settings: { admission: 'hold' } });
    await call('PUT', '/api/v1/endpoints/dev/credentials', PSK);
    const request = {
      operation: 'register',
      endpointName: 'dev',
      address: { host: '::1', port: 1 },
      registration: undefined,
    } as const;
    const anonymous = { ...request, identity: { kind: 'anonymous' } } as const;
    expect(await side.admission.authorize(anonymous)).toEqual({ reason: 'the endpoint waits for approval' });
    expect(await side.admission.authorize({ ...request, identity: { kind: 'psk', identity: 'id' } })).toBe(true);
    expect(side.admission.get('dev')).toBe('accepted');
  });

  test('one that is refused while it proves who it is stays refused', async () => {
    const { call, side } = await testLwm2m({ kind, settings: { admission: 'hold' } });
    await call('PUT', '/api/v1/endpoints/dev/credentials', PSK);
    const request = {
      operation: 'register',
      endpointName: 'dev',
      address: { host: '::1', port: 1 },
      registration: undefined,
    } as const;
    await side.admission.authorize({ ...request, identity: { kind: 'anonymous' } });
    const decided = side.admission.decide('dev', 'refused');
    const answer = side.admission.authorize({ ...request, identity: { kind: 'psk', identity: 'id' } });
    expect([await decided, await answer]).toEqual([true, { reason: 'the endpoint is refused' }]);
    expect(side.admission.get('dev')).toBe('refused');
  });

  test('one whose deletion did not come to its end has lost its credentials, and waits for approval', async () => {
    const scene = await testLwm2m({ kind });
    const { newClient, ingest, call, database } = scene;
    await newClient('dev').start();
    await call('PUT', '/api/v1/endpoints/dev/credentials', PSK);
    vi.spyOn(ingest, 'removeEndpoint').mockRejectedValueOnce(new Error('the disk is full'));
    expect((await call('DELETE', '/api/v1/endpoints/dev')).status).toBe(500);
    expect((await call('GET', '/api/v1/endpoints/dev/credentials')).status).toBe(404);
    await expect(newClient('dev').start()).rejects.toThrow('4.03 the endpoint waits for approval');
    expect((await Admission.load(scene)).get('dev')).toBe('held');
    expect((await call('DELETE', '/api/v1/endpoints/dev')).status).toBe(204);
    expect(await database.reads.selectFrom('Endpoint').selectAll().execute()).toEqual([]);
    await newClient('dev').start();
  });

  test('there are so many endpoints, and messages in a minute', async () => {
    const { newClient, settings, side } = await testLwm2m({ kind, settings: { maxEndpoints: 1 } });
    // A device tries again by itself.
    const nextRefusal = () =>
      new Promise<string>((resolve) => {
        side.server.once('refused', ({ code, reason }) => resolve(`${code} ${reason}`));
      });
    const client = newClient('a');
    await client.start();
    let refusal = nextRefusal();
    const waiting = newClient('b').start();
    expect(await refusal).toBe('5.03 as many endpoints are known as may be');
    await settings.update({ messagesPerMinute: 1 });
    refusal = nextRefusal();
    const updating = client.update();
    expect(await refusal).toBe('4.29 too many messages in a minute');
    await side.stop();
    void Promise.allSettled([waiting, updating]);
  });

  test('so many wait for approval', async () => {
    const database = await testDatabase(kind);
    const settings = { values: { admission: 'hold', maxEndpoints: 10, messagesPerMinute: 10 } } as never;
    const admission = await Admission.load({ database, settings });
    const ask = async (endpointName: string) =>
      admission.authorize({
        operation: 'register',
        endpointName,
        identity: { kind: 'anonymous' },
        address: { host: '::1', port: 1 },
        registration: undefined,
      });
    await Promise.all(Array.from({ length: limits.heldEndpoints }, (_, index) => ask(`dev-${String(index)}`)));
    expect(await ask('one-more')).toMatchObject({ code: '5.03', retryAfter: limits.retryAfterSeconds });
    const { count } = await database.reads
      .selectFrom('Endpoint')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(limits.heldEndpoints);
  });

  test('an endpoint that was removed is unknown, and nothing of it is left', async () => {
    const { newClient, call, settings, side, database } = await testLwm2m({ kind });
    const name = 'a/b';
    const path = `/api/v1/endpoints/${encodeURIComponent(name)}`;
    const client = newClient(name);
    await client.start();
    const { operations } = side.server;
    const observed = await operations.add(name, { kind: 'observe', path: '/3/0/9' });
    await operations.finished(observed.id);
    await client.close();
    const node = { kind: 'singleResource', id: 14, type: 'string', value: '+02:00' } as const;
    await operations.add(name, { kind: 'write', path: '/3/0/14', mode: 'replace', node });
    await call('PUT', '/api/v1/bootstrap/a%2Fb/credentials', PSK);
    await call('PUT', '/api/v1/bootstrap/a%2Fb', { toDelete: ['/0'] });
    expect(await call('DELETE', path)).toMatchObject({ status: 204 });
    expect(side.server.registration(name)).toBeUndefined();
    expect(side.admission.get(name)).toBeUndefined();
    for (const table of [
      'Endpoint',
      'Registration',
      'Observation',
      'EndpointOperation',
      'Credential',
      'BootstrapConfiguration',
    ] as const) {
      const rows = await database.reads.selectFrom(table).selectAll().where('endpoint', '=', name).execute();
      expect([table, rows]).toEqual([table, []]);
    }
    await settings.update({ admission: 'hold' });
    await expect(newClient(name).start()).rejects.toThrow('4.03 the endpoint waits for approval');
  });

  test('without NoSec devices without an identity are refused, and those that are there end', async () => {
    const { newClient, settings, side } = await testLwm2m({ kind });
    await newClient('dev').start();
    await settings.update({ noSec: false });
    await vi.waitFor(() => expect(side.server.registration('dev')).toBeUndefined(), eventually);
    await expect(newClient('dev').start()).rejects.toThrow('4.03 devices without an identity are not admitted');
    await settings.update({ noSec: true });
    await newClient('dev').start();
  });
});

test('the routes refuse what is no decision, and what is no endpoint', async () => {
  const { call } = await testLwm2m();
  expect(await call('POST', '/api/v1/endpoints/dev/admission', { admission: 'maybe' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'body.admission' }] },
  });
  expect(await call('POST', '/api/v1/endpoints/dev/admission', { admission: 'held' })).toMatchObject({
    status: 404,
    body: { type: 'urn:flownexus:problem:unknown-endpoint' },
  });
  expect(await call('POST', '/api/v1/endpoints/dev/admission', { admission: 'held' }, { 'x-permissions': 'read' })).toMatchObject({ status: 403 }); // prettier-ignore
});

test('the list comes in pages and as CSV', async () => {
  const { newClient, call } = await testLwm2m({ settings: { admission: 'hold' } });
  await Promise.allSettled(['c', 'a', '=b'].map((name) => newClient(name).start()));
  const first = await call('GET', '/api/v1/admissions?limit=2');
  expect(first.body).toMatchObject({ items: [{ endpoint: '=b' }, { endpoint: 'a' }], nextCursor: 'a' });
  expect((await call('GET', '/api/v1/admissions?limit=2&cursor=a')).body).toMatchObject({ items: [{ endpoint: 'c' }], nextCursor: null }); // prettier-ignore
  const csv = await call('GET', '/api/v1/admissions', undefined, { accept: 'text/csv' });
  expect(csv.text.split('\r\n')[1]).toMatch(/^'=b,held,127\.0\.0\.1:\d+,/);
});
