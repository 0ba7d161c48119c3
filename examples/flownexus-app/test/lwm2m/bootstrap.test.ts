import { Lwm2mDevice, zephyrSampleObjects } from '@flownexus/lwm2m-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openApiDocument } from '../../src/http/openapi.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testLwm2m } from '../support/test-lwm2m.ts';

const PATH = '/api/v1/bootstrap/dev';
const SECRET = [...Buffer.from('topsecret-key-16')];
const configuration = (uri: string) => ({
  servers: { 0: { shortId: 1, lifetime: 60, binding: 'U', notifIfDisabled: true } },
  security: { 1: { uri, bootstrapServer: false, securityMode: 'NO_SEC', publicKeyOrId: [], serverPublicKey: [], secretKey: SECRET, serverId: 1 } },
  toDelete: ['/0', '/1'],
}); // prettier-ignore

onEachDatabase('bootstrap', (kind) => {
  test('a configuration is stored, shown without its keys, listed and removed', async () => {
    const { call, audited } = await testLwm2m({ kind });
    const made = await call('PUT', PATH, configuration('coap://192.0.2.1'));
    expect(made).toMatchObject({ status: 201, body: { toDelete: ['/0', '/1'], servers: { 0: { shortId: 1 } } } });
    expect(await call('PUT', PATH, configuration('coap://192.0.2.2'))).toMatchObject({ status: 200 });
    const shown = await call('GET', PATH);
    expect(shown).toMatchObject({ status: 200, body: { security: { 1: { uri: 'coap://192.0.2.2', serverId: 1 } } } });
    for (const text of [made.text, shown.text, JSON.stringify(audited)]) {
      expect(text).not.toContain('secretKey');
      expect(text).not.toContain(SECRET.slice(0, 4).join(','));
    }
    await call('PUT', '/api/v1/bootstrap/a%2Fb', configuration('coap://192.0.2.1'));
    expect((await call('GET', '/api/v1/bootstrap?limit=1')).body).toEqual({ items: [{ name: 'a/b' }], nextCursor: 'a/b' }); // prettier-ignore
    expect((await call('GET', '/api/v1/bootstrap?limit=2&cursor=a%2Fb')).body).toEqual({ items: [{ name: 'dev' }], nextCursor: null }); // prettier-ignore
    expect(await call('GET', '/api/v1/bootstrap?cursor=%00')).toMatchObject({ status: 400, body: { errors: [{ path: 'query.cursor' }] } }); // prettier-ignore
    expect(await call('DELETE', PATH)).toMatchObject({ status: 204 });
    expect(await call('DELETE', PATH)).toMatchObject({ status: 404 });
    expect(await call('GET', PATH)).toMatchObject({ status: 404 });
  });

  test('a device is told where to register, and does', async () => {
    const { call, addresses, objects, side } = await testLwm2m({ kind });
    const { coap } = addresses.lwm2m;
    await call('PUT', PATH, configuration(`coap://127.0.0.1:${String(coap.port)}`));
    const tree = zephyrSampleObjects(objects, { serialNumber: '1', lifetime: 60 });
    tree.remove('/0');
    tree.remove('/1');
    tree.set('/0/0/0', `coap://127.0.0.1:${String(addresses.bootstrap.coap.port)}`);
    tree.set('/0/0/1', true);
    tree.set('/0/0/2', 3);
    const device = new Lwm2mDevice({ endpointName: 'dev', objects: tree, onTrouble: () => undefined });
    onTestFinished(() => device.close());
    await device.start();
    await vi.waitFor(() => expect(side.server.registration('dev')).toMatchObject({ lifetime: 60 }));
  });
});

describe('refused is', () => {
  test.each([
    ['no object', [], 'body'],
    ['an unknown section', { x: {} }, 'body'],
    ['a wrong value', { servers: { 0: { shortId: 'one' } } }, 'body.servers.0.shortId'],
    ['a key that is none', { security: { 0: { secretKey: [1, 300, 77_777] } } }, 'body.security.0.secretKey.1'],
    ['a path that is none', { toDelete: ['x'] }, 'body'],
  ])('%s', async (_name, body, path) => {
    const { call } = await testLwm2m();
    const answer = await call('PUT', PATH, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(answer.text).not.toContain('77777');
    expect(await call('GET', PATH)).toMatchObject({ status: 404 });
  });

  test('who may not administer', async () => {
    const { call, side } = await testLwm2m();
    for (const [method, path] of [
      ['GET', '/api/v1/bootstrap'],
      ['GET', PATH],
      ['DELETE', PATH],
    ] as const) {
      expect(await call(method, path, undefined, { 'x-permissions': 'read,operate' })).toMatchObject({ status: 403 });
    }
    expect(Object.keys((openApiDocument(side.routes, { version: '1' }) as { paths: object }).paths)).toContain('/api/v1/bootstrap/{name}'); // prettier-ignore
  });
});
