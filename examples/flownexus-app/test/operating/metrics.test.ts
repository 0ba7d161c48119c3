import { Lwm2mBootstrapServer, Lwm2mServer } from '@flownexus/lwm2m-server';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { route } from '../../src/http/route.ts';
import { DatabaseWatch } from '../../src/operating/database-watch.ts';
import { HttpMetrics } from '../../src/operating/http-metrics.ts';
import { Metrics } from '../../src/operating/metrics.ts';
import { observeRequests } from '../../src/operating/request-log.ts';
import { FleetStatistics } from '../../src/statistics/fleet-statistics.ts';
import { addEndpoints } from '../support/endpoint-rows.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testHttpApp } from '../support/test-http-app.ts';

const log = pino({ level: 'silent' });

/** The samples of a text in the format of Prometheus, by name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))])); // prettier-ignore
}

async function testMetrics(database: Awaited<ReturnType<typeof testDatabase>>) {
  const objects = await ObjectRegistry.bundled();
  const server = new Lwm2mServer({ endpoints: [], objects });
  const bootstrap = new Lwm2mBootstrapServer({ endpoints: [], objects, configurations: { get: () => undefined } });
  const statistics = new FleetStatistics({ database, refused: { count: 2 }, lwm2m: () => server.statistics });
  const metrics = new Metrics({
    version: '1.2.3',
    database,
    watch: new DatabaseWatch({ database }),
    statistics,
    devices: () => ({
      lwm2m: { ...server.statistics, registrations: 7, sends: 3 },
      bootstrap: bootstrap.statistics,
      dtls: { lwm2m: undefined, bootstrap: undefined },
    }),
    log,
  });
  return { metrics, statistics };
}

onEachDatabase('metrics', (kind) => {
  test('tell of devices, of what is stored and of the database', async () => {
    const database = await testDatabase(kind);
    const { metrics, statistics } = await testMetrics(database);
    await addEndpoints(database, { endpoint: 'secret-name' }, { endpoint: 'b', registered: 0, admission: 'held' });
    const batch = { endpoint: 'secret-name', receivedAt: 1, source: 'observe', records: [] } as const;
    statistics.count([{ batch, values: [{ seriesId: 1, time: 1, id: 1 }], refused: 0, events: [] }]);
    const submit = database.commits.lane<string>({ name: 'values', maxWeight: 1, write: () => Promise.resolve() });
    await submit('a');
    const text = await metrics.text();
    const found = samples(text);
    expect(Object.fromEntries(found)).toMatchObject({
      [`flownexus_info{version="1.2.3",database="${kind}"}`]: 1,
      flownexus_lwm2m_registrations: 7,
      'flownexus_lwm2m_sends_total{server="lwm2m"}': 3,
      'flownexus_coap_datagrams_received_total{server="bootstrap"}': 0,
      flownexus_database_up: 1,
      'flownexus_endpoints{state="total"}': 2,
      'flownexus_endpoints{state="held"}': 1,
      'flownexus_operations{state="queued"}': 0,
      flownexus_webhook_deliveries_waiting: 0,
      flownexus_stored_values_total: 1,
      flownexus_refused_values_total: 2,
      'flownexus_commit_waiting{lane="values"}': 0,
      flownexus_commits_total: 1,
      flownexus_commit_items_total: 1,
    });
    expect(found.get('flownexus_database_size_bytes')).toBeGreaterThan(10_000);
    expect(found.get('flownexus_commit_last_duration_seconds')).toBeGreaterThan(0);
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    // Devices choose their names, and there is no end of them.
    expect(text).not.toContain('secret-name');
    // DTLS does not listen here.
    expect([...found.keys()].filter((name) => name.startsWith('flownexus_dtls'))).toEqual([]);
    // Counted again, not added up.
    expect(samples(await metrics.text()).get('flownexus_stored_values_total')).toBe(1);
  });

  test('are given while the database is away, too', async () => {
    const database = await testDatabase(kind);
    const { metrics } = await testMetrics(database);
    // A connection that is not open yet would be opened anew.
    await metrics.text();
    await database.close();
    const found = samples(await metrics.text());
    expect(found.get('flownexus_database_up')).toBe(0);
    expect(found.get('flownexus_lwm2m_registrations')).toBe(7);
    expect(found.has('flownexus_database_size_bytes')).toBe(false);
    expect(found.has('flownexus_database_latency_seconds')).toBe(false);
  });
});

test('every name is as Prometheus wants it', async () => {
  const { metrics } = await testMetrics(await testDatabase());
  const types = [...(await metrics.text()).matchAll(/^# TYPE (flownexus_\S+) (\w+)$/gm)];
  expect(types.length).toBeGreaterThan(50);
  for (const [, name = '', type] of types) {
    expect(name).toMatch(/^flownexus(_[a-z0-9]+)+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
  }
});

test('requests over HTTP are counted by route, and addresses that anybody can make up as one', async () => {
  const things = route({
    method: 'get',
    path: '/api/v1/things/{name}',
    operationId: 'getThing',
    summary: 'One',
    tag: 'Test',
    access: 'read',
    params: z.object({ name: z.string() }),
    answers: {},
    handle: ({ params }) => ({ body: params }),
  });
  const { metrics } = await testMetrics(await testDatabase());
  const lines: string[] = [];
  const requestLog = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const mounts = [{ path: '/api', handler: (_: unknown, __: unknown, next: () => void) => next() }];
  const { get, call } = await testHttpApp({
    routes: [things, metrics.route],
    mounts,
    observe: (routes) => observeRequests({ metrics: new HttpMetrics({ registry: metrics.registry, routes, mounts }), log: requestLog }), // prettier-ignore
  });
  await get('/api/v1/things/a');
  await get('/api/v1/things/b');
  await get('/api/v1/things/b?x=1');
  await get('/api/v1/things/b', { 'x-permissions': 'none' });
  await get('/api/v1/made-up');
  await get('/made/up');
  await get('//media/firmware/a/b.bin');
  await call('PROPFIND', '/made/up');
  const answer = await get('/metrics');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const found = [...samples(answer.text)].filter(([name]) => name.startsWith('flownexus_http_requests_total'));
  expect(Object.fromEntries(found)).toEqual({
    'flownexus_http_requests_total{method="GET",route="/api/v1/things/{name}",status="200"}': 2,
    'flownexus_http_requests_total{method="GET",route="/api/v1/things/{name}",status="400"}': 1,
    'flownexus_http_requests_total{method="GET",route="/api/v1/things/{name}",status="401"}': 1,
    'flownexus_http_requests_total{method="GET",route="/api",status="404"}': 1,
    'flownexus_http_requests_total{method="GET",route="page",status="503"}': 1,
    'flownexus_http_requests_total{method="GET",route="/media/firmware",status="503"}': 1,
    'flownexus_http_requests_total{method="other",route="page",status="404"}': 1,
  });
  expect(samples(answer.text).get('flownexus_http_request_duration_seconds_count{method="GET",route="/api/v1/things/{name}"}')).toBe(4); // prettier-ignore
  expect(samples(answer.text).get('flownexus_http_requests_in_progress')).toBe(1);
  const first = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(first).toMatchObject({ method: 'GET', url: '/api/v1/things/a', status: 200, msg: 'request' });
  expect(first['requestId']).toMatch(/^[\w-]+$/);
  expect((await get('/metrics', { 'x-permissions': 'none' })).status).toBe(401);
  expect((await get('/metrics', { 'x-permissions': 'ingest' })).status).toBe(403);
  expect((await call('HEAD', '/metrics')).status).toBe(200);
});
