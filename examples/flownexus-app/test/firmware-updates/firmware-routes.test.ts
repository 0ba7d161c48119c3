import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer } from '@flownexus/lwm2m-server';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CampaignDetail } from '../../src/firmware-updates/campaign-item.ts';
import { openFirmwareUpdates } from '../../src/firmware-updates/open-firmware-updates.ts';
import type { UpdateDetail } from '../../src/firmware-updates/update-item.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';

const UPDATES = '/api/v1/firmware-updates';
const CAMPAIGNS = '/api/v1/firmware-campaigns';
const unexpected = (error: unknown): never => {
  throw error;
};

/** The routes over a server that no device registers with: updates wait. */
async function host(kind: 'sqlite' | 'postgres' = 'sqlite') {
  const database = await testDatabase(kind);
  const server = new Lwm2mServer({
    endpoints: [coap({ port: 0, host: '127.0.0.1' })],
    objects: await ObjectRegistry.bundled(),
    onError: unexpected,
  });
  await server.start();
  onTestFinished(() => server.stop());
  /** The packages that updates were to begin with. */
  const asked: string[] = [];
  const source = {
    packages: { open: (id: string) => (id === 'app' ? { size: 3, etag: Uint8Array.of(1), read: () => Uint8Array.of(1, 2, 3) } : undefined) }, // prettier-ignore
    using: async <T>(id: string, work: (known: { version: string }) => Promise<T>) => {
      asked.push(id);
      return id === 'app' || id === 'lost' ? work({ version: '1.0' }) : undefined;
    },
  };
  const streamed: unknown[] = [];
  const stream = {
    wanted: true,
    publish: (name: string, _endpoint: string | undefined, data: () => unknown): void => void streamed.push([name, data()]), // prettier-ignore
  };
  const updates = openFirmwareUpdates({ database, server, source, stream, report: unexpected });
  await updates.start();
  onTestFinished(() => updates.stop());
  const objects = { registered: 1, object_links: '["/3/0","/5/0"]' } as const;
  await addEndpoints(
    database,
    { endpoint: 'a', ...objects },
    { endpoint: 'b', ...objects },
    { endpoint: 'b/ü"', ...objects },
    { endpoint: 'plain', registered: 1, object_links: '["/3/0","/50/0"]' },
    { endpoint: 'away', registered: 0, object_links: '["/3/0"]' },
  );
  return { database, updates, streamed, asked, ...(await testRoutes(updates.routes)) };
}

type Host = Awaited<ReturnType<typeof host>>;

