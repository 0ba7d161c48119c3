import { Code, CoapClient, formatCode } from '@flownexus/coap';
import { udpTransport } from '@flownexus/datagram';
import { Lwm2mDevice, type ObjectTree, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { expect, onTestFinished, test } from 'vitest';
import { UdpRelay } from '../support/udp-relay.ts';
import { BootstrapHost } from './bootstrap-host.ts';
import { LeshanHost, registry } from './leshan-host.ts';
import { SuiteClient } from './suite-client.ts';

const KEY = 'abcdefghijklmnop';
const EP = 'native_sim';
const CONTENT = { status: 'CONTENT(205)', valid: true, success: true, failure: false };
const CHANGED = { status: 'CHANGED(204)', valid: true, success: true, failure: false };

/** What Zephyr's device has beside the objects of the sample. */
function prepare(objects: ObjectTree): void {
  objects.set('/16/0/0', new Map([[0, 'a'], [1, 'b'], [2, 'c']])); // prettier-ignore
  objects.set('/19/0/0', new Map([[0, new Uint8Array(4_096).fill(0x5a)]]));
  objects.set('/3300/0/5700', 1.5);
  objects.set('/3300/0/5601', -2.25);
  objects.set('/3300/0/5750', 'test');
  objects.onExecute('/3300/0/5605', () => undefined);
  objects.onExecute('/3/0/12', () => undefined);
}

interface Session {
  readonly host: LeshanHost;
  readonly leshan: SuiteClient;
  readonly bootstrap: SuiteClient;
  readonly objects: ObjectTree;
}

/** A device that bootstraps over DTLS and registers over DTLS, with all that it needs set by calls. */
async function session(): Promise<Session> {
  const host = await LeshanHost.start();
  const bootstrapHost = await BootstrapHost.start();
  const leshan = new SuiteClient(host.url);
  const bootstrap = new SuiteClient(bootstrapHost.url);
  expect(await leshan.securityClients()).toEqual([]);
  expect(await bootstrap.securityClients()).toEqual([]);
  expect(await bootstrap.createPsk(EP, KEY)).toBeNull();
  expect(await leshan.createPsk(EP, KEY)).toBeNull();
  expect(await bootstrap.createBootstrapAccount(EP, `coaps://127.0.0.1:${String(host.coapsPort)}`, KEY)).toBeNull();

  const objects = zephyrSampleObjects(registry, { serialNumber: '1', lifetime: 300 });
  prepare(objects);
  objects.set('/0/0/0', `coaps://127.0.0.1:${String(bootstrapHost.address('coaps').port)}`);
  objects.set('/0/0/1', true);
  objects.set('/0/0/2', 0);
  objects.set('/0/0/3', new TextEncoder().encode(EP));
  objects.set('/0/0/5', new TextEncoder().encode(KEY));
  const device = new Lwm2mDevice({ endpointName: EP, objects, contentFormats: [112, 110, 11_542, 11_543, 60, 42, 0] });
  onTestFinished(() => device.close());
  await device.start();
  return { host, leshan, bootstrap, objects };
}

test('the session of a device that bootstraps: every call of the suite', async () => {
  const { host, leshan, bootstrap, objects } = await session();

  // Registration
  expect(await leshan.registration(EP)).toMatchObject({
    endpoint: EP,
    secure: true,
    lifetime: 86_400,
    bindingMode: 'U',
  });
  await expect(leshan.registration('nobody')).rejects.toThrow(`400 No registered client with id 'nobody'`);

  // Read
  expect(await leshan.read(EP, '3/0/0')).toEqual({
    ...CONTENT,
    content: { kind: 'singleResource', id: 0, type: 'STRING', value: 'Zephyr' },
  });
  expect(await leshan.readWithoutFormat(EP, '3/0/9')).toMatchObject({ content: { type: 'INTEGER', value: '95' } });
  expect(await leshan.read(EP, '1')).toMatchObject({ content: { kind: 'obj', instances: [{ id: 0 }] } });
  expect(await leshan.read(EP, '0/0/0')).toMatchObject({ status: 'UNAUTHORIZED(401)', success: false });

  // Write, update, replace
  // The Default Minimum Period: later on nothing waits for it.
  expect(await leshan.write(EP, '1/0/2', [0, 'integer'])).toEqual(CHANGED);
  expect(await leshan.write(EP, '1/0/6', [true, 'boolean'])).toEqual(CHANGED);
  expect(await leshan.write(EP, '3/0/13', [1_700_000_000_000, 'time'])).toEqual(CHANGED);
  expect(await leshan.write(EP, '16/0/0/1', ['x', 'string'])).toEqual(CHANGED);
  expect(await leshan.write(EP, '3/0/0', ['x', 'string'])).toMatchObject({ status: 'METHOD_NOT_ALLOWED(405)' });
  expect([objects.content('/1/0/2'), objects.content('/1/0/6'), objects.content('/3/0/13')]).toEqual([
    0,
    true,
    1_700_000_000,
  ]);
  const texts = (values: object): object[] => [{ id: 0, kind: 'multiResource', values, type: 'string' }];
  expect(await leshan.writeInstance(EP, '16/0', texts({ 3: 'd' }), false)).toEqual(CHANGED);
  expect(objects.content('/16/0/0')).toEqual(new Map([[0, 'a'], [1, 'x'], [2, 'c'], [3, 'd']])); // prettier-ignore
  expect(await leshan.writeInstance(EP, '16/0', texts({ 0: 'only' }), true)).toEqual(CHANGED);
  expect(objects.content('/16/0/0')).toEqual(new Map([[0, 'only']]));

  // Create, execute, delete
  const created = await leshan.create(EP, '16/1', texts({ 0: 'new' }));
  expect(created).toEqual({ status: 'CREATED(201)', valid: true, success: true, failure: false, location: '/16/1' });
  expect(await leshan.execute(EP, '3/0/12')).toEqual(CHANGED);
  expect(await leshan.delete(EP, '16/1')).toMatchObject({ status: 'DELETED(202)' });

  // Attributes
  expect(await leshan.attributes(EP, '3/0/7', 'pmin=10&pmax=200')).toEqual(CHANGED);
  expect(await leshan.discover(EP, '3/0/7')).toMatchObject({
    objectLinks: [{ url: '/3/0/7', attributes: { dim: '2', pmin: '10', pmax: '200' } }, {}, {}],
  });
  expect(await leshan.attributes(EP, '3/0/7', 'pmin&pmax')).toEqual(CHANGED);

  // Composites
  leshan.format = 'SENML_CBOR';
  const read = (await leshan.compositeRead(EP, ['1/0/1', '3/0/9', '3303/9'])) as { content: object };
  expect(read).toMatchObject({ ...CONTENT, content: { '/1/0/1': { value: '86400' }, '/3/0/9': { value: '95' } } });
  expect(Object.keys(read.content)).toEqual(['/1/0/1', '/3/0/9']);
  const written = await leshan.compositeWrite(EP, {
    '/1/0/3': { id: 3, kind: 'singleResource', value: 500, type: 'integer' },
    '/16/0/0': { id: 0, kind: 'multiResource', values: { 0: 'by composite' }, type: 'string' },
  });
  expect(written).toEqual(CHANGED);
  expect([objects.content('/1/0/3'), objects.content('/16/0/0/0')]).toEqual([500, 'by composite']);

  // Observe, its events and its ends
  const events = await leshan.events(EP);
  expect(await leshan.observe(EP, '3/0/9')).toMatchObject({ ...CONTENT, content: { value: '95' } });
  objects.set('/3/0/9', 80);
  const single = { ep: EP, kind: 'single', res: '/3/0/9', val: { value: '80' } };
  expect(await events.next('NOTIFICATION')).toMatchObject(single);
  expect(await leshan.cancel(EP, '3/0/9')).toMatchObject({ ...CONTENT, content: { value: '80' } });
  await expect(leshan.cancel(EP, '3/0/9')).rejects.toThrow('404');
  await leshan.observe(EP, '3/0/9');
  expect(await leshan.passiveCancel(EP, '3/0/9')).toBeNull();
  const resets = host.server.statistics.coap.resetsSent;
  objects.set('/3/0/9', 70);
  await expect.poll(() => host.server.statistics.coap.resetsSent).toBe(resets + 1);
  expect(await leshan.compositeObserve(EP, ['1/0/3', '3/0/9'])).toMatchObject({
    content: { '/3/0/9': { value: '70' } },
  });
  objects.set('/3/0/9', 60);
  expect(await events.next('NOTIFICATION')).toMatchObject({
    ep: EP,
    kind: 'composite',
    val: { '/1/0/3': { value: '500' }, '/3/0/9': { value: '60' } },
    paths: ['/1/0/3', '/3/0/9'],
  });
  expect(await leshan.cancelComposite(EP, ['1/0/3', '3/0/9'])).toMatchObject(CONTENT);
  await leshan.compositeObserve(EP, ['1/0/3', '3/0/9']);
  expect(await leshan.passiveCancelComposite(EP, ['1/0/3', '3/0/9'])).toBeNull();

  // The ends of it
  expect(await leshan.deleteDevice(EP)).toBeNull();
  expect(await events.next('DEREGISTRATION')).toMatchObject({ endpoint: EP });
  expect(await leshan.deleteDevice(EP)).toEqual({ message: 'not_found' });
  expect(await bootstrap.deleteDevice(EP)).toBeNull();
  expect(await bootstrap.deleteBootstrapAccount(EP)).toBeNull();
  await expect(bootstrap.deleteBootstrapAccount(EP)).rejects.toThrow('404');
  expect(host.errors).toEqual([]);
});

test('bodies of several blocks in both directions', async () => {
  const { leshan, objects } = await session();
  for (const format of ['TLV', 'SENML_CBOR']) {
    leshan.format = format;
    expect(await leshan.read(EP, '19/0')).toMatchObject({
      content: { resources: [{ id: 0, kind: 'multiResource', type: 'OPAQUE', values: { 0: '5a'.repeat(4_096) } }] },
    });
  }
  leshan.format = 'OPAQUE';
  expect(await leshan.write(EP, '19/0/0/0', ['ab'.repeat(5_000), 'opaque'])).toEqual(CHANGED);
  expect(objects.content('/19/0/0/0')).toEqual(new Uint8Array(5_000).fill(0xab));
});

test.each([
  ['TLV', ['5700', '5601', '5750']],
  ['JSON', ['5700', '5601', '5750']],
  ['SENML_CBOR', ['5700', '5601', '5750']],
  ['SENML_JSON', ['5700', '5601', '5750']],
  ['TEXT', ['5700', '5601', '5750']],
  ['CBOR', ['5700', '5601', '5750']],
])('values of an Object in %s have the types of its definition', async (format, resources) => {
  const { leshan } = await session();
  leshan.format = format;
  const values: unknown[] = [];
  for (const resource of resources) {
    const { content } = (await leshan.read(EP, `3300/0/${resource}`)) as { content: { type: string; value: unknown } };
    values.push([content.type, content.value]);
  }
  // A float is a number of JSON, however it came.
  expect(values).toEqual([
    ['FLOAT', 1.5],
    ['FLOAT', -2.25],
    ['STRING', 'test'],
  ]);
});

test('a Send of 4 KiB is an event', async () => {
  const host = await LeshanHost.start();
  const client = await host.device(EP, { blockSize: 512 }, prepare);
  const events = await new SuiteClient(host.url).events(EP);
  await client.send(['/19/0']);
  expect(await events.next('SEND')).toMatchObject({
    ep: EP,
    val: { '/19/0/0': { kind: 'multiResource', type: 'OPAQUE', values: { 0: '5a'.repeat(4_096) } } },
  });
});

test('a device in queue mode gets what is asked when it wakes', async () => {
  const host = await LeshanHost.start({}, { awakeTimeMs: 100 });
  const client = await host.device(EP, { queueMode: { awakeTimeMs: 2_000 } });
  const leshan = new SuiteClient(host.url);
  await expect.poll(() => leshan.registration(EP)).toMatchObject({ sleeping: true });
  const write = leshan.write(EP, '1/0/2', [7, 'integer']);
  const observed = leshan.observe(EP, '3/0/9');
  await client.update();
  expect(await write).toEqual(CHANGED);
  expect(await observed).toMatchObject(CONTENT);
  await client.update();
  expect(await leshan.cancel(EP, '3/0/9')).toMatchObject(CONTENT);
});

test('a write in blocks that timed out is given up, and a new one goes through', async () => {
  const host = await LeshanHost.start();
  const relay = await UdpRelay.start(host.coapPort);
  const client = await host.device(EP, { server: relay.address }, prepare);
  const leshan = new SuiteClient(host.url);
  leshan.format = 'OPAQUE';
  leshan.timeout = 0.5;
  let passed = 0;
  relay.passes = () => (passed += 1) <= 4;
  await expect(leshan.write(EP, '19/0/0/0', ['01'.repeat(5_000), 'opaque'])).rejects.toThrow('504 Request timeout');
  relay.passes = () => true;
  leshan.timeout = 10;
  expect(await leshan.write(EP, '19/0/0/0', ['02'.repeat(5_000), 'opaque'])).toEqual(CHANGED);
  expect(client.objects.content('/19/0/0/0')).toEqual(new Uint8Array(5_000).fill(2));
});

test('without security a registration can be ended from any address, and with a credential there is none', async () => {
  const host = await LeshanHost.start();
  const client = await host.device(EP);
  const leshan = new SuiteClient(host.url);
  const other = new CoapClient({ transport: udpTransport({ port: 0 }) });
  onTestFinished(() => other.close());
  const uri = `coap://127.0.0.1:${String(host.coapPort)}/rd`;
  const ended = await other.request(`${uri}/${client.registrationId ?? ''}`, { method: Code.DELETE });
  expect(formatCode(ended.code)).toBe('2.02');
  await expect(leshan.registration(EP)).rejects.toThrow('400 No registered client');
  await leshan.createPsk(EP, KEY);
  const payload = new TextEncoder().encode('</3/0>');
  const refused = await other.request(`${uri}?ep=${EP}&lwm2m=1.1&lt=60`, {
    method: Code.POST,
    contentFormat: 40,
    payload,
  });
  expect(formatCode(refused.code)).toMatch(/^4\.0[03]$/);
});
