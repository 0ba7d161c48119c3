import { expect, test, vi } from 'vitest';
import { serverUri } from '../../src/bootstrap/server-uri.ts';
import { bootstrappedDevice } from '../support/bootstrapped-device.ts';
import { eventually } from '../support/test-app.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const TEMPLATES = '/api/v1/bootstrap-templates';
const KEY = '000102030405060708090a0b0c0d0e0f';
const BOOTSTRAP_PSK = { identity: 'factory', key: new Uint8Array(Buffer.from(KEY, 'hex')) };
const OWN = { 0: { uri: '{server}', serverId: 1, bootstrapServer: false } };
const SERVERS = { 0: { shortId: 1, lifetime: 60, binding: 'U', notifIfDisabled: true } };
const configuration = { servers: SERVERS, security: OWN, toDelete: ['/0', '/1'], autoIdForSecurityObject: true };
const at = (name: string) => `${TEMPLATES}/${name}`;
const from = (name: string) => `/api/v1/bootstrap/${name}/from-template`;

onEachDatabase('bootstrap templates', (kind) => {
  test('there is one that makes an account of this server, and others are set, shown and removed', async () => {
    const { call, audited } = await testLwm2m({ kind });
    expect(await call('GET', at('default'))).toMatchObject({ body: { name: 'default', credentials: 'psk', prefix: null, serverUri: null, configuration: { security: { 0: { uri: '{server}' } } } } }); // prettier-ignore
    const made = await call('PUT', at('a'), { configuration, prefix: 'urn:', serverUri: 'coaps://lwm2m.example' });
    expect(made).toMatchObject({ status: 201, body: { name: 'a', prefix: 'urn:', credentials: 'psk', serverUri: 'coaps://lwm2m.example' } }); // prettier-ignore
    expect(audited).toMatchObject([{ action: 'setBootstrapTemplate', detail: { prefix: 'urn:' } }]);
    expect(await call('PUT', at('a'), { configuration, credentials: 'keep' })).toMatchObject({ status: 200, body: { prefix: null } }); // prettier-ignore
    expect((await call('GET', TEMPLATES)).body).toMatchObject({ items: [{ name: 'a' }, { name: 'default' }] });
    expect(await call('DELETE', at('a'))).toMatchObject({ status: 204 });
    expect(await call('DELETE', at('a'))).toMatchObject({ status: 404 });
    expect(await call('POST', from('dev'), { template: 'a' })).toMatchObject({ status: 404 });
  });

  test('an endpoint gets a key, its credential is the same, and the key is nowhere to be seen', async () => {
    const { call, addresses, audited, devices } = await testLwm2m({ kind });
    const answer = await call('POST', from('dev'), { template: 'default' });
    const uri = `coaps://127.0.0.1:${String(addresses.lwm2m.coaps.port)}`;
    expect(answer).toMatchObject({ status: 201, body: { security: { 0: { uri, securityMode: 'PSK' } } } });
    const credential = await devices.credentials.get('dev');
    const stored = await devices.bootstrapConfigurations.get('dev');
    if (credential?.mode !== 'psk') throw new Error('no PSK');
    expect(credential.key).toHaveLength(16);
    const security = stored?.instances.find(({ path }) => path === '/0')?.resources ?? [];
    const valueOf = (id: number) => {
      const found = security.find((resource) => resource.id === id);
      return found?.kind === 'singleResource' ? found.value : undefined;
    };
    expect(Buffer.from(valueOf(5) as Uint8Array).equals(credential.key)).toBe(true);
    expect(Buffer.from(valueOf(3) as Uint8Array).toString()).toBe(credential.identity);
    const shown = await call('GET', '/api/v1/bootstrap/dev');
    for (const text of [answer.text, shown.text, JSON.stringify(audited)]) {
      expect(text).not.toContain([...credential.key].join(','));
      expect(text).not.toContain(Buffer.from(credential.key).toString('hex'));
      expect(text).not.toContain('secretKey');
    }
    expect(audited).toMatchObject([{ detail: { template: 'default', credentials: 'psk' } }]);
    expect(await call('POST', from('dev'), { template: 'default' })).toMatchObject({ status: 200 });
    const next = await devices.credentials.get('dev');
    expect(next).not.toEqual(credential);
  });

  test('neither the credential nor the configuration is stored when one of them can not be', async () => {
    const { devices } = await testLwm2m({ kind });
    const { credentials } = devices;
    const failing = credentials.setAlong('dev', { mode: 'psk', ...BOOTSTRAP_PSK }, () => Promise.reject(new Error('disk full'))); // prettier-ignore
    await expect(failing).rejects.toThrow('disk full');
    expect(await credentials.get('dev')).toBeUndefined();
  });

  test('a device of a prefix that proves itself to the bootstrap server is given an account, and registers with the new key', async () => {
    const { call, addresses, objects, side } = await testLwm2m({ kind });
    await call('PUT', at('others'), { configuration, prefix: '', serverUri: 'coaps://192.0.2.1' });
    await call('PUT', at('meters'), { configuration, prefix: 'urn:meter:' });
    await call('PUT', '/api/v1/bootstrap/urn%3Ameter%3A1/credentials', { mode: 'psk', identity: 'factory', key: KEY });
    const port = addresses.bootstrap.coaps.port;
    const device = bootstrappedDevice({ endpointName: 'urn:meter:1', objects, port, psk: BOOTSTRAP_PSK });
    await device.start();
    await vi.waitFor(() => expect(side.server.registration('urn:meter:1')).toMatchObject({ identity: { kind: 'psk' } }), eventually); // prettier-ignore
    const sessions = async () => (await call('GET', '/api/v1/bootstrap-sessions?endpoint=urn:meter:1')).body;
    await vi.waitFor(async () => expect(await sessions()).toMatchObject({ items: [{ outcome: 'finished', security: 'psk', identity: 'factory' }] }), eventually); // prettier-ignore
    await device.close();
    expect(await call('DELETE', '/api/v1/endpoints/urn%3Ameter%3A1')).toMatchObject({ status: 204 });
    expect(await sessions()).toEqual({ items: [], nextCursor: null });
  });

  test('who has proven nothing is given nothing', async () => {
    const { call, addresses, objects, devices } = await testLwm2m({ kind });
    await call('PUT', at('all'), { configuration, prefix: '' });
    const device = bootstrappedDevice({ endpointName: 'dev', objects, port: addresses.bootstrap.coap.port });
    // It is tried again and again until it is closed.
    device.start().catch(() => undefined);
    const sessions = async () => (await call('GET', '/api/v1/bootstrap-sessions?outcome=refused')).body;
    await vi.waitFor(async () => expect(await sessions()).toMatchObject({ items: [{ endpoint: 'dev', outcome: 'refused', security: 'none', code: '4.00', reason: 'there is no bootstrap configuration for this endpoint' }] }), eventually); // prettier-ignore
    expect(await devices.bootstrapConfigurations.get('dev')).toBeUndefined();
    expect(await devices.credentials.get('dev')).toBeUndefined();
  });
});

