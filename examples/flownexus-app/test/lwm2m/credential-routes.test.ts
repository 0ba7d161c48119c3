import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { send, testHttp, TOKEN, type Answer } from '../support/test-http.ts';

const PATH = '/api/v1/endpoints/dev/credentials';
const JSON_TYPE = { 'content-type': 'application/json' };
const PSK = { mode: 'psk', identity: 'id', key: '00ff' };

async function credentialsHttp(options: { apiToken?: string } = {}) {
  const http = await testHttp(options);
  const put = (body: unknown, path = PATH): Promise<Answer> =>
    send(http.url, 'PUT', path, JSON_TYPE, typeof body === 'string' ? body : JSON.stringify(body));
  return { ...http, put, remove: (path = PATH) => send(http.url, 'DELETE', path) };
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
    const { put, get } = await credentialsHttp();
    expect(await put(body)).toMatchObject({ status: 201, body: shown });
    const answer = await get(PATH);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual(shown);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).not.toContain('00ff');
    // It is no endpoint by that.
    expect((await get('/api/v1/endpoints')).body).toEqual({ items: [], nextCursor: null });
  });

  test('takes the place of another', async () => {
    const { put, get, database } = await credentialsHttp();
    await put(PSK);
    expect(await put({ mode: 'x509', commonName: 'cn' })).toMatchObject({ status: 200 });
    expect((await get(PATH)).body).toEqual({ mode: 'x509', commonName: 'cn' });
    expect(database.credentials.pskKey('id')).toBeUndefined();
  });

  test('is removed', async () => {
    const { put, get, remove } = await credentialsHttp();
    await put(PSK);
    expect(await remove()).toMatchObject({ status: 204, text: '' });
    const gone = {
      status: 404,
      body: { error: { code: 'no-credentials', message: 'the endpoint "dev" has no credentials' } },
    };
    expect(await get(PATH)).toMatchObject(gone);
    expect(await remove()).toMatchObject(gone);
  });

  test('whose identity another endpoint has is a conflict', async () => {
    const { put, get } = await credentialsHttp();
    await put(PSK);
    expect(await put(PSK, '/api/v1/endpoints/other/credentials')).toMatchObject({
      status: 409,
      body: { error: { code: 'identity-taken', message: 'another endpoint has this identity' } },
    });
    expect(await get('/api/v1/endpoints/other/credentials')).toMatchObject({ status: 404 });
    expect(await put({ ...PSK, key: '01' })).toMatchObject({ status: 200 });
  });

  test.each(['a/b', 'ü', '"><script>', 'a b', "'; --"])('of an endpoint with the name %j', async (name) => {
    const { put, get } = await credentialsHttp();
    const path = `/api/v1/endpoints/${encodeURIComponent(name)}/credentials`;
    expect(await put(PSK, path)).toMatchObject({ status: 201 });
    expect(await get(path)).toMatchObject({ status: 200 });
  });

  test.each([
    ['%00', 'the endpoint name has a control character'],
    ['x'.repeat(256), 'the endpoint name is too long'],
  ])('of what can be nobody is refused: %s', async (name, message) => {
    const { put } = await credentialsHttp();
    expect(await put(PSK, `/api/v1/endpoints/${name}/credentials`)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad-request', message } },
    });
  });
});

const MODE = 'mode must be psk, x509 or rpk';
const KEY = 'key must be 1 to 128 bytes in hexadecimal';
const IDENTITY = 'identity must be 1 to 255 bytes of text without control characters';
const FINGERPRINT = 'fingerprint must be a SHA-256 in hexadecimal: 64 digits';
const PUBLIC_KEY = 'publicKey must be a SubjectPublicKeyInfo in base64 with an EC key on P-256 or P-384';

