import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Registration } from '../../src/index.ts';
import { tellDefinitions } from './definitions.ts';
import { DeviceProgram, type ForeignDevice } from './device-program.ts';
import { leshan2 } from './leshan.ts';

const missing = leshan2.missing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`${leshan2.name}: registration${suffix}`, { timeout: 60_000 }, () => {
  let program: DeviceProgram;
  let objects: ObjectRegistry;
  let server: Lwm2mServer;

  beforeAll(async () => {
    objects = await ObjectRegistry.bundled();
    program = await DeviceProgram.start(leshan2.command);
  }, 60_000);
  afterAll(() => program.stop());
  beforeEach(async () => {
    server = new Lwm2mServer({ endpoints: [coap({ host: '127.0.0.1', port: 0 })], objects });
    await server.start();
  });
  afterEach(() => server.stop());

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<ForeignDevice> {
    const uri = `coap://127.0.0.1:${String(server.addresses[0]?.port)}`;
    const device = await program.device({ endpoint: 'leshan', uri, lifetime: '300', ...settings });
    await tellDefinitions(device, objects, [3442, 3303]);
    await device.run('start', '/3442/0', '/3303/0', '/3303/1');
    return device;
  }

  test('registers, updates and de-registers', async () => {
    const registered = new Promise<Registration>((resolve) => server.once('registered', resolve));
    const device = await start();
    const registration = await registered;
    expect(registration).toMatchObject({ endpointName: 'leshan', lifetime: 300, lwm2mVersion: '1.1' });
    expect(registration.instances.get(3303)).toEqual([0, 1]);
    expect(await device.event('registered')).toContain(registration.registrationId);
    const { records } = await server.device('leshan').read('/3/0/0');
    expect(records[0]?.value).toBe('FlowNexus tests');
    await device.run('update');
    await device.event('updated');
    await device.run('stop');
    await device.event('deregistered');
    expect(server.registration('leshan')).toBeUndefined();
    await device.run('destroy');
  });
});
