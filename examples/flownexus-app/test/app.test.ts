import type { Lwm2mClient } from '@flownexus/lwm2m-client';
import { expect, test, vi } from 'vitest';
import type { FlowNexus } from '../src/app.ts';
import { StartError } from '../src/start-error.ts';
import { eventually, startDevice, startTestApp, testDevice } from './support/test-app.ts';

const startPlainDevice = async (app: FlowNexus, endpointName: string): Promise<Lwm2mClient> =>
  startDevice(await testDevice(endpointName, { server: app.coapAddress }));

test('a device that registers is listed, read and observed', async () => {
  const { app, endpoint, endpoints, values } = await startTestApp();
  const before = Math.floor(Date.now() / 1000);
  const name = 'urn:imei:100000000000000';
  const client = await startPlainDevice(app, name);

  await vi.waitFor(async () => expect((await endpoint(name))?.firmwareVersion).toBe('1.0'), eventually);
  expect(await endpoints()).toMatchObject([
    {
      name,
      registered: true,
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      lifetime: 300,
      lwm2mVersion: '1.1',
      bindingMode: 'U',
      queueMode: false,
      demo: false,
      security: 'none',
      manufacturer: 'Zephyr',
      modelNumber: 'OMA-LWM2M Sample Client',
      serialNumber: '345000123',
      firmwareVersion: '1.0',
    },
  ]);
  const event = (await values(name, '/10240/0/0'))[0];
  expect(event).toMatchObject({ name: 'ep_registered', type: 'TIME', source: 'register' });
  expect(event?.value).toBeGreaterThanOrEqual(before);
  expect((await values(name, '/3/0/7')).map(({ path, value, source }) => [path, value, source])).toEqual([
    ['/3/0/7/0', 3800, 'read'],
    ['/3/0/7/1', 5000, 'read'],
  ]);

  // The answer that establishes the observation is a value like any other.
  const temperatures = async () => (await values(name, '/3303/0/5700')).map(({ value }) => value);
  await vi.waitFor(async () => expect(await temperatures()).toEqual([21.5]), eventually);
  client.objects.set('/3303/0/5700', 24.899181214836236);
  await vi.waitFor(async () => expect(await temperatures()).toEqual([21.5, 24.899181214836236]), eventually);
  expect((await values(name, '/3303/0/5700'))[1]).toMatchObject({
    name: 'temperature',
    type: 'FLOAT',
    source: 'observe',
  });
  // The registry gives this Resource no unit: the sensor itself says what it measures in.
  await vi.waitFor(
    async () => expect((await values(name, '/3303/0/5700')).map(({ units }) => units)).toEqual(['Cel', 'Cel']),
    eventually,
  );
  expect(await values(name, '/3303/0/5701')).toMatchObject([{ value: 'Cel', units: null, source: 'read' }]);
  expect(await values(name, '/5/0')).toHaveLength(2);

  await client.update();
  expect(await values(name, '/10240/0/2')).toHaveLength(1);
  expect(await endpoint(name)).toMatchObject({ registered: true });

  await client.stop();
  expect(await endpoint(name)).toMatchObject({ registered: false });
  expect(await values(name, '/10240/0/1')).toHaveLength(1);
});

test('a sensor that comes with an Update is observed, and asked what it measures in', async () => {
  const { app, values } = await startTestApp();
  const client = await startPlainDevice(app, 'a');
  client.objects.set('/3303/1/5700', 20);
  client.objects.set('/3303/1/5701', 'Far');
  await client.update();
  await vi.waitFor(
    async () => expect(await values('a', '/3303/1/5700')).toMatchObject([{ value: 20, units: 'Far' }]),
    eventually,
  );
  expect(await values('a', '/3303/0/5701')).toHaveLength(1);
});

test('a device that registers anew is registered at the end, and was never de-registered', async () => {
  const { app, endpoint, values } = await startTestApp();
  const first = await startPlainDevice(app, 'a/b');
  await first.close();
  await startPlainDevice(app, 'a/b');
  expect(await endpoint('a/b')).toMatchObject({ registered: true });
  expect(await values('a/b', '/10240/0/0')).toHaveLength(2);
  expect(await values('a/b', '/10240/0/1')).toHaveLength(0);
});

test('after a restart the data is there, and the endpoint is registered still', async () => {
  const first = await startTestApp();
  const client = await startPlainDevice(first.app, 'a');
  await client.close();
  await first.app.stop();
  const second = await startTestApp({ dataDirectory: first.config.dataDirectory });
  expect(await second.endpoint('a')).toMatchObject({ registered: true });
  expect((await second.values('a', '/3303/0/5700')).length).toBeGreaterThan(0);
  expect(await second.values('a', '/10240/0/1')).toEqual([]);
});

test('a data directory takes one app at a time, and who is refused changes nothing in it', async () => {
  const first = await startTestApp();
  await startPlainDevice(first.app, 'a');
  const { dataDirectory } = first.config;
  const second = startTestApp({ dataDirectory });
  await expect(second).rejects.toThrow(StartError);
  await expect(second).rejects.toThrow('is in use by another FlowNexus');
  expect(await first.endpoint('a')).toMatchObject({ registered: true });
  await first.app.stop();
  const third = await startTestApp({ dataDirectory });
  expect(await third.endpoint('a')).toMatchObject({ registered: true });
});

test('a newcomer sees three simulated devices, and no longer does after a real one came', async () => {
  const first = await startTestApp({ demo: undefined });
  expect(first.app.demo).toBe(true);
  await vi.waitFor(async () => expect(await first.endpoints()).toHaveLength(3), eventually);
  expect((await first.endpoints()).map(({ name, demo }) => [name, demo])).toEqual([
    ['demo-device-1', true],
    ['demo-device-2', true],
    ['demo-device-3', true],
  ]);
  await vi.waitFor(
    async () => expect((await first.values('demo-device-1', '/3303/0/5700')).length).toBeGreaterThan(1),
    eventually,
  );
  await first.app.stop();

  const { dataDirectory } = first.config;
  const again = await startTestApp({ demo: undefined, dataDirectory });
  expect(again.app.demo).toBe(true);
  await startPlainDevice(again.app, 'real');
  await again.app.stop();
  expect((await startTestApp({ demo: undefined, dataDirectory })).app.demo).toBe(false);
});

test('production has no simulated devices unless asked for', async () => {
  expect((await startTestApp({ demo: undefined, production: true })).app.demo).toBe(false);
  expect((await startTestApp({ demo: true, production: true })).app.demo).toBe(true);
  expect((await startTestApp({ demo: false })).app.demo).toBe(false);
});
