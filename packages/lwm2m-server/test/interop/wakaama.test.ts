import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ContentFormat, contentFormatName, ObjectRegistry, type ResourceNode } from '@flownexus/lwm2m-core';
import {
  coap,
  coaps,
  Lwm2mServer,
  MemoryCredentialStore,
  type Lwm2mServerOptions,
  type Registration,
} from '../../src/index.ts';
import { openSqliteStores } from '../../src/sqlite/index.ts';
import { valuesOf } from './device-values.ts';
import { Heard } from './heard.ts';
import { WAKAAMA_TEST_OBJECT, WakaamaClient, wakaamaMissing, type WakaamaOptions } from './wakaama.ts';

const missing = wakaamaMissing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;
const NAME = 'wakaama';
const OBJECT = '/31024';

const objects = await ObjectRegistry.bundled();
objects.add(WAKAAMA_TEST_OBJECT);

describe.skipIf(missing !== undefined)(`Wakaama 1.0${suffix}`, { timeout: 120_000 }, () => {
  let server: Lwm2mServer;
  let clients: WakaamaClient[];
  let errors: unknown[];

  beforeEach(async () => {
    clients = [];
    errors = [];
    await open();
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.kill()));
    await server.stop();
    expect(errors).toEqual([]);
  });

  async function open(options: Partial<Lwm2mServerOptions> = {}, port = 0): Promise<void> {
    server = new Lwm2mServer({
      endpoints: [coap({ host: '127.0.0.1', port })],
      objects,
      onError: (error) => errors.push(error),
      ...options,
    });
    await server.start();
  }

  async function start(options: Partial<WakaamaOptions> = {}): Promise<WakaamaClient> {
    const serverPort = server.addresses[0]?.port ?? 0;
    const client = await WakaamaClient.start({ endpointName: NAME, serverPort, ...options });
    clients.push(client);
    return client;
  }

  async function registered(options?: Partial<WakaamaOptions>): Promise<[WakaamaClient, Registration]> {
    const registration = new Promise<Registration>((resolve) => server.once('registered', resolve));
    const client = await start(options);
    const first = await client.soon('it to register', registration);
    // It does not tell when it has got the answer.
    while (!(await client.run('list')).includes('REGISTERED')) await client.run('list');
    return [client, first];
  }

  /** The next Update of which this is true, and what it made of the registration. */
  function updated(isIt: (registration: Registration) => boolean = () => true): Promise<Registration> {
    return new Promise((resolve) => {
      const listener = (registration: Registration): void => {
        if (!isIt(registration)) return;
        server.off('updated', listener);
        resolve(registration);
      };
      server.on('updated', listener);
    });
  }

  async function read(path: string, accept?: number): Promise<Record<string, unknown>> {
    const result = await server.device(NAME).read(path, accept === undefined ? {} : { accept });
    if (accept !== undefined) expect(result.contentFormat).toBe(accept);
    return valuesOf(result.records);
  }

  test('registers, updates and de-registers', async () => {
    const [client, registration] = await registered();
    expect(registration).toMatchObject({
      endpointName: NAME,
      lifetime: 300,
      lwm2mVersion: '1.0',
      bindingMode: 'U',
      queueMode: false,
    });
    expect(registration.instances.get(31_024)).toEqual([10, 11, 12]);
    expect(registration.contentFormats).toEqual([ContentFormat.OMA_JSON]);
    const update = updated();
    await client.run('update 123');
    expect(await client.soon('an Update', update)).toMatchObject({ registrationId: registration.registrationId });
    const ended = new Promise<string>((resolve) => server.once('deregistered', (_, reason) => resolve(reason)));
    await client.quit();
    expect(await ended).toBe('deregistered');
  });

  test('a short lifetime is refreshed in time', async () => {
    const [client, { registrationId }] = await registered({ lifetime: 2 });
    for (let count = 0; count < 2; count += 1) {
      expect(await client.soon('an Update', updated())).toMatchObject({ registrationId });
    }
  });

  test('an Update tells of an Object that comes and goes', async () => {
    const [client] = await registered();
    // It may send more Updates than it is told to.
    const without = updated(({ instances }) => !instances.has(31_024));
    await client.run('rm');
    await client.run('update 123');
    await client.soon('an Update without it', without);
    const withIt = updated(({ instances }) => instances.has(31_024));
    await client.run('add');
    await client.run('update 123');
    expect((await client.soon('an Update with it', withIt)).instances.get(31_024)).toEqual([10, 11, 12]);
  });

  test.each([ContentFormat.TLV, ContentFormat.OMA_JSON].map((format) => [contentFormatName(format), format] as const))(
    'Read of an Object, an instance, a Resource and a multiple Resource in %s',
    async (_, accept) => {
      await registered();
      expect(await read(OBJECT, accept)).toMatchObject({ '/31024/10/1': 20, '/31024/10/3': -30 });
      expect(await read('/31024/11', accept)).toMatchObject({ '/31024/11/1': 21 });
      expect(await read('/3/0', accept)).toMatchObject({
        '/3/0/0': 'Open Mobile Alliance',
        '/3/0/6/0': 1,
        '/3/0/6/1': 5,
        '/3/0/7/0': 3800,
        '/3/0/16': 'U',
      });
      expect(await read('/3/0/7', accept)).toEqual({ '/3/0/7/0': 3800, '/3/0/7/1': 5000 });
      const { '/6/0/5': time } = await read('/6/0/5', accept);
      expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(120);
    },
  );

  test('Read in text, and in the format that we choose', async () => {
    await registered();
    expect(await read('/3/0/0', ContentFormat.TEXT)).toEqual({ '/3/0/0': 'Open Mobile Alliance' });
    expect(await read('/31024/12/1', ContentFormat.TEXT)).toEqual({ '/31024/12/1': 22 });
    expect(await read('/31024/12/1')).toEqual({ '/31024/12/1': 22 });
    expect(await read('/31024')).toMatchObject({ '/31024/12/1': 22 });
    await expect(server.device(NAME).read('/31024/99')).rejects.toMatchObject({ responseCode: '4.04' });
    await expect(server.device(NAME).read('/31024/10/2')).rejects.toMatchObject({ responseCode: '4.05' });
  });

  test('Write of a Resource in text and TLV, of an instance in whole and in part, in OMA JSON as well', async () => {
    await registered();
    const device = server.device(NAME);
    let value = 100;
    for (const contentFormat of [ContentFormat.TEXT, ContentFormat.TLV]) {
      value += 1;
      await device.write('/31024/10/1', value, { contentFormat });
      expect(await read('/31024/10/1')).toEqual({ '/31024/10/1': value });
      await device.write('/31024/10/3', value + 0.5, { contentFormat });
      expect(await read('/31024/10/3')).toEqual({ '/31024/10/3': value + 0.5 });
    }
    await device.write('/31024/10', new Map([[1, 7]]), { mode: 'update' });
    expect(await read('/31024/10')).toEqual({ '/31024/10/1': 7, '/31024/10/3': value + 0.5 });
    await device.write('/31024/10', new Map([[1, 9]]), { mode: 'update', contentFormat: ContentFormat.OMA_JSON });
    expect(await read('/31024/10')).toMatchObject({ '/31024/10/1': 9 });
    await device.write(
      '/31024/10',
      new Map([
        [1, 8],
        [3, 0.25],
      ]),
    );
    expect(await read('/31024/10')).toEqual({ '/31024/10/1': 8, '/31024/10/3': 0.25 });
    await expect(device.write('/31024/10/1', 256)).rejects.toMatchObject({ responseCode: '4.00' });
    await expect(device.write('/3/0/0', 'x')).rejects.toMatchObject({ responseCode: '4.05' });
  });

  test('Create and Delete', async () => {
    await registered();
    const device = server.device(NAME);
    const resources: ResourceNode[] = [
      { kind: 'singleResource', id: 1, type: 'integer', value: 55 },
      { kind: 'singleResource', id: 3, type: 'float', value: 1.5 },
    ];
    const created = await device.create(OBJECT, { kind: 'objectInstance', id: 77, resources });
    expect(created.path).toMatchObject({ objectId: 31_024, objectInstanceId: 77 });
    expect(await read('/31024/77')).toEqual({ '/31024/77/1': 55, '/31024/77/3': 1.5 });
    const { path } = await device.create(OBJECT, resources);
    expect(path).toMatchObject({ objectId: 31_024, objectInstanceId: 0 });
    await device.delete('/31024/77');
    await expect(device.read('/31024/77')).rejects.toMatchObject({ responseCode: '4.04' });
  });

  test('Execute', async () => {
    const [client] = await registered();
    const device = server.device(NAME);
    await device.execute('/31024/10/2', [{ digit: 1, value: 'now' }]);
    expect(await client.run('ls')).toMatch(/Execute on 31024\/10\/2\s+Parameter \(7 bytes\)/);
    await expect(device.execute('/31024/10/1')).rejects.toMatchObject({ responseCode: '4.05' });
  });

  test('Write-Attributes and Discover', async () => {
    await registered();
    const device = server.device(NAME);
    await device.writeAttributes('/31024/10/3', { pmin: 0, pmax: 600, gt: 30.5, st: 0.5 });
    const { links } = await device.discover('/31024/10');
    expect(links).toEqual([
      { target: '/31024/10', attributes: {} },
      { target: '/31024/10/1', attributes: {} },
      { target: '/31024/10/2', attributes: {} },
      { target: '/31024/10/3', attributes: { pmin: '0', pmax: '600', gt: '30.5', st: '0.5' } },
    ]);
  });

  test('Observe of a Resource and an instance, and the end of it', async () => {
    const [client] = await registered();
    const heard = new Heard(server);
    const device = server.device(NAME);
    const observation = device.observe('/31024/10/1');
    await observation.established;
    await client.run('change /31024/10/1 33');
    await heard.count(2);
    await client.run('change /31024/10/1 34');
    await heard.count(3);
    expect(heard.all.map(({ records }) => valuesOf(records))).toEqual(
      [20, 33, 34].map((value) => ({ '/31024/10/1': value })),
    );
    await observation.cancel();
    await client.run('change /31024/10/1 35');
    expect(await read('/31024/10/1')).toEqual({ '/31024/10/1': 35 });
    expect(heard.all).toHaveLength(3);

    const ofInstance = device.observe('/31024/11');
    await ofInstance.established;
    await client.run('change /31024/11/1 40');
    await heard.count(5);
    expect(valuesOf(heard.all.at(-1)?.records ?? [])).toMatchObject({ '/31024/11/1': 40 });
  });

  test('attributes hold back notifications', async () => {
    const [client] = await registered();
    const heard = new Heard(server);
    const device = server.device(NAME);
    await device.writeAttributes('/31024/10/1', { gt: 30, lt: 10 });
    await device.observe('/31024/10/1').established;
    for (const value of [25, 35, 36, 5]) await client.run(`change /31024/10/1 ${String(value)}`);
    await heard.count(3);
    expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([20, 35, 5]);
  });

  test('a pre-shared key', async () => {
    await server.stop();
    const credentials = new MemoryCredentialStore();
    const key = new TextEncoder().encode('sixteen byte key');
    credentials.set(NAME, { mode: 'psk', identity: 'tiny', key });
    await open({ endpoints: [coaps({ host: '127.0.0.1', port: 0, credentials })] });
    const [client, registration] = await registered({ psk: { identity: 'tiny', key } });
    expect(registration.identity).toEqual({ kind: 'psk', identity: 'tiny' });
    expect(await read('/31024/12/1')).toEqual({ '/31024/12/1': 22 });
    const heard = new Heard(server);
    await server.device(NAME).observe('/31024/10/1').established;
    await client.run('change /31024/10/1 33');
    await heard.count(2);
    await client.quit();
    expect(server.registration(NAME)).toBeUndefined();
  });

  test('over a restart of the server it stays registered and observed', async () => {
    const stores = openSqliteStores({ file: ':memory:' });
    onTestFinished(() => stores.close());
    const durable = { registrationStore: stores.registrations, observationStore: stores.observations };
    await server.stop();
    await open({ ...durable, observe: [{ path: '/31024/*/1' }] });
    const heard = new Heard(server);
    const [client, before] = await registered();
    await heard.count(3);
    const port = server.addresses[0]?.port;
    await server.stop();
    await open({ ...durable, observe: [{ path: '/31024/*/1' }] }, port);
    expect(server.registration(NAME)?.registrationId).toBe(before.registrationId);
    const heardSince = new Heard(server);
    await client.run('change /31024/10/1 99');
    await heardSince.count(1);
    expect(valuesOf(heardSince.all[0]?.records ?? [])).toEqual({ '/31024/10/1': 99 });
    // One that is told that it is not registered looks for a bootstrap server, and ends.
    const update = updated();
    await client.run('update 123');
    expect((await client.soon('an Update', update)).registrationId).toBe(before.registrationId);
    expect(await read('/31024/10/1')).toEqual({ '/31024/10/1': 99 });
  });
});
