import { EventLog, Lwm2mClient, ObjectTree, SystemLog, SystemLogLevel } from '@flownexus/lwm2m-client';
import { systemClock } from '@flownexus/datagram';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.ts';
import { type BlackBox, sharedBlackBox, soon, TOKEN } from './black-box.ts';

const registry = await ObjectRegistry.bundled();
const box = sharedBlackBox();

interface Entry {
  readonly message: string | null;
  readonly [name: string]: unknown;
}

/** A device with an Event Log and a System Log that has registered. */
async function loggingDevice(at: BlackBox, name: string) {
  const objects = new ObjectTree(registry);
  objects.set('/3/0/0', 'maker');
  objects.set('/1/0/0', 1);
  objects.set('/1/0/1', 60);
  const eventLog = new EventLog(objects, systemClock, { dataFormat: 4 });
  const systemLog = new SystemLog(objects);
  const client = new Lwm2mClient({
    endpointName: name,
    objects,
    lifetime: 60,
    server: { host: '127.0.0.1', port: at.app.coapPort },
  });
  onTestFinished(() => client.close());
  onTestFinished(eventLog.connect((values) => client.send(values)));
  await client.start();
  await vi.waitFor(async () => expect(await at.endpoint(name)).toMatchObject({ registered: true }), soon);
  return { client, objects, eventLog, systemLog };
}

async function entries(at: BlackBox, name: string, query = ''): Promise<readonly Entry[]> {
  return (await at.get<{ items: readonly Entry[] }>(`/api/v1/endpoints/${name}/logs${query}`)).items;
}

async function post(at: BlackBox, name: string, action: string, body: object): Promise<void> {
  const { status, text } = await at.call('POST', `/api/v1/endpoints/${name}/logs/${action}?wait=10`, body);
  expect(status, text).toBe(200);
  expect(JSON.parse(text)).not.toMatchObject({ operations: [{ state: 'FAILED' }] });
}

test('an Event Log is started, read and stopped, and what it says is shown with its time', async () => {
  const { eventLog } = await loggingDevice(box(), 'event-log');
  const status = () => box().get<object>('/api/v1/endpoints/event-log/logs/status?log=/20/0&wait=10');
  expect(await status()).toMatchObject({ status: { running: false, hasData: false } });
  await post(box(), 'event-log', 'start', { log: '/20/0', logClass: 1 });
  eventLog.log('<14>1 2026-01-02T03:04:05Z meter app - - - boot ok');
  expect(await status()).toMatchObject({ status: { running: true, hasData: true, failed: false } });
  await post(box(), 'event-log', 'read', { log: '/20/0' });
  const shown = { path: '/20/0/4014', source: 'read', level: 'info', module: 'app', message: 'boot ok', time: '2026-01-02T03:04:05.000Z' }; // prettier-ignore
  expect(await entries(box(), 'event-log')).toMatchObject([shown]);
  await post(box(), 'event-log', 'stop', { log: '/20/0', clear: true });
  expect(await status()).toMatchObject({ status: { running: false, hasData: false } });
  // It is no value a second time; its format is.
  expect(await box().values('event-log', '/20/0/4014')).toEqual([]);
  expect(await box().values('event-log', '/20/0/4015')).toMatchObject([{ value: 4 }]);
});

test('increments that a device sends appear live', async () => {
  const { eventLog } = await loggingDevice(box(), 'increments');
  const stream = await openEventStream(box().app.httpUrl, '?endpoint=increments', { authorization: `Bearer ${TOKEN}` });
  await post(box(), 'increments', 'increments', { log: '/20/0', everySeconds: 1 });
  eventLog.log('<11>1 - meter net - - - no carrier');
  for (;;) {
    const { event, data } = await stream.next();
    if (event !== 'log') continue;
    expect(data).toMatchObject({ endpoint: 'increments', path: '/20/0/4016', source: 'send', level: 'error', module: 'net', message: 'no carrier' }); // prettier-ignore
    break;
  }
  expect(await entries(box(), 'increments', '?level=error')).toMatchObject([{ message: 'no carrier' }]);
});

test('a System Log is read, all of it and since the last time', async () => {
  const { systemLog } = await loggingDevice(box(), 'system-log');
  await post(box(), 'system-log', 'start', { log: '/10259/0', level: 'debug' });
  systemLog.log('<12>Oct 11 22:14:15 meter app: battery is low', SystemLogLevel.WARNING);
  await post(box(), 'system-log', 'read', { log: '/10259/0', sinceLast: true });
  systemLog.log('<15>Oct 11 22:14:16 meter app: tick', SystemLogLevel.DEBUG);
  await post(box(), 'system-log', 'read', { log: '/10259/0', sinceLast: true });
  expect(await entries(box(), 'system-log', '?order=asc')).toMatchObject([
    { level: 'warning', message: 'battery is low' },
    { level: 'debug', message: 'tick' },
  ]);
});

test.each([
  ['start', { log: '/3/0' }, 'log'],
  ['start', { log: '/20/0', level: 'debug' }, 'log'],
  ['start', { log: '/10259/0', append: true }, 'log'],
  ['start', { log: 'x' }, 'body.log'],
  ['stop', { log: '/10259/0', clear: true }, 'log'],
  ['read', { log: '/3/0/0' }, 'log'],
  ['increments', { log: '/10259/0', everySeconds: 1 }, 'log'],
  ['increments', { log: '/20/0', everySeconds: -1 }, 'body.everySeconds'],
])('%s of %j is refused, and nothing is queued', async (action, body, path) => {
  const at = '/api/v1/endpoints/event-log';
  const before = await box().get(`${at}/operations`);
  expect(await box().call('POST', `${at}/logs/${action}`, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } }); // prettier-ignore
  expect(await box().get(`${at}/operations`)).toEqual(before);
});

test('an endpoint that is not known is asked nothing, and what is deleted takes its log along', async () => {
  const { client, eventLog } = await loggingDevice(box(), 'deleted');
  expect(await box().call('POST', '/api/v1/endpoints/nobody/logs/stop', { log: '/20/0' })).toMatchObject({ status: 404 }); // prettier-ignore
  await post(box(), 'deleted', 'start', { log: '/20/0' });
  eventLog.log('boot ok');
  await post(box(), 'deleted', 'read', { log: '/20/0/4014' });
  const { text } = await box().call('GET', '/api/v1/endpoints/deleted/export');
  expect(text).toMatch(/\{"kind":"log",.*"message":"boot ok"/);
  await client.close();
  expect(await box().call('DELETE', '/api/v1/endpoints/deleted')).toMatchObject({ status: 204 });
  expect(await box().get('/api/v1/logs?endpoint=deleted')).toEqual({ items: [], nextCursor: null });
});

// The last one: the app is another afterwards.
test('what is read when a device comes back, after a restart of the app, is shown', { timeout: 120_000 }, async () => {
  const { client, objects, eventLog } = await loggingDevice(box(), 'away');
  await post(box(), 'away', 'start', { log: '/20/0' });
  eventLog.log('boot ok');
  await client.close();
  const { status, body } = await box().call('POST', '/api/v1/endpoints/away/logs/read', { log: '/20/0' });
  expect({ status, body }).toMatchObject({ status: 202, body: { operations: [{ state: 'QUEUED', kind: 'read' }] } });
  const restarted = await box().killAndStart();
  await restarted.registered('away', { objects });
  await vi.waitFor(async () => expect(await entries(restarted, 'away')).toMatchObject([{ message: 'boot ok' }]), soon);
});
