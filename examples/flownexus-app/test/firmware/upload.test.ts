import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { uploadRoute } from '../../src/firmware/upload-route.ts';
import { ApiError } from '../../src/http/errors.ts';
import { onEachDatabase } from '../support/test-database.ts';
import { testRoutes } from '../support/test-routes.ts';
import { BINARY, COLLECTION, firmwareHost, image, sha256, uploaded } from './firmware-host.ts';

const IMAGE = image(300_000);
const DIGEST = createHash('sha256').update(IMAGE).digest('base64');

/** An upload whose body is written by hand. */
function openUpload(url: string, query: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(url);
  const path = `${COLLECTION}?${query}`;
  const outgoing = request({ host: hostname, port, method: 'POST', path, headers: { ...BINARY, ...headers }, agent: false }); // prettier-ignore
  const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
  });
  return { outgoing, answer };
}

onEachDatabase('uploads', (kind) => {
  test('a package is stored with its size and digest, and shown by all routes', async () => {
    const host = await firmwareHost({ kind });
    const answer = await host.upload('version=1.0&fileName=app%20%C3%A4.bin&notes=first', IMAGE);
    const item = uploaded(answer);
    expect(item).toMatchObject({ version: '1.0', fileName: 'app ä.bin', notes: 'first', size: 300_000, sha256: sha256(IMAGE), createdBy: 'anna', damage: null, downloads: { started: 0, completed: 0, bytes: 0 } }); // prettier-ignore
    expect(item.path).toMatch(/^\/media\/firmware\/[\w-]{22}\/app%20%C3%A4\.bin$/);
    expect(item.coapPath).toMatch(/^\/f\/[\w-]{22}$/);
    expect(answer.headers['location']).toBe(`${COLLECTION}/${item.id}`);
    expect(readFileSync(join(host.folder, item.id))).toEqual(IMAGE);
    expect(statSync(join(host.folder, item.id)).mode & 0o777).toBe(0o600);
    expect(await host.list()).toEqual([item]);
    expect((await host.get(`${COLLECTION}/${item.id}`)).body).toEqual(item);
    const csv = await host.get(COLLECTION, { accept: 'text/csv' });
    expect(csv.text).toContain(`,1.0,app ä.bin,300000,${sha256(IMAGE)},first,`);
    const file = await host.get(`${COLLECTION}/${item.id}/file`, { range: 'bytes=10-19' });
    expect(file).toMatchObject({ status: 206, headers: { 'content-type': 'application/octet-stream' } });
    expect(file.headers['content-disposition']).toContain('attachment');
    expect(file.bytes).toEqual(IMAGE.subarray(10, 20));
    expect(await host.list()).toEqual([item]);
  });

  test('notes are changed, and a package is deleted unless an update needs it', async () => {
    const needed = new Set<string>();
    const host = await firmwareHost({ kind, inUse: (id) => needed.has(id) });
    const { id, path } = uploaded(await host.upload('version=1.0', IMAGE));
    const change = (notes: unknown) =>
      host.call('PATCH', `${COLLECTION}/${id}`, { 'content-type': 'application/json' }, JSON.stringify({ notes }));
    expect(await change('x')).toMatchObject({ status: 200, body: { id, notes: 'x' } });
    expect(await change('x'.repeat(1_001))).toMatchObject({ status: 400 });
    expect(await change(null)).toMatchObject({ status: 200, body: { notes: null } });
    needed.add(id);
    expect(await host.call('DELETE', `${COLLECTION}/${id}`)).toMatchObject({ status: 409 });
    expect((await host.get(path)).status).toBe(200);
    needed.delete(id);
    expect(await host.call('DELETE', `${COLLECTION}/${id}`)).toMatchObject({ status: 204 });
    expect(host.files()).toEqual([]);
    for (const [method, at] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/file'],
    ] as const) {
      const answer = method === 'PATCH' ? await change('y') : await host.call(method, `${COLLECTION}/${id}${at}`);
      expect(answer, method).toMatchObject({ status: 404 });
    }
    expect((await host.get(path)).status).toBe(404);
    expect(await (await firmwareHost({ database: host.database, dataDirectory: host.dataDirectory })).firmware.packages.open(id)).toBeUndefined(); // prettier-ignore
    uploaded(await host.upload('version=1.0', IMAGE));
  });

  test('a version is there once: the second is refused before its bytes are read, also while the first is uploaded', async () => {
    const host = await firmwareHost({ kind });
    const first = openUpload(host.url, 'version=1.0', { 'content-length': String(IMAGE.length) });
    first.outgoing.write(IMAGE.subarray(0, 1_000));
    await vi.waitFor(() => expect(host.files()).toHaveLength(1));
    const second = openUpload(host.url, 'version=1.0', { 'content-length': '500000000' });
    second.outgoing.write('x');
    expect(await second.answer).toMatchObject({ status: 409 });
    first.outgoing.end(IMAGE.subarray(1_000));
    expect(await first.answer).toMatchObject({ status: 201 });
    second.outgoing.destroy();
    const third = openUpload(host.url, 'version=1.0', { 'content-length': '500000000' });
    third.outgoing.write('x');
    expect(await third.answer).toMatchObject({ status: 409 });
    third.outgoing.destroy();
    expect(await host.list()).toMatchObject([{ version: '1.0', sha256: sha256(IMAGE) }]);
    expect(host.files()).toHaveLength(1);
  });
});

