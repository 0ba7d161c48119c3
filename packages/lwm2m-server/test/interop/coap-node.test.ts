import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ContentFormat, ObjectRegistry, type ResourceValue } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Registration } from '../../src/index.ts';
import { COAP_NODE_COMMAND, coapNodeMissing } from './coap-node.ts';
import { DeviceProgram, type ForeignDevice } from './device-program.ts';
import { valuesOf } from './device-values.ts';
import { Heard } from './heard.ts';

const missing = coapNodeMissing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;
const NAME = 'node';
const TIMEOUT_MS = 120_000;

const objects = await ObjectRegistry.bundled();

describe.skipIf(missing !== undefined)(`coap-node 0.2.5${suffix}`, { timeout: TIMEOUT_MS }, () => {
  let program: DeviceProgram;
  let server: Lwm2mServer;
  let errors: unknown[];

  beforeAll(async () => {
    program = await DeviceProgram.start(COAP_NODE_COMMAND);
  }, TIMEOUT_MS);
  afterAll(() => program.stop());
  beforeEach(async () => {
    errors = [];
    server = new Lwm2mServer({
      endpoints: [coap({ host: '127.0.0.1', port: 0 })],
      objects,
      onError: (error) => errors.push(error),
    });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    expect(errors).toEqual([]);
  });

  async function registered(): Promise<[ForeignDevice, Registration]> {
    const registration = new Promise<Registration>((resolve) => server.once('registered', resolve));
    const uri = `coap://127.0.0.1:${String(server.addresses[0]?.port)}`;
    const device = await program.device({ endpoint: NAME, uri, lifetime: '300' });
    await device.run('start');
    await device.event('registered');
    return [device, await registration];
  }

  async function read(path: string, accept?: number): Promise<Record<string, ResourceValue>> {
    const result = await server.device(NAME).read(path, accept === undefined ? {} : { accept });
    if (accept !== undefined) expect(result.contentFormat).toBe(accept);
    return valuesOf(result.records);
  }

  test('registers with a version of three components, updates from another port and de-registers', async () => {
    const [device, registration] = await registered();
    expect(registration).toMatchObject({ endpointName: NAME, lifetime: 300, lwm2mVersion: '1.0.0' });
    expect(registration.instances.get(3303)).toEqual([0, 1]);
    const updated = new Promise<Registration>((resolve) => {
      server.once('updated', (now) => {
        resolve(now);
      });
    });
    expect(await device.run('update', '600')).toBe('2.04');
    const now = await updated;
    expect(now).toMatchObject({ registrationId: registration.registrationId, lifetime: 600 });
    expect(now.address).not.toEqual(registration.address);
    expect(await read('/3303/0/5701')).toEqual({ '/3303/0/5701': 'Cel' });
    const ended = new Promise<string>((resolve) => server.once('deregistered', (_, reason) => resolve(reason)));
    expect(await device.run('stop')).toBe('2.02');
    expect(await ended).toBe('deregistered');
  });

  test('Read of an Object, an instance and a Resource, in TLV, text and OMA JSON', async () => {
    await registered();
    const sensor = { '/3303/0/5700': 21.5, '/3303/0/5701': 'Cel' };
    expect(await read('/3303', ContentFormat.TLV)).toMatchObject(sensor);
    expect(await read('/3303/0', ContentFormat.TLV)).toEqual(sensor);
    expect(await read('/3303/0')).toEqual(sensor);
    for (const accept of [ContentFormat.TLV, ContentFormat.TEXT, ContentFormat.OMA_JSON]) {
      expect(await read('/3303/0/5700', accept)).toEqual({ '/3303/0/5700': 21.5 });
    }
    await expect(server.device(NAME).read('/3303/7')).rejects.toMatchObject({ responseCode: '4.04' });
    await expect(server.device(NAME).read('/3303/1/5605')).rejects.toMatchObject({ responseCode: '4.05' });
  });

  test('Write, Execute and Discover', async () => {
    const [foreign] = await registered();
    const device = server.device(NAME);
    await device.write('/3311/0/5850', true);
    await device.write('/3311/0/5851', 55);
    await device.write('/3311/0/5706', 'blue');
    expect(await read('/3311/0')).toMatchObject({
      '/3311/0/5850': true,
      '/3311/0/5851': 55,
      '/3311/0/5706': 'blue',
    });
    await device.execute('/3303/1/5605');
    expect(await foreign.event('executed')).toBe('executed []');
    await device.writeAttributes('/3303/0/5700', { pmin: 0, pmax: 90, gt: 25 });
    const [link] = (await device.discover('/3303/0/5700')).links;
    expect(link).toMatchObject({ target: '/3303/0/5700', attributes: { pmin: '0', pmax: '90', gt: '25' } });
    await expect(device.discover('/3303/7')).rejects.toMatchObject({ responseCode: '4.04' });
    await expect(device.write('/3303/7/5701', 'x')).rejects.toMatchObject({ responseCode: '4.04' });
  });

  test('Observe of a Resource', async () => {
    const [foreign] = await registered();
    const heard = new Heard(server);
    const observation = server.device(NAME).observe('/3303/0/5700');
    await observation.established;
    await foreign.run('set', 'temperature/5700', '22');
    await heard.count(2);
    await foreign.run('set', 'temperature/5700', '23.5');
    await heard.count(3);
    expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([21.5, 22, 23.5]);
    await observation.cancel();
    await foreign.run('set', 'temperature/5700', '24');
    expect(await read('/3303/0/5700')).toEqual({ '/3303/0/5700': 24 });
    expect(heard.all).toHaveLength(3);
  });
});
