import { Lwm2mDevice, ObjectTree } from '@flownexus/lwm2m-client';
import { serverAccount } from '@flownexus/lwm2m-server';
import { expect, onTestFinished, test } from 'vitest';
import { BootstrapHost } from './bootstrap-host.ts';
import { registry } from './leshan-host.ts';

const SECRET = [83, 69, 67, 82, 69, 84];
const CONFIGURATION = {
  servers: { 0: { binding: 'U', defaultMinPeriod: 1, lifetime: 86_400, notifIfDisabled: false, shortId: 1 } },
  security: {
    1: {
      bootstrapServer: false,
      clientOldOffTime: 1,
      publicKeyOrId: [105, 100],
      secretKey: SECRET,
      securityMode: 'PSK',
      serverId: 1,
      serverSmsNumber: '',
      smsBindingKeyParam: [],
      smsBindingKeySecret: SECRET,
      smsSecurityMode: 'NO_SEC',
      uri: 'coaps://127.0.0.1:5684',
    },
  },
  oscore: { 0: { oscoreMasterSecret: SECRET } },
  toDelete: ['/0', '/1'],
};

/** A device that knows the bootstrap server alone. */
function device(endpointName: string, host: BootstrapHost): Lwm2mDevice {
  const objects = new ObjectTree(registry);
  objects.set('/0/0/0', `coap://127.0.0.1:${String(host.address('coap').port)}`);
  objects.set('/0/0/1', true);
  objects.set('/0/0/2', 3);
  const client = new Lwm2mDevice({ endpointName, objects });
  onTestFinished(() => client.close());
  return client;
}

test('configurations are set, listed without their keys, and removed', async () => {
  const host = await BootstrapHost.start();
  const set = await host.call('POST', '/bootstrap/dev?timeout=10&format=TLV', CONFIGURATION);
  expect([set.status, set.text]).toEqual([200, '']);
  expect(host.configurations.store.get('dev')).toMatchObject({ deletes: ['/0', '/1'] });
  const { text } = await host.call('GET', '/bootstrap');
  expect(JSON.parse(text)).toEqual({
    dev: {
      autoIdForSecurityObject: false,
      toDelete: ['/0', '/1'],
      servers: CONFIGURATION.servers,
      security: {
        1: {
          bootstrapServer: false,
          clientOldOffTime: 1,
          publicKeyOrId: [105, 100],
          securityMode: 'PSK',
          serverId: 1,
          serverSmsNumber: '',
          smsSecurityMode: 'NO_SEC',
          uri: 'coaps://127.0.0.1:5684',
        },
      },
      acls: {},
      oscore: { 0: {} },
    },
  });
  expect(text).not.toContain(SECRET.join());
  const removed = await host.call('DELETE', '/bootstrap/dev');
  expect([removed.status, removed.text]).toEqual([204, '']);
  expect((await host.call('DELETE', '/bootstrap/dev')).status).toBe(404);
  expect((await host.call('GET', '/bootstrap')).body).toEqual({});
});

test('one that has no form there is not listed', async () => {
  const host = await BootstrapHost.start();
  host.configurations.set('other', {
    instances: serverAccount({ shortServerId: 1, uri: 'coap://127.0.0.1' }),
    queries: [{ operation: 'discover', path: '/' }],
  });
  expect((await host.call('GET', '/bootstrap')).body).toEqual({});
});

test.each(['a/b', '__proto__', '"<b>', 'ü'])('an endpoint with the name %j', async (name) => {
  const host = await BootstrapHost.start();
  const path = `/bootstrap/${encodeURIComponent(name)}`;
  expect((await host.call('POST', path, { servers: {} })).status).toBe(200);
  expect(Object.entries((await host.call('GET', '/bootstrap')).body as object)).toMatchObject([[name, {}]]);
  expect((await host.call('DELETE', path)).status).toBe(204);
});

test.each([
  ['/bootstrap/dev', '{', /^Invalid request: the body is not JSON$/],
  ['/bootstrap/dev', [], 'expected an object at the top'],
  ['/bootstrap/dev', { servers: { x: {} } }, 'expected an id from 0 to 65535 as the name at /servers/x'],
  ['/bootstrap/dev', { security: { 0: { secretKey: [256] } } }, 'expected a byte at /security/0/secretKey/0'],
  ['/bootstrap/dev', { toDelete: ['x'] }, /^Invalid request: /],
  ['/bootstrap/dev%0a', {}, /^Invalid request: .*control character/],
])('POST %s %j is refused with its place', async (path, body, reason) => {
  const host = await BootstrapHost.start();
  const { status, text } = await host.call('POST', path, body);
  expect(status).toBe(400);
  if (typeof reason === 'string') expect(text).toBe(`Invalid request: this is no bootstrap configuration: ${reason}`);
  else expect(text).toMatch(reason);
  expect(host.configurations.store.list()).toEqual([]);
});