test('of an upload that breaks off nothing is left', async () => {
  const host = await firmwareHost();
  for (const headers of [{ 'content-length': String(IMAGE.length) }, { 'transfer-encoding': 'chunked' }]) {
    const { outgoing, answer } = openUpload(host.url, 'version=1.0', headers);
    outgoing.write(IMAGE.subarray(0, 100_000));
    await vi.waitFor(() => expect(host.files()).toHaveLength(1));
    outgoing.destroy();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(host.files()).toEqual([]));
  }
  expect(await host.list()).toEqual([]);
  uploaded(await host.upload('version=1.0', IMAGE));
});

test('an upload without a length is bounded by what comes', async () => {
  const host = await firmwareHost({ settings: { maxFirmwareBytes: 1_000_000 } });
  const { outgoing, answer } = openUpload(host.url, 'version=1.0', { 'transfer-encoding': 'chunked' });
  outgoing.on('error', () => undefined);
  outgoing.write(Buffer.alloc(1_000_001));
  expect(await answer).toMatchObject({ status: 413 });
  outgoing.destroy();
  expect(host.files()).toEqual([]);
  const whole = openUpload(host.url, 'version=1.0', { 'transfer-encoding': 'chunked' });
  whole.outgoing.end(IMAGE);
  expect(await whole.answer).toMatchObject({ status: 201 });
  expect(await host.list()).toMatchObject([{ sha256: sha256(IMAGE) }]);
});

test('a length that is too large is refused at once', async () => {
  const host = await firmwareHost({ settings: { maxFirmwareBytes: 1_000 } });
  const { outgoing, answer } = openUpload(host.url, 'version=1.0', { 'content-length': '1001' });
  outgoing.flushHeaders();
  expect(await answer).toMatchObject({ status: 413 });
  outgoing.destroy();
  uploaded(await host.upload('version=1.0', IMAGE.subarray(0, 1_000)));
});

test('all packages together are bounded, those too that are being uploaded', async () => {
  const host = await firmwareHost({ settings: { firmwareStorageBytes: 700_000 } });
  const first = openUpload(host.url, 'version=1.0', { 'content-length': String(IMAGE.length) });
  first.outgoing.write(IMAGE.subarray(0, 10));
  await vi.waitFor(() => expect(host.files()).toHaveLength(1));
  uploaded(await host.upload('version=2.0', IMAGE));
  expect(await host.upload('version=3.0', IMAGE)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('700000') as unknown } }); // prettier-ignore
  first.outgoing.end(IMAGE.subarray(10));
  expect(await first.answer).toMatchObject({ status: 201 });
  expect(await host.list()).toHaveLength(2);
  uploaded(await host.upload('version=3.0', IMAGE.subarray(0, 100_000)));
});

test('a digest that was said is verified', async () => {
  const host = await firmwareHost();
  const wrong = sha256(Buffer.from('x'));
  expect(await host.upload(`version=1.0&sha256=${wrong}`, IMAGE)).toMatchObject({ status: 422 });
  const other = `sha-256=:${Buffer.from(wrong, 'hex').toString('base64')}:`;
  for (const name of ['repr-digest', 'content-digest']) {
    expect(await host.upload('version=1.0', IMAGE, { [name]: other })).toMatchObject({ status: 422 });
    expect(await host.upload('version=1.0', IMAGE, { [name]: 'sha-256=abc' })).toMatchObject({ status: 400, body: { errors: [{ path: `header.${name}` }] } }); // prettier-ignore
  }
  expect(host.files()).toEqual([]);
  uploaded(await host.upload(`version=1.0&sha256=${sha256(IMAGE).toUpperCase()}`, IMAGE));
  uploaded(await host.upload('version=2.0', IMAGE, { 'repr-digest': `sha-512=:AAAA:, sha-256=:${DIGEST}:` }));
  uploaded(await host.upload('version=3.0', IMAGE, { 'content-digest': 'md5=:AAAA:' }));
});

