import { Code, MessageType, OptionNumber, uintOption } from '@flownexus/coap';
import { encodePayload, ObjectRegistry, parsePath } from '@flownexus/lwm2m-core';
import { expect, test, vi } from 'vitest';
import { sharedBlackBox, soon } from './black-box.ts';

const app = sharedBlackBox();

const TEMPERATURE = 24.899181214836236;
const FORMATS = [112, 110, 60, 11542, 0];

test('health passes as soon as the app says that it runs', async () => {
  const box = app();
  for (const path of ['/healthz', '/healthz/live', '/healthz/ready', '/api/v1/health']) {
    expect(await box.call('GET', path, undefined, {}), path).toMatchObject({ status: 200, body: { status: 'pass' } });
  }
});

test('a device registers, is shown with its address and lifetime, and read', async () => {
  const box = app();
  const before = Date.now();
  const device = await box.rawDevice();
  const location = await device.register('urn:imei:100000000000000', {}, '</3/0>');
  expect(location[0]).toBe('rd');
  await vi.waitFor(async () => {
    expect(await box.endpoint('urn:imei:100000000000000')).toMatchObject({
      registered: true,
      address: `127.0.0.1:${String(device.port)}`,
      lifetime: 60,
      lwm2mVersion: '1.1',
    });
  }, soon);
  const { lastUpdated } = await box.endpoint('urn:imei:100000000000000');
  expect(Date.parse(String(lastUpdated))).toBeGreaterThanOrEqual(before);

  await box.registered('sample');
  await vi.waitFor(async () => {
    expect(await box.endpoint('sample')).toMatchObject({
      manufacturer: 'Zephyr',
      modelNumber: 'OMA-LWM2M Sample Client',
      serialNumber: '345000123',
      firmwareVersion: '1.0',
    });
  }, soon);
  const voltages = await box.valuesWhen('sample', '/3/0/7', 2);
  expect(voltages.map(({ path, value }) => [path, value])).toEqual([
    ['/3/0/7/0', 3800],
    ['/3/0/7/1', 5000],
  ]);
});

test('a double is the same in every format, and two instances are two series', async () => {
  const box = app();
  const device = await box.rawDevice();
  await device.register('formats', {}, '</3303/0>,</3303/1>');
  const observed = new Map<string, Uint8Array>();
  while (observed.size < 2) {
    const request = await device.request();
    const path = request.options.filter(({ number }) => number === OptionNumber.URI_PATH).map(({ value }) => Buffer.from(value).toString()).join('/'); // prettier-ignore
    const observe = /^3303\/[01]\/5700$/.test(path) && uintOption(request.options, OptionNumber.OBSERVE) === 0;
    if (observe) {
      observed.set(path, request.token);
      device.answer(request, { code: Code.CONTENT, options: { observe: 1, contentFormat: 0 }, payload: '1.5' });
    } else device.answer(request, { code: Code.NOT_FOUND });
  }
  const registry = await ObjectRegistry.bundled();
  const path = parsePath('/3303/0/5700');
  const node = { kind: 'singleResource', id: 5700, type: 'float', value: TEMPERATURE } as const;
  for (const [index, contentFormat] of FORMATS.entries()) {
    const payload = contentFormat === 0 ? String(TEMPERATURE) : encodePayload(node, contentFormat, path, registry);
    const sent = { code: Code.CONTENT, options: { observe: index + 2, contentFormat }, payload };
    expect(await device.send(sent, observed.get('3303/0/5700'))).toMatchObject({ type: MessageType.ACK });
  }
  // Acknowledged is stored.
  const values = await box.values('formats', '/3303/0/5700');
  expect(values.map(({ value }) => value)).toEqual([1.5, ...FORMATS.map(() => TEMPERATURE)]);
  expect((await box.values('formats', '/3303/1/5700')).map(({ value }) => value)).toEqual([1.5]);
  const listed = await box.get<{ value: number; resource_type: string }[]>('/leshan_api/data/temperature/');
  expect(listed.filter(({ value }) => value === TEMPERATURE)).toHaveLength(FORMATS.length);
  expect(new Set(listed.map((row) => row.resource_type))).toEqual(new Set(['temperature']));
});

test('Update, De-register and expiry are rows of the registration history', async () => {
  const box = app();
  const device = await box.rawDevice();
  const location = await device.register('history', {}, '</3/0>');
  const update = { code: Code.POST, options: { path: location } };
  const before = Math.floor(Date.now() / 1000);
  expect(await device.send(update)).toMatchObject({ code: Code.CHANGED });
  const updates = await box.valuesWhen('history', '/10240/0/2', 1);
  expect(Number(updates[0]?.['value'])).toBeGreaterThanOrEqual(before);
  expect(await box.endpoint('history')).toMatchObject({ registered: true });

  expect(await device.send({ code: Code.DELETE, options: { path: location } })).toMatchObject({ code: Code.DELETED });
  expect(await box.valuesWhen('history', '/10240/0/1', 1)).toHaveLength(1);
  expect(await box.endpoint('history')).toMatchObject({ registered: false });
  expect(await box.values('history', '/10240/0/0')).toHaveLength(1);
});

test('a registration from another port without De-register: online at the end, observed again', async () => {
  const box = app();
  const { client: first } = await box.registered('moved');
  await vi.waitFor(() => expect(first.observations).toBeGreaterThan(0), soon);
  await first.close();
  const { client: second } = await box.registered('moved');
  await vi.waitFor(() => expect(second.observations).toBeGreaterThan(0), soon);
  expect(await box.endpoint('moved')).toMatchObject({ registered: true, address: `127.0.0.1:${String(second.localAddress?.port)}` }); // prettier-ignore
  expect(await box.values('moved', '/10240/0/1')).toEqual([]);
  expect(await box.values('moved', '/10240/0/0')).toHaveLength(2);
});

test('a reboot ends in one registration with its whole history', async () => {
  const box = app();
  const { client, objects } = await box.registered('rebooting');
  await box.valuesWhen('rebooting', '/3303/0/5700', 1);
  expect(await box.call('POST', '/api/clients/rebooting/3/0/4')).toMatchObject({
    status: 200,
    body: { status: 'CHANGED(204)' },
  });
  await box.valuesWhen('rebooting', '/10240/0/0', 2);
  await vi.waitFor(() => expect(client.observations).toBeGreaterThan(0), soon);
  objects.set('/3303/0/5700', 99);
  await vi.waitFor(async () => {
    const values = (await box.values('rebooting', '/3303/0/5700')).map(({ value }) => value);
    expect(values).toEqual(expect.arrayContaining([22.5, 99]));
  }, soon);
  const registered = await box.get<{ endpoint: string }[]>('/api/clients');
  expect(registered.filter(({ endpoint }) => endpoint === 'rebooting')).toHaveLength(1);
});

test.each([['a/b'], ['"><script>alert(1)</script>'], ['ü'.repeat(126)], ['with%2Fpercent'], ["o'clock; DROP TABLE"]])(
  'the endpoint name %j is shown, read and operated like any other',
  async (name) => {
    const box = app();
    const { objects } = await box.registered(name);
    expect(await box.endpoint(name)).toMatchObject({ name });
    await box.valuesWhen(name, '/3303/0/5700', 1);
    const written = await box.call('PUT', `/api/clients/${encodeURIComponent(name)}/3/0/14`, { id: 14, kind: 'singleResource', type: 'STRING', value: '+02:00' }); // prettier-ignore
    expect(written).toMatchObject({ status: 200, body: { status: 'CHANGED(204)' } });
    expect(objects.content('/3/0/14')).toBe('+02:00');
  },
);