async function begin({ call }: Host, name: string, body: object = {}): Promise<UpdateDetail> {
  const answer = await call('POST', `/api/v1/endpoints/${encodeURIComponent(name)}/firmware-updates`, {
    firmware: 'app',
    ...body,
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as UpdateDetail;
}

async function campaign({ call }: Host, body: object): Promise<CampaignDetail> {
  const answer = await call('POST', CAMPAIGNS, { name: 'c', firmware: 'app', ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body as CampaignDetail;
}

onEachDatabase('firmware updates over the API', (kind) => {
  test('begin, are listed by what they are, and taken back', async () => {
    const app = await host(kind);
    const { call } = app;
    const settings = {
      delivery: 'push',
      severity: 'mandatory',
      contactSeconds: 60,
      expectedVersion: '2',
      target: '/5/0',
    };
    const first = await begin(app, 'a', settings);
    expect(first).toMatchObject({ endpoint: 'a', state: 'IDLE', result: 'DEFAULT', finished: false, createdBy: 'anna', settings, size: 3 }); // prettier-ignore
    expect(first.history[0]).toMatchObject({ phase: 'QUEUED', attempt: 0 });
    const second = await begin(app, 'b/ü"');
    const page = (await call('GET', `${UPDATES}?limit=1`)).body as { items: UpdateDetail[]; nextCursor: string };
    expect(page.items.map(({ id }) => id)).toEqual([second.id]);
    expect((await call('GET', `${UPDATES}?limit=1&cursor=${page.nextCursor}`)).body).toMatchObject({ items: [{ id: first.id }], nextCursor: null }); // prettier-ignore
    const idsOf = async (query: string): Promise<string[]> =>
      ((await call('GET', `${UPDATES}?${query}`)).body as typeof page).items.map(({ id }) => id);
    expect(await idsOf('endpoint=a&firmware=app&finished=false&state=IDLE')).toEqual([first.id]);
    expect(await idsOf('state=UPDATING')).toEqual([]);
    const csv = await call('GET', UPDATES, undefined, { accept: 'text/csv' });
    expect(csv.text.split('\r\n')[0]).toMatch(/^id,endpoint,firmware,/);
    const cancelled = await call('POST', `${UPDATES}/${first.id}/cancel`);
    expect(cancelled.body).toMatchObject({ phase: 'CANCELLED', finished: true });
    expect((await call('POST', `${UPDATES}/${first.id}/cancel`)).status).toBe(409);
    expect(await idsOf('finished=true')).toEqual([first.id]);
    const again = await call('POST', `${UPDATES}/${first.id}/retry`);
    expect(again.body).toMatchObject({ settings: { ...settings, maxAttempts: 3 } });
    expect(app.audited.map(({ action }) => action)).toContain('retryFirmwareUpdate');
  });

  test('of many endpoints: who can not be updated is left out with the reason', async () => {
    const app = await host(kind);
    const { call } = app;
    await begin(app, 'b');
    const names = ['a', 'b', 'plain', 'nobody', 'away'];
    const made = await campaign(app, { endpoints: { names }, maxAttempts: 1, concurrency: 2, stopAtFailureShare: 0.5 });
    expect(made).toMatchObject({ total: 2, leftOut: 3, settings: { maxAttempts: 1 }, createdBy: 'anna', firmwareVersion: '1.0' }); // prettier-ignore
    expect(made.leftOutEndpoints.map(({ endpoint, code }) => [endpoint, code])).toEqual([
      ['b', 'conflict'],
      ['plain', 'no-firmware-object'],
      ['nobody', 'unknown-endpoint'],
    ]);
    const { items } = (await call('GET', `${UPDATES}?campaign=${made.id}`)).body as { items: UpdateDetail[] };
    expect(items).toMatchObject([{ endpoint: 'away', firmwareVersion: '1.0', createdBy: 'anna' }, { endpoint: 'a' }]);
    expect((await call('GET', `${CAMPAIGNS}?state=RUNNING`)).body).toMatchObject({
      items: [{ id: made.id, total: 2 }],
    });
    expect((await call('POST', `${CAMPAIGNS}/${made.id}/retry`)).status).toBe(409);
    expect((await call('POST', `${CAMPAIGNS}/${made.id}/pause`)).body).toMatchObject({ state: 'PAUSED' });
    expect((await call('POST', `${CAMPAIGNS}/${made.id}/pause`)).status).toBe(409);
    expect((await call('POST', `${CAMPAIGNS}/${made.id}/resume`)).body).toMatchObject({ state: 'RUNNING' });
    const cancelled = await call('POST', `${CAMPAIGNS}/${made.id}/cancel`);
    expect(cancelled.body).toMatchObject({ state: 'CANCELLED', counts: { CANCELLED: 2 } });
    expect((await call('POST', `${CAMPAIGNS}/${made.id}/cancel`)).status).toBe(409);
    const csv = await call('GET', CAMPAIGNS, undefined, { accept: 'text/csv' });
    expect(csv.text).toContain('{""CANCELLED"":2}');
  });

  test('a campaign counts why its updates failed, and tries those once more', async () => {
    const app = await host(kind);
    const { call } = app;
    // Nothing is heard of them in time.
    const made = await campaign(app, { endpoints: { names: ['a', 'b'] }, concurrency: 1, contactSeconds: 1, maxDeferrals: 5 }); // prettier-ignore
    const id = made.id;
    await vi.waitFor(async () => expect((await call('GET', `${CAMPAIGNS}/${id}`)).body).toMatchObject({ state: 'FINISHED' }), { timeout: 10_000, interval: 50 }); // prettier-ignore
    expect((await call('GET', `${CAMPAIGNS}/${id}`)).body).toMatchObject({ counts: { FAILED: 2 }, failures: { 'no-contact': 2 } }); // prettier-ignore
    const [again, twice] = await Promise.all([call('POST', `${CAMPAIGNS}/${id}/retry`), call('POST', `${CAMPAIGNS}/${id}/retry`)]); // prettier-ignore
    expect([again.status, twice.status].sort()).toEqual([201, 409]);
    expect([again, twice].find(({ status }) => status === 201)?.body).toMatchObject({
      retryOf: id,
      name: 'c',
      total: 2,
      settings: { maxDeferrals: 5 },
    });
    await vi.waitFor(() => expect(app.streamed).toContainEqual(['firmwareCampaign', expect.objectContaining({ id, state: 'FINISHED', counts: { FAILED: 2 } })]), { timeout: 5_000 }); // prettier-ignore
  });

  test('what is needed still is known, and an endpoint that goes takes its updates back', async () => {
    const app = await host(kind);
    expect(await app.updates.inUse('app')).toBe(false);
    const { id } = await begin(app, 'a');
    const startAt = new Date(Date.now() + 3_600_000).toISOString();
    const later = await campaign(app, { endpoints: { all: true }, startAt });
    expect(later).toMatchObject({ state: 'SCHEDULED', startAt, total: 4, counts: { QUEUED: 4 } });
    expect(await app.updates.inUse('app')).toBe(true);
    await app.updates.release('a');
    expect((await app.call('GET', `${UPDATES}/${id}`)).body).toMatchObject({ phase: 'CANCELLED' });
    expect((await app.call('GET', `${CAMPAIGNS}/${later.id}`)).body).toMatchObject({ counts: { QUEUED: 3, CANCELLED: 1 } }); // prettier-ignore
  });
});

test('no update begins for an endpoint that is being removed, and one that was about to is taken back', async () => {
  const app = await host();
  const { call, updates } = app;
  const at = '/api/v1/endpoints/a/firmware-updates';
  const beginning = call('POST', at, { firmware: 'app' });
  const several = call('POST', CAMPAIGNS, { name: 'c', firmware: 'app', endpoints: { names: ['a', 'b'] } });
  await vi.waitFor(() => expect(app.asked).toHaveLength(2), { interval: 1 });
  await updates.release('a');
  await Promise.all([beginning, several]);
  expect((await call('POST', at, { firmware: 'app' })).status).toBe(404);
  const later = await campaign(app, { endpoints: { names: ['a', 'away'] } });
  expect(later).toMatchObject({ total: 1, leftOutEndpoints: [{ endpoint: 'a', code: 'unknown-endpoint' }] });
  const { items } = (await call('GET', `${UPDATES}?endpoint=a`)).body as { items: UpdateDetail[] };
  expect(items.length).toBeGreaterThan(0);
  for (const { phase } of items) expect(phase).toBe('CANCELLED');
  updates.released('a');
  await begin(app, 'a');
});

test('what can not be begun', async () => {
  const app = await host();
  const { call } = app;
  const at = (name: string): string => `/api/v1/endpoints/${name}/firmware-updates`;
  expect((await call('POST', at('nobody'), { firmware: 'app' })).status).toBe(404);
  expect((await call('POST', at('plain'), { firmware: 'app' })).status).toBe(422);
  expect((await call('POST', at('a'), { firmware: 'none' })).status).toBe(422);
  expect((await call('POST', at('a'), { firmware: 'lost' })).status).toBe(422);
  for (const wrong of [
    { delivery: 'mail' },
    { target: '/3/0' },
    { target: '/5/99999' },
    { blockSize: 17 },
    { maxAttempts: 0 },
    { linkedInstances: Array(65).fill(1) },
    { more: 1 },
  ]) {
    // prettier-ignore
    expect((await call('POST', at('a'), { firmware: 'app', ...wrong })).status, JSON.stringify(wrong)).toBe(400);
  }
  await begin(app, 'a');
  expect((await call('POST', at('a'), { firmware: 'app' })).status).toBe(409);
  const body = { name: 'c', firmware: 'app', endpoints: { names: ['plain'] } };
  const refused = await call('POST', CAMPAIGNS, body);
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('Objects 5, 9 and 33629');
  for (const wrong of [
    { name: ' ' },
    { stopAtFailureShare: 0 },
    { startAt: 'soon' },
    { endpoints: {} },
    { concurrency: 0 },
  ]) {
    // prettier-ignore
    expect((await call('POST', CAMPAIGNS, { ...body, ...wrong })).status, JSON.stringify(wrong)).toBe(400);
  }
  expect((await call('POST', CAMPAIGNS, { ...body, endpoints: { names: ['b'] }, firmware: 'none' })).status).toBe(422);
  expect((await call('GET', CAMPAIGNS)).body).toEqual({ items: [], nextCursor: null });
  for (const path of [`${UPDATES}/x`, `${CAMPAIGNS}/x`]) expect((await call('GET', path)).status).toBe(404);
  for (const path of [`${UPDATES}/x/cancel`, `${UPDATES}/x/retry`, `${CAMPAIGNS}/x/pause`, `${CAMPAIGNS}/x/retry`]) {
    expect((await call('POST', path)).status).toBe(404);
  }
});