test('what is wrong is refused with its path', async () => {
  const host = await firmwareHost();
  for (const [path, query] of [
    ['query.version', 'fileName=a'],
    ['query.version', 'version='],
    ['query.version', `version=${'x'.repeat(101)}`],
    ['query.version', 'version=a%00'],
    ['query.version', 'version=a%0A'],
    ['query.fileName', 'version=1&fileName=..'],
    ['query.fileName', 'version=1&fileName=a%2Fb'],
    ['query.fileName', 'version=1&fileName=a%5Cb'],
    ['query.fileName', `version=1&fileName=${'x'.repeat(256)}`],
    ['query.notes', 'version=1&notes=%00'],
    ['query.sha256', 'version=1&sha256=abc'],
    ['query', 'version=1&other=1'],
  ] as const) {
    const { status, body } = await host.upload(query, IMAGE);
    expect(status, query).toBe(400);
    expect((body as { errors: { path: string }[] }).errors[0], query).toMatchObject({ path });
  }
  expect(host.files()).toEqual([]);
});

test('an empty body, another type and an encoding are refused', async () => {
  const host = await firmwareHost();
  expect(await host.upload('version=1.0', Buffer.alloc(0))).toMatchObject({ status: 400 });
  expect(await host.upload('version=1.0', IMAGE, { 'content-type': 'multipart/form-data; boundary=x' })).toMatchObject({ status: 415 }); // prettier-ignore
  expect(await host.upload('version=1.0', IMAGE, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  expect(host.files()).toEqual([]);
});

test('an upload needs the right to operate, and who has none learns it before the body is read', async () => {
  const host = await firmwareHost();
  for (const [rights, status] of [
    ['none', 401],
    ['read', 403],
  ] as const) {
    const { outgoing, answer } = openUpload(host.url, 'version=1.0', { 'content-length': '100000000', 'x-permissions': rights }); // prettier-ignore
    outgoing.write('x');
    expect(await answer).toMatchObject({ status });
    outgoing.destroy();
  }
});

test('a client that sends all before it looks gets its answer, too', async () => {
  const host = await firmwareHost({ settings: { maxFirmwareBytes: 10 } });
  expect(await host.upload('version=1.0', image(20_000_000))).toMatchObject({ status: 413 });
});

test('who comes while too many are being uploaded is told when to try again', async () => {
  const refused = new ApiError(429, 'too-many-requests', 'too many');
  const never = (): never => {
    throw new Error('nothing is stored');
  };
  const { call } = await testRoutes([
    uploadRoute({ repository: { add: () => Promise.reject(refused) }, itemOf: never }),
  ]);
  expect(await call('POST', `${COLLECTION}?version=1.0`)).toMatchObject({
    status: 429,
    headers: { 'retry-after': '60' },
  });
});

test('packages are listed page by page, the newest first', async () => {
  const host = await firmwareHost();
  for (const version of ['1', '2', '3', '4', '5'])
    uploaded(await host.upload(`version=${version}`, IMAGE.subarray(0, 9)));
  const all = await host.list();
  const pages: unknown[] = [];
  for (let cursor = ''; ;) {
    const { body } = await host.get(`${COLLECTION}?limit=2${cursor}`);
    const { items, nextCursor } = body as { items: unknown[]; nextCursor: string | null };
    expect(items.length).toBeLessThanOrEqual(2);
    pages.push(...items);
    if (nextCursor === null) break;
    cursor = `&cursor=${nextCursor}`;
  }
  expect(pages).toEqual(all);
  expect(all.map(({ createdAt }) => createdAt)).toEqual(
    all
      .map(({ createdAt }) => createdAt)
      .sort()
      .reverse(),
  );
  expect(await host.get(`${COLLECTION}?cursor=1.x`)).toMatchObject({ status: 400 });
});
