import { expect, test } from 'vitest';
import { LeshanHost, registry } from './leshan-host.ts';

test('a registration as a Leshan server shows it', async () => {
  const host = await LeshanHost.start();
  const before = Date.now();
  const client = await host.device('dev', {
    rootPath: '/lwm2m',
    contentFormats: [110, 112],
    smsNumber: '+49123',
    parameters: ['vendor=x'],
  });
  const json = (await host.json('GET', '/clients/dev?timeout=10&format=TLV')) as Record<string, unknown>;
  expect(json).toEqual({
    endpoint: 'dev',
    registrationId: client.registrationId,
    registrationDate: expect.any(Number) as number,
    lastUpdate: json['registrationDate'],
    address: `127.0.0.1:${String(client.localAddress?.port)}`,
    smsNumber: '+49123',
    lwM2mVersion: '1.1',
    lifetime: 300,
    bindingMode: 'U',
    rootPath: '/lwm2m',
    objectLinks: expect.any(Array) as unknown[],
    secure: false,
    additionalRegistrationAttributes: { vendor: 'x' },
    queuemode: false,
    availableInstances: { 1: [0], 3: [0], 5: [0], 3303: [0], 3304: [0] },
  });
  expect(Number(json['registrationDate'])).toBeGreaterThanOrEqual(before);
  expect(json['objectLinks']).toContainEqual({ url: '/lwm2m', attributes: { rt: '"oma.lwm2m"', ct: '"110 112"' } });
  expect(json['objectLinks']).toContainEqual({ url: '/lwm2m/3303/0', attributes: {} });
  expect(await host.json('GET', '/clients')).toEqual([json]);
  expect(await host.json('GET', '/clients/')).toEqual([json]);
});

test('one in queue mode sleeps or not', async () => {
  const host = await LeshanHost.start({}, { awakeTimeMs: 200 });
  await host.device('dev', { queueMode: { awakeTimeMs: 1_000 }, lwm2mVersion: '1.0' });
  expect(await host.json('GET', '/clients/dev')).toMatchObject({ queuemode: true, sleeping: false, bindingMode: 'UQ' });
  await expect.poll(() => host.json('GET', '/clients/dev')).toMatchObject({ sleeping: true });
});

test('the definitions of the Objects that a device registered, in its versions', async () => {
  const host = await LeshanHost.start();
  await host.device('dev');
  const specs = (await host.json('GET', '/objectspecs/dev')) as { id: number; resourcedefs: { id: number }[] }[];
  expect(specs.map(({ id }) => id)).toEqual([1, 3, 5, 3303, 3304]);
  expect(specs[1]).toMatchObject({
    id: 3,
    name: 'Device',
    instancetype: 'single',
    mandatory: true,
    urn: registry.object(3, '1.0')?.urn,
    version: '1.0',
    lwm2mversion: '1.0',
    description: '',
    description2: '',
  });
  expect(specs[1]?.resourcedefs.find(({ id }) => id === 4)).toEqual({
    id: 4,
    name: 'Reboot',
    operations: 'E',
    instancetype: 'single',
    mandatory: true,
    type: 'none',
    range: '',
    units: '',
    description: '',
  });
  expect(specs[3]?.resourcedefs.find(({ id }) => id === 5700)).toMatchObject({ operations: 'R', type: 'float' });
});

const HOSTILE = [
  'a/b/3/0',
  '../../etc',
  '"quoted", \'twice\'',
  '<script>alert(1)</script>',
  '%2F%00',
  '__proto__',
  'composite',
  'ü'.repeat(126),
  'a+b&ep=c?d#e',
];
test.each(HOSTILE)('an endpoint with the name %j', async (name) => {
  const host = await LeshanHost.start();
  const client = await host.device(name);
  const ep = encodeURIComponent(name);
  const events = await host.events();
  const named = await host.events(`?ep=${ep}`);
  const other = await host.events('?ep=other');
  expect(await host.json('GET', `/clients/${ep}`)).toMatchObject({ endpoint: name });
  expect(await host.json('GET', `/objectspecs/${ep}`)).toHaveLength(5);
  expect(await host.json('GET', `/clients/${ep}/3/0/9`)).toMatchObject({ content: { value: '95' } });
  expect(await host.json('POST', `/clients/${ep}/3/0/9/observe`)).toMatchObject({ content: { value: '95' } });
  client.objects.set('/3/0/9', 80);
  expect(await events.next('NOTIFICATION')).toMatchObject({ ep: name, val: { value: '80' } });
  expect(await named.next('NOTIFICATION')).toMatchObject({ ep: name });
  expect(await host.json('DELETE', `/clients/${ep}/3/0/9/observe?active`)).toMatchObject({ success: true });
  const set = { endpoint: name, tls: { mode: 'psk', details: { identity: name, key: '00ff' } } };
  expect((await host.call('PUT', '/security/clients/', set)).status).toBe(200);
  expect(await host.json('GET', '/security/clients')).toEqual([
    { endpoint: name, tls: { mode: 'psk', details: { identity: name } } },
  ]);
  // Who has a credential now is not registered any more without it.
  expect(await events.next('DEREGISTRATION')).toMatchObject({ endpoint: name });
  expect((await host.call('GET', `/clients/${ep}`)).text).toBe(`No registered client with id '${name}'`);
  expect((await host.call('DELETE', `/security/clients/${ep}`)).text).toBe('');
  expect(await host.json('DELETE', `/security/clients/${ep}`)).toEqual({ message: 'not_found' });
  expect(other.taken()).toEqual([]);
  expect(host.errors).toEqual([]);
});
