import { connect } from 'node:net';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { COLLECTION, firmwareHost, image, sha256, uploaded } from './firmware-host.ts';

const IMAGE = image(3_000_000);

/** Everything that comes until the connection ends. */
async function raw(url: string, text: string): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a device fetches the package without a login, whole and in ranges', async () => {
  const host = await firmwareHost();
  const { path } = uploaded(await host.upload('version=1.0&fileName=app.bin', IMAGE));
  const nobody = { 'x-permissions': 'none' };
  const whole = await host.get(path, nobody);
  expect(whole).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': '3000000',
      'accept-ranges': 'bytes',
      etag: `"${sha256(IMAGE)}"`,
    },
  });
  expect(sha256(whole.bytes)).toBe(sha256(IMAGE));
  const compressible = await host.get(path, { ...nobody, 'accept-encoding': 'gzip, br' });
  expect(compressible.headers).not.toHaveProperty('content-encoding');
  const range = await host.get(path, { ...nobody, range: 'bytes=1000-1999' });
  expect(range).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 1000-1999/3000000', 'content-length': '1000' } }); // prettier-ignore
  expect(range.bytes).toEqual(IMAGE.subarray(1_000, 2_000));
  expect((await host.get(path, { ...nobody, range: 'bytes=-10' })).bytes).toEqual(IMAGE.subarray(-10));
  expect(await host.get(path, { ...nobody, range: 'bytes=3000000-' })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */3000000' } }); // prettier-ignore
  const head = await host.call('HEAD', path, nobody);
  expect(head).toMatchObject({ status: 200, headers: { 'content-length': '3000000' }, text: '' });
  for (const [etag, status] of [
    [`"${sha256(IMAGE)}"`, 206],
    ['"other"', 200],
  ] as const) {
    expect((await host.get(path, { ...nobody, range: 'bytes=0-9', 'if-range': etag })).status).toBe(status);
  }
  expect(await host.get(path, { ...nobody, 'if-none-match': `"${sha256(IMAGE)}"` })).toMatchObject({ status: 304 });
  expect(await host.get(path, { ...nobody, 'if-match': '"other"' })).toMatchObject({ status: 412 });
});

test('slashes may be doubled, and the file name is for people', async () => {
  const host = await firmwareHost();
  const { path } = uploaded(await host.upload('version=1.0&fileName=app.bin', IMAGE));
  const token = path.split('/')[3] ?? '';
  for (const address of [
    `/${path}`,
    path.replaceAll('/', '//'),
    `//media/firmware/${token}`,
    `/media/firmware/${token}/other?x=1`,
  ]) {
    // prettier-ignore
    expect((await host.call('HEAD', address)).status, address).toBe(200);
  }
  const text = await raw(host.url, `GET /${path} HTTP/1.0\r\nHost: x\r\n\r\n`);
  const end = text.indexOf('\r\n\r\n');
  expect(text.subarray(0, end).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nContent-Length: 3000000\r\n/);
  expect(text.subarray(0, end).toString()).not.toMatch(/transfer-encoding/i);
  expect(sha256(text.subarray(end + 4))).toBe(sha256(IMAGE));
});