describe('refused is', () => {
  test.each([
    ['no object', '[]', 'the body must be a JSON object, with Content-Type: application/json'],
    ['no mode', {}, MODE],
    ['another mode', { ...PSK, mode: 'none' }, MODE],
    ['no key', { mode: 'psk', identity: 'id' }, 'key is missing'],
    ['an empty key', { ...PSK, key: '' }, KEY],
    ['half a byte', { ...PSK, key: '0' }, KEY],
    ['a key that is not hexadecimal', { ...PSK, key: 'secret' }, KEY],
    ['a long key', { ...PSK, key: '00'.repeat(129) }, KEY],
    ['no identity', { mode: 'psk', key: '00' }, 'identity is missing'],
    ['an empty identity', { ...PSK, identity: '' }, IDENTITY],
    ['a long identity', { ...PSK, identity: 'ü'.repeat(128) }, IDENTITY],
    ['an identity with a control character', { ...PSK, identity: 'a\nb' }, IDENTITY],
    ['an identity that is no Unicode', '{"mode":"psk","identity":"\\ud800","key":"00"}', IDENTITY],
    ['a number for an identity', { ...PSK, identity: 5 }, IDENTITY],
    ['a field that is not known', { ...PSK, comment: 'x' }, 'a credential of this mode has no field "comment"'],
    [
      'neither name nor fingerprint',
      { mode: 'x509' },
      'commonName or fingerprint is missing',
    ],
    [
      'name and fingerprint',
      { mode: 'x509', commonName: 'cn', fingerprint: 'ab'.repeat(32) },
      'a credential of mode x509 has a commonName or a fingerprint, not both',
    ],
    ['a short fingerprint', { mode: 'x509', fingerprint: 'ab' }, FINGERPRINT],
    ['no base64', { mode: 'rpk', publicKey: '!' }, PUBLIC_KEY],
    ['no key', { mode: 'rpk', publicKey: 'AAAA' }, PUBLIC_KEY],
    ['a key of another curve', { mode: 'rpk', publicKey: spki(generateKeyPairSync('ed25519').publicKey) }, PUBLIC_KEY],
    ['more than a key', { mode: 'rpk', publicKey: Buffer.concat([Buffer.from(P256, 'base64'), Buffer.of(0)]).toString('base64') }, PUBLIC_KEY],
  ])('%s, with the reason', async (_name, body, message) => {
    const { put, get } = await credentialsHttp();
    expect(await put(body)).toMatchObject({ status: 400, body: { error: { code: 'bad-body', message } } });
    expect(await get(PATH)).toMatchObject({ status: 404 });
  }); // prettier-ignore

  test('a body that is not JSON, that is none, or that is too large, without quoting it', async () => {
    const { put, url } = await credentialsHttp();
    const broken = await put('{"key":"c0ffee"');
    expect(broken).toMatchObject({
      status: 400,
      body: { error: { code: 'bad-body', message: 'the body is not JSON' } },
    });
    expect(broken.text).not.toContain('c0ffee');
    expect(await send(url, 'PUT', PATH, { 'content-type': 'text/plain' }, JSON.stringify(PSK))).toMatchObject({
      status: 400,
      body: { error: { code: 'bad-body' } },
    });
    expect(await put({ ...PSK, key: '0'.repeat(limits.bodyBytes) })).toMatchObject({
      status: 413,
      body: { error: { code: 'bad-body', message: 'the body is too large' } },
    });
  });

  test('another method', async () => {
    const { url } = await credentialsHttp();
    expect(await send(url, 'POST', PATH, JSON_TYPE, '{}')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, PUT, DELETE' },
    });
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s by who is not authorised', async (method) => {
    const { url, database } = await credentialsHttp({ apiToken: TOKEN });
    database.credentials.set('dev', { mode: 'psk', identity: 'id', key: new Uint8Array([1]) });
    const body = method === 'PUT' ? JSON.stringify(PSK) : '';
    const asStranger = { ...JSON_TYPE, host: 'evil.example' };
    expect(await send(url, method, PATH, asStranger, body)).toMatchObject({ status: 401 });
    expect(await send(url, method, PATH, { ...asStranger, authorization: 'Bearer no' }, body)).toMatchObject({
      status: 401,
    });
    expect(database.credentials.pskKey('id')).toEqual(new Uint8Array([1]));
    const answer = await send(url, method, PATH, { ...asStranger, authorization: `Bearer ${TOKEN}` }, body);
    expect(answer.status).toBeLessThan(300);
  });
});