test.each([
  ['POST', '/bootstrap', 'GET, HEAD'],
  ['GET', '/bootstrap/dev', 'POST, DELETE'],
])('%s %s is 405', async (method, path, allow) => {
  const host = await BootstrapHost.start();
  const { status, headers } = await host.call(method, path);
  expect([status, headers['allow']]).toEqual([405, allow]);
});

test('it has the credentials of its own devices, and says where it listens', async () => {
  const host = await BootstrapHost.start();
  const psk = { endpoint: 'dev', tls: { mode: 'psk', details: { identity: 'dev', key: '00ff' } } };
  expect((await host.call('PUT', '/security/clients/', psk)).status).toBe(200);
  expect(host.credentials.get('dev')).toMatchObject({ identity: 'dev' });
  expect((await host.call('GET', '/security/clients')).text).not.toContain('00ff');
  expect((await host.call('GET', '/server/endpoint')).body).toMatchObject([
    { uri: { scheme: 'coap' } },
    { uri: { scheme: 'coaps' }, description: 'CoAP over DTLS' },
  ]);
});

test('all of it is for administrators, but for events and what the server shows of itself', async () => {
  const asked: string[] = [];
  const host = await BootstrapHost.start({
    admit: (request, permission) => {
      asked.push(`${request.method} ${request.path} ${permission}`);
      throw new Error('not you');
    },
  });
  const calls = [
    ['GET', '/bootstrap', 'administer'],
    ['POST', '/bootstrap/dev', 'administer'],
    ['DELETE', '/bootstrap/dev', 'administer'],
    ['GET', '/security/clients', 'administer'],
    ['GET', '/event', 'read'],
  ] as const;
  for (const [method, path] of calls) expect((await host.call(method, path)).status).toBe(403);
  expect(asked).toEqual(calls.map(([method, path, permission]) => `${method} ${path} ${permission}`));
});

test('sessions are events', async () => {
  const host = await BootstrapHost.start();
  const events = await host.events();
  const named = await host.events('?ep=dev');
  await host.call('POST', '/bootstrap/dev', { ...CONFIGURATION, oscore: {} });
  // Nobody answers at the server that it is given.
  device('dev', host)
    .start()
    .catch(() => undefined);
  const next = async (): Promise<unknown[]> => {
    const { name, endpoint, message, time } = await events.next('BSSESSION');
    expect(Number(time)).toBeGreaterThan(1_700_000_000_000);
    return [name, endpoint, message];
  };
  expect(await next()).toEqual(['new session', 'dev', expect.stringMatching(/^from 127.0.0.1 port \d+$/)]);
  expect(await next()).toEqual(['authorized', 'dev', '']);
  for (const [name, path, code] of [
    ['send delete', '/0', '2.02'],
    ['send delete', '/1', '2.02'],
    ['send write', '/0/1', '2.04'],
    ['send write', '/1/0', '2.04'],
    ['send request', '/bs', '2.04'],
  ] as const) {
    expect(await next()).toEqual([name, 'dev', path]);
    expect(await next()).toEqual(['receive success response', 'dev', `${path} ${code}`]);
  }
  expect(await next()).toEqual(['finished', 'dev', '']);
  expect(await named.next('BSSESSION')).toMatchObject({ name: 'new session' });
});

test('so are those that are refused, and those that fail', async () => {
  const host = await BootstrapHost.start();
  const events = await host.events();
  const starting = device('nobody', host).start();
  starting.catch(() => undefined);
  expect(await events.next('BSSESSION')).toMatchObject({ name: 'new session', endpoint: 'nobody' });
  expect(await events.next('BSSESSION')).toMatchObject({
    name: 'no config',
    endpoint: 'nobody',
    message: 'there is no bootstrap configuration for this endpoint',
  });
  host.credentials.set('secured', { mode: 'psk', identity: 'secured', key: Uint8Array.of(1) });
  device('secured', host).start().catch(() => undefined); // prettier-ignore
  const names: unknown[] = [];
  while (!names.includes('unauthorized')) {
    const { endpoint, name } = await events.next('BSSESSION');
    if (endpoint === 'secured') names.push(name);
  }
  expect(names).toEqual(['new session', 'unauthorized']);
});
