import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { credentialRoutes } from '../../src/lwm2m/credential-routes.ts';
import { credentialStore } from '../../src/stores/credential-store.ts';
import { testDatabase } from '../support/test-database.ts';
import { send } from '../support/test-http.ts';
import { testRoutes } from '../support/test-routes.ts';

const PATH = '/api/v1/endpoints/dev/credentials';
const PSK = { mode: 'psk', identity: 'id', key: '00ff' };

async function scene(server: 'lwm2m' | 'bootstrap' = 'lwm2m') {
  const database = await testDatabase();
  const credentials = credentialStore(database, server);
  return { credentials, database, ...(await testRoutes(credentialRoutes({ credentials, server }))) };
}

const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');
const P256 = spki(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey);

describe('a credential', () => {
  test.each([
    ['a pre-shared key', PSK, { mode: 'psk', identity: 'id' }],
    ['a common name', { mode: 'x509', commonName: 'urn:dev:1' }, { mode: 'x509', commonName: 'urn:dev:1' }],
    ['a fingerprint', { mode: 'x509', fingerprint: 'AB'.repeat(32) }, { mode: 'x509', fingerprint: 'ab'.repeat(32) }],
    [
      'a fingerprint as OpenSSL writes it',
      { mode: 'x509', fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') },
      { mode: 'x509', fingerprint: 'ab'.repeat(32) },
    ],
    ['a raw public key', { mode: 'rpk', publicKey: P256 }, { mode: 'rpk', publicKey: P256 }],
  ])('%s is stored for an endpoint that never registered, and shown without its key', async (_name, body, shown) => {
    const { call, audited, database } = await scene();
    const put = await call('PUT', PATH, body);
    expect(put).toMatchObject({ status: 201, body: shown });
    const answer = await call('GET', PATH);
    expect(answer).toMatchObject({ status: 200, body: shown });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(put.text + answer.text + JSON.stringify(audited)).not.toContain('00ff');
    expect(audited).toMatchObject([{ action: 'setEndpointCredential', params: { name: 'dev' } }]);
    // It is no endpoint by that.
    expect(await database.reads.selectFrom('Endpoint').selectAll().execute()).toEqual([]);
  });

  test('takes the place of another', async () => {
    const { call, credentials } = await scene();
    await call('PUT', PATH, PSK);
    expect(await call('PUT', PATH, { mode: 'x509', commonName: 'cn' })).toMatchObject({ status: 200 });
    expect((await call('GET', PATH)).body).toEqual({ mode: 'x509', commonName: 'cn' });
    expect(await credentials.pskKey('id')).toBeUndefined();
  });

  test('is removed', async () => {
    const { call } = await scene();
    await call('PUT', PATH, PSK);
    expect(await call('DELETE', PATH)).toMatchObject({ status: 204, text: '' });
    const gone = {
      status: 404,
      body: { type: 'urn:flownexus:problem:no-credentials', detail: 'the endpoint "dev" has no credentials' },
    };
    expect(await call('GET', PATH)).toMatchObject(gone);
    expect(await call('DELETE', PATH)).toMatchObject(gone);
  });

  test('whose identity another endpoint has is a conflict', async () => {
    const { call } = await scene();
    await call('PUT', PATH, PSK);
    expect(await call('PUT', '/api/v1/endpoints/other/credentials', PSK)).toMatchObject({
      status: 409,
      body: { type: 'urn:flownexus:problem:identity-taken', detail: 'another endpoint has this identity' },
    });
    expect(await call('GET', '/api/v1/endpoints/other/credentials')).toMatchObject({ status: 404 });
    expect(await call('PUT', PATH, { ...PSK, key: '01' })).toMatchObject({ status: 200 });
  });

  test.each(['a/b', 'ü', '"><script>', 'a b', "'; --"])('of an endpoint with the name %j', async (name) => {
    const { call } = await scene();
    const path = `/api/v1/endpoints/${encodeURIComponent(name)}/credentials`;
    expect(await call('PUT', path, PSK)).toMatchObject({ status: 201 });
    expect(await call('GET', path)).toMatchObject({ status: 200 });
  });

  test.each(['%00', '%0a', 'x'.repeat(256)])('of what can be nobody is refused: %s', async (name) => {
    const { call } = await scene();
    const answer = await call('PUT', `/api/v1/endpoints/${name}/credentials`, PSK);
    expect(answer).toMatchObject({ status: 400, body: { errors: expect.arrayContaining([expect.objectContaining({ path: 'path.name' })]) as unknown } }); // prettier-ignore
  });

  test('for the bootstrap server is another', async () => {
    const { call, database } = await scene('bootstrap');
    expect(await call('PUT', '/api/v1/bootstrap/dev/credentials', PSK)).toMatchObject({ status: 201 });
    expect(await call('GET', '/api/v1/bootstrap/dev/credentials')).toMatchObject({ body: { mode: 'psk' } });
    expect(await credentialStore(database, 'lwm2m').get('dev')).toBeUndefined();
  });
});

const KEY = 'expected 1 to 128 bytes in hexadecimal';
const IDENTITY = 'expected 1 to 255 bytes of text without control characters';
const FINGERPRINT = 'expected a SHA-256 in hexadecimal: 64 digits';
const PUBLIC_KEY = 'expected a SubjectPublicKeyInfo in base64 with an EC key on P-256 or P-384';
const MODE = 'mode must be psk, x509 or rpk, of a JSON object';
const NAME_OR_FINGERPRINT = 'a credential of mode x509 has a commonName or a fingerprint, and not both';

describe('refused is', () => {
  test.each([
    ['no object', [], 'body', MODE],
    ['no mode', {}, 'body.mode', MODE],
    ['another mode', { ...PSK, mode: 'none' }, 'body.mode', MODE],
    ['no key', { mode: 'psk', identity: 'id' }, 'body.key', ''],
    ['an empty key', { ...PSK, key: '' }, 'body.key', KEY],
    ['half a byte', { ...PSK, key: '0' }, 'body.key', KEY],
    ['a key that is not hexadecimal', { ...PSK, key: 'secret' }, 'body.key', KEY],
    ['a long key', { ...PSK, key: '00'.repeat(129) }, 'body.key', KEY],
    ['no identity', { mode: 'psk', key: '00' }, 'body.identity', ''],
    ['an empty identity', { ...PSK, identity: '' }, 'body.identity', IDENTITY],
    ['a long identity', { ...PSK, identity: 'ü'.repeat(128) }, 'body.identity', IDENTITY],
    ['an identity with a control character', { ...PSK, identity: 'a\nb' }, 'body.identity', IDENTITY],
    ['an identity that is no Unicode', { ...PSK, identity: '\ud800' }, 'body.identity', IDENTITY],
    ['a number for an identity', { ...PSK, identity: 5 }, 'body.identity', ''],
    ['a field that is not known', { ...PSK, comment: 'x' }, 'body', 'comment'],
    ['neither name nor fingerprint', { mode: 'x509' }, 'body', NAME_OR_FINGERPRINT],
    ['name and fingerprint', { mode: 'x509', commonName: 'cn', fingerprint: 'ab'.repeat(32) }, 'body', NAME_OR_FINGERPRINT],
    ['a short fingerprint', { mode: 'x509', fingerprint: 'ab' }, 'body.fingerprint', FINGERPRINT],
    ['no base64', { mode: 'rpk', publicKey: '!' }, 'body.publicKey', PUBLIC_KEY],
    ['no key', { mode: 'rpk', publicKey: 'AAAA' }, 'body.publicKey', PUBLIC_KEY],
    ['a key of another curve', { mode: 'rpk', publicKey: spki(generateKeyPairSync('ed25519').publicKey) }, 'body.publicKey', PUBLIC_KEY],
    ['more than a key', { mode: 'rpk', publicKey: Buffer.concat([Buffer.from(P256, 'base64'), Buffer.of(0)]).toString('base64') }, 'body.publicKey', PUBLIC_KEY],
  ])('%s, with the reason', async (_name, body, path, message) => {
    const { call } = await scene();
    const answer = await call('PUT', PATH, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { type: 'urn:flownexus:problem:bad-body', errors: [{ path, message: expect.stringContaining(message) as string }] },
    });
    expect(answer.text).not.toContain('secret');
    expect(await call('GET', PATH)).toMatchObject({ status: 404 });
  }); // prettier-ignore

  test('a body that is not JSON, that is none, or that is too large, without quoting it', async () => {
    const { call, url } = await scene();
    const headers = { 'content-type': 'application/json' };
    const broken = await send(url, 'PUT', PATH, headers, '{"key":"c0ffee"');
    expect(broken).toMatchObject({ status: 400, body: { detail: 'the body is not JSON' } });
    expect(broken.text).not.toContain('c0ffee');
    expect(await call('PUT', PATH, PSK, { 'content-type': 'text/plain' })).toMatchObject({ status: 400 });
    expect(await call('PUT', PATH, { ...PSK, key: '0'.repeat(limits.bodyBytes) })).toMatchObject({ status: 413 });
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s by who may not administer', async (method) => {
    const { call, credentials } = await scene();
    await credentials.set('dev', { mode: 'psk', identity: 'id', key: new Uint8Array([1]) });
    const body = method === 'PUT' ? PSK : undefined;
    expect(await call(method, PATH, body, { 'x-permissions': 'none' })).toMatchObject({ status: 401 });
    expect(await call(method, PATH, body, { 'x-permissions': 'read,operate,ingest' })).toMatchObject({ status: 403 });
    expect(await credentials.pskKey('id')).toEqual(new Uint8Array([1]));
    expect((await call(method, PATH, body)).status).toBeLessThan(300);
  });
});

test('the document shows what is taken in', async () => {
  const { credentials } = await scene();
  const document = openApiDocument(credentialRoutes({ credentials, server: 'lwm2m' }), { version: '1' });
  expect(JSON.stringify(document)).toContain('In hexadecimal. It can not be read back');
});