test('the PSK that an endpoint has is kept, and one that has none is not secured', async () => {
  const { call, devices } = await testLwm2m();
  await devices.credentials.set('dev', { mode: 'psk', ...BOOTSTRAP_PSK });
  const kept = { template: 'default', credentials: 'keep' };
  expect(await call('POST', from('dev'), kept)).toMatchObject({ status: 201, body: { security: { 0: { securityMode: 'PSK' } } } }); // prettier-ignore
  expect(await devices.credentials.get('dev')).toMatchObject({ identity: 'factory' });
  expect(await call('POST', from('plain'), kept)).toMatchObject({ status: 201, body: { security: { 0: { securityMode: 'NO_SEC' } } } }); // prettier-ignore
  expect(await devices.credentials.get('plain')).toBeUndefined();
});

test('a template without an account of this server gives no key', async () => {
  const { call, devices } = await testLwm2m();
  const others = { ...configuration, security: { 0: { uri: 'coap://192.0.2.1', serverId: 1 } } };
  expect(await call('PUT', at('others'), { configuration: others, credentials: 'keep' })).toMatchObject({
    status: 201,
  });
  expect(await call('POST', from('dev'), { template: 'others', credentials: 'psk' })).toMatchObject({ status: 409 });
  expect(await devices.credentials.get('dev')).toBeUndefined();
  expect(await call('POST', from('dev'), { template: 'others' })).toMatchObject({ status: 201 });
});

test('a template that nobody can use, or that has a key, is refused, and nothing of it is told', async () => {
  const { call } = await testLwm2m();
  const secret = { 0: { uri: '{server}', secretKey: [201, 202, 203] } };
  for (const [body, path] of [
    [{ configuration: { ...configuration, security: secret } }, 'body.configuration'],
    [{ configuration: { servers: SERVERS } }, 'body.configuration'],
    [{ configuration: { servers: { 0: { shortId: 'x' } } } }, 'body.configuration.servers.0.shortId'],
    [{ configuration, serverUri: 'http://192.0.2.1' }, 'body.serverUri'],
    [{ configuration, serverUri: 'coap://192.0.2.1' }, 'body.serverUri'],
    [{ configuration, credentials: 'keep', serverUri: 'coaps://[' }, 'body.configuration'],
    [{ configuration, credentials: 'x' }, 'body.credentials'],
    [{}, 'body.configuration'],
  ] as const) {
    const answer = await call('PUT', at('x'), body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(answer.text).not.toContain('202');
  }
  expect(await call('GET', at('x'))).toMatchObject({ status: 404 });
});

test('devices reach the server by its public name, or by the address that it listens on', () => {
  const address = (scheme: 'coap' | 'coaps', port: number) => ({ scheme, host: '::', port }) as const;
  const addresses = () => [address('coap', 1), address('coaps', 2)];
  const uri = (publicUrl: string | undefined, coapHost: string | undefined) =>
    serverUri({ publicUrl, coapHost, addresses }, 'coaps');
  expect(uri('https://flow.example:8443/', undefined)).toBe('coaps://flow.example:2');
  expect(uri('https://[2001:db8::1]/', '192.0.2.1')).toBe('coaps://[2001:db8::1]:2');
  expect(uri(undefined, '2001:db8::1')).toBe('coaps://[2001:db8::1]:2');
  expect(uri(undefined, '0.0.0.0')).toBeUndefined();
  expect(uri(undefined, undefined)).toBeUndefined();
  expect(serverUri({ publicUrl: 'https://flow.example/', coapHost: undefined, addresses: () => [] }, 'coap')).toBeUndefined(); // prettier-ignore
});