test('what is not there is not told from anything else, and nothing is listed', async () => {
  const host = await firmwareHost();
  const { id, path } = uploaded(await host.upload('version=1.0', IMAGE));
  const token = path.split('/')[3] ?? '';
  const shapes = new Set<string>();
  for (const address of [
    '/media/firmware',
    '/media/firmware/',
    '/media/firmware/x',
    `/media/firmware/${id}`,
    `/media/firmware/${token.toLowerCase()}x/firmware.bin`,
    `/media/firmware/${token}/a/b`,
    `/media/firmware/${token}/..%2f..%2fx/y`,
    '/media/firmware/%zz/a',
    '/media/firmware/__proto__/a',
    '/media/firmware//../flownexus.db',
  ]) {
    // prettier-ignore
    const { status, text } = await host.get(address);
    expect(status, address).toBe(404);
    shapes.add(text);
  }
  expect(shapes.size).toBe(1);
  expect(await host.call('POST', path)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
});

test('downloads are counted, and the counts are kept', async () => {
  const host = await firmwareHost();
  const { id, path } = uploaded(await host.upload('version=1.0', IMAGE));
  const downloads = async () => (await host.list())[0]?.downloads;
  await host.get(path);
  await vi.waitFor(async () => expect(await downloads()).toEqual({ started: 1, completed: 1, bytes: 3_000_000 }));
  await host.call('HEAD', path);
  await host.get(path, { 'if-none-match': `"${sha256(IMAGE)}"` });
  await host.get(path, { range: 'bytes=9000000-' });
  await host.get(path, { range: 'bytes=0-999999' });
  await host.get(path, { range: 'bytes=1000000-' });
  await vi.waitFor(async () => expect(await downloads()).toEqual({ started: 2, completed: 2, bytes: 6_000_000 }));
  await new Promise<void>((resolve) => {
    httpGet(`${host.url}${path.slice(1)}`, (response) => response.once('data', () => response.destroy())).on(
      'close',
      resolve,
    );
  });
  await vi.waitFor(async () => expect(await downloads()).toMatchObject({ started: 3, completed: 2 }));
  await vi.waitFor(async () => expect((await downloads())?.bytes).toBeGreaterThan(6_000_000));
  const counted = await downloads();
  await host.firmware.stop();
  const again = await firmwareHost({ database: host.database, dataDirectory: host.dataDirectory });
  expect((await again.list())[0]).toMatchObject({ id, downloads: counted });
});

test('after a restart the addresses are the same, and what uploads have left is gone', async () => {
  const host = await firmwareHost();
  const item = uploaded(await host.upload('version=1.0', IMAGE));
  const stale = '01234567-89ab-4cde-8f01-23456789abcd';
  for (const name of [stale, `${stale}.part`, `${item.id}.part`, 'README']) writeFileSync(join(host.folder, name), 'x');
  await host.firmware.stop();
  const again = await firmwareHost({ database: host.database, dataDirectory: host.dataDirectory });
  expect(again.files().sort()).toEqual([item.id, 'README'].sort());
  expect(await again.list()).toEqual([item]);
  expect(sha256((await again.get(item.path)).bytes)).toBe(sha256(IMAGE));
  expect(again.logged).toEqual([]);
});

test('a package whose file is gone or cut is told in the log, and answered with the reason', async () => {
  const host = await firmwareHost();
  const [gone, cut] = [uploaded(await host.upload('version=1', IMAGE)), uploaded(await host.upload('version=2', IMAGE))]; // prettier-ignore
  rmSync(join(host.folder, gone.id));
  expect(await host.get(gone.path)).toMatchObject({ status: 410 });
  expect((await host.get(gone.path)).headers).not.toHaveProperty('etag');
  truncateSync(join(host.folder, cut.id), 10);
  await host.firmware.stop();
  const again = await firmwareHost({ database: host.database, dataDirectory: host.dataDirectory });
  expect(again.logged).toMatchObject([{ level: 50, firmware: gone.id, reason: 'its file is not there' }, { level: 50, firmware: cut.id, reason: 'its file has 10 bytes and not 3000000' }]); // prettier-ignore
  for (const { id, path } of [gone, cut]) {
    for (const at of [path, `${COLLECTION}/${id}/file`]) expect(await again.get(at)).toMatchObject({ status: 410 });
    expect(again.firmware.packageUri({ update: { packageId: id, endpointName: 'dev' }, scheme: 'http' })).toBeUndefined(); // prettier-ignore
    await expect(async () => again.firmware.packages.open(id)).rejects.toThrow('its file');
    expect((await again.get(`${COLLECTION}/${id}`)).body).toMatchObject({ damage: expect.stringContaining('its file') as unknown, coapPath: null }); // prettier-ignore
    expect(await again.call('DELETE', `${COLLECTION}/${id}`)).toMatchObject({ status: 204 });
  }
});

test('the updater gets the bytes of a package', async () => {
  const host = await firmwareHost();
  const { id } = uploaded(await host.upload('version=1.0', IMAGE));
  const found = (of: string) => host.firmware.using(of, (stored) => Promise.resolve(stored));
  expect(await found(id)).toMatchObject({ version: '1.0', size: 3_000_000 });
  expect(await found('x')).toBeUndefined();
  expect(await host.firmware.packages.open('x')).toBeUndefined();
  const source = await host.firmware.packages.open(id);
  expect(source?.size).toBe(3_000_000);
  expect(await source?.read(1_000, 1_024)).toEqual(new Uint8Array(IMAGE.subarray(1_000, 2_024)));
  await source?.[Symbol.asyncDispose]?.();
});
