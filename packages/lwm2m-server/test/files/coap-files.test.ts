import { Code, CoapClient, formatCode, OptionNumber, uintOption, type CoapResponse } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { bytesSource, CoapFiles, type CoapFilesOptions } from '../../src/index.ts';
import { SERVER, Stage } from '../scripted-device.ts';
import { KEY, psk, SecuredStage } from '../secured-stage.ts';

const IMAGE = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
const BASE = `coap://${SERVER.host}:${SERVER.port}`;

async function serving(options: CoapFilesOptions = {}) {
  const files = new CoapFiles({ random: seededRandom(5), ...options });
  const stage = await Stage.start({ resources: [files] });
  const client = new CoapClient({ transport: stage.network.transport({ host: '192.0.2.9', port: 50_000 }), ...stage });
  const get = (path: string, fields: { accept?: number; method?: number; blockSize?: number } = {}) =>
    stage.clock.runUntil(client.request(`${BASE}${path}`, fields));
  return { files, stage, get };
}

function codeOf({ code }: Pick<CoapResponse, 'code'>): string {
  return formatCode(code);
}

describe('files over CoAP', () => {
  test('come whole, in blocks, with their size and one ETag', async () => {
    const { files, stage, get } = await serving();
    const source = bytesSource(IMAGE);
    const { path } = files.add(source);
    const response = await get(path);
    expect(response.payload).toEqual(IMAGE);
    expect(response).toMatchObject({ code: Code.CONTENT, contentFormat: 42, etag: source.etag });
    expect(uintOption(response.options, OptionNumber.SIZE2)).toBe(IMAGE.length);
    expect(stage.taken()).toEqual([]);
  });

  test('come in blocks as small as a device wants them', async () => {
    const { files, stage, get } = await serving();
    expect((await get(files.add(bytesSource(IMAGE)).path, { blockSize: 64 })).payload).toEqual(IMAGE);
    expect(stage.network.log.length).toBeGreaterThan(2 * Math.floor(IMAGE.length / 64));
  });

  test('have paths that nobody guesses, no two alike, short enough for Zephyr', async () => {
    const { files } = await serving();
    const paths = [1, 2, 3].map(() => files.add(bytesSource(IMAGE)).path);
    expect(new Set(paths).size).toBe(3);
    for (const path of paths) expect(path).toMatch(/^\/f\/[A-Za-z0-9_-]{22}$/);
  });

  test('have the name that they are given, and the Content-Format', async () => {
    const { files, get } = await serving({ path: 'images' });
    expect(files.add(bytesSource(IMAGE), { name: 'app-2.0.bin', contentFormat: 60 }).path).toBe('/images/app-2.0.bin');
    expect(await get('/images/app-2.0.bin')).toMatchObject({ contentFormat: 60, payload: IMAGE });
  });

  test('are found behind double slashes', async () => {
    const { files, get } = await serving();
    files.add(bytesSource(IMAGE), { name: 'a' });
    for (const path of ['//f/a', '/f//a', '//f///a/']) expect(codeOf(await get(path))).toBe('2.05');
  });

  test.each(['/f', '/f/', '/f/b', '/f/a/b', '/f/a/a', '/f/%2e%2e/f/a%2f', '/g/a', '/a', '/f/..%2fa', '/f/A'])(
    'are not what is at %s',
    async (path) => {
      const { files, get } = await serving();
      files.add(bytesSource(IMAGE), { name: 'a' });
      expect(codeOf(await get(path))).toBe('4.04');
    },
  );

  test('are got and nothing else, in their Content-Format', async () => {
    const { files, get } = await serving();
    const { path } = files.add(bytesSource(IMAGE));
    expect(codeOf(await get(path, { method: Code.PUT }))).toBe('4.05');
    expect(codeOf(await get(path, { accept: 42 }))).toBe('2.05');
    expect(codeOf(await get(path, { accept: 0 }))).toBe('4.06');
  });

  test('are gone when they are removed, and another of their name stays', async () => {
    const { files, get } = await serving();
    const first = files.add(bytesSource(IMAGE), { name: 'a' });
    first.remove();
    expect(codeOf(await get('/f/a'))).toBe('4.04');
    files.add(bytesSource(IMAGE), { name: 'a' });
    first.remove();
    expect(codeOf(await get('/f/a'))).toBe('2.05');
    expect(files.size).toBe(1);
  });

  test.each(['', '.', '..', 'a/b', 'ä', 'a b', 'a'.repeat(65)])('can not have the name "%s"', (name) => {
    expect(() => new CoapFiles().add(bytesSource(IMAGE), { name })).toThrow(TypeError);
    expect(() => new CoapFiles({ path: name })).toThrow(TypeError);
  });

  test('are bounded in number, and have names of their own', () => {
    const files = new CoapFiles({ maxFiles: 2 });
    files.add(bytesSource(IMAGE), { name: 'a' });
    expect(() => files.add(bytesSource(IMAGE), { name: 'a' })).toThrow(TypeError);
    files.add(bytesSource(IMAGE));
    expect(() => files.add(bytesSource(IMAGE))).toThrow(expect.objectContaining({ code: 'ERR_LWM2M_SERVER_LIMIT' }));
  });
});

describe('a file for one endpoint', () => {
  test('is for who has proven to be it, and there for nobody else', async () => {
    const files = new CoapFiles();
    const stage = await SecuredStage.start({ resources: [files] });
    stage.credentials.set('other', { mode: 'psk', identity: 'other id', key: KEY });
    files.add(bytesSource(IMAGE), { name: 'a', endpointName: 'dev' });
    const codes = [];
    for (const device of [
      stage.proven(50_001, psk('id')),
      stage.proven(50_002, psk('other id')),
      stage.proven(50_003, psk('unknown id')),
      stage.device(50_004),
    ]) {
      device.request(Code.GET, { path: ['f', 'a'] });
      codes.push(codeOf(await device.one()));
    }
    expect(codes).toEqual(['2.05', '4.04', '4.04', '4.04']);
    expect(stage.taken()).toEqual([]);
  });

  test('is not told of by a method that it does not have', async () => {
    const files = new CoapFiles();
    const stage = await SecuredStage.start({ resources: [files] });
    files.add(bytesSource(IMAGE), { name: 'a', endpointName: 'dev' });
    const device = stage.device();
    device.request(Code.PUT, { path: ['f', 'a'] });
    expect(codeOf(await device.one())).toBe('4.04');
  });

  test('is gone in the middle when the credential is another endpoint by then', async () => {
    const files = new CoapFiles();
    const stage = await SecuredStage.start({ resources: [files] });
    files.add(bytesSource(IMAGE), { name: 'a', endpointName: 'dev' });
    const device = stage.proven(50_001, psk('id'));
    device.request(Code.GET, { path: ['f', 'a'] });
    expect(codeOf(await device.one())).toBe('2.05');
    stage.credentials.delete('dev');
    device.request(Code.GET, { path: ['f', 'a'] });
    expect(codeOf(await device.one())).toBe('4.04');
  });

  test('is answered 5.00 while the credentials can not be asked', async () => {
    const files = new CoapFiles();
    const stage = await SecuredStage.start({ resources: [files] });
    stage.credentials.endpointNameOf = () => {
      throw new Error('no database');
    };
    files.add(bytesSource(IMAGE), { name: 'a', endpointName: 'dev' });
    const device = stage.proven(50_001, psk('id'));
    device.request(Code.GET, { path: ['f', 'a'] });
    expect(codeOf(await device.one())).toBe('5.00');
    expect(stage.taken()).toEqual([expect.stringContaining('no database')]);
  });
});

describe('a package', () => {
  test('is opened and found by its id: the file of the endpoint, else the one for all', () => {
    const files = new CoapFiles();
    const own = files.add(bytesSource(IMAGE.subarray(1)), { packageId: 'app', endpointName: 'dev', name: 'b' });
    expect(files.open('app')?.size).toBe(IMAGE.length - 1);
    const shared = files.add(bytesSource(IMAGE), { packageId: 'app', name: 'a' });
    const { size, etag } = bytesSource(IMAGE);
    expect(files.open('app')).toMatchObject({ size, etag });
    expect(files.open('app')?.read(1, 2)).toEqual(IMAGE.subarray(1, 3));
    expect([files.pathOf('app', 'dev'), files.pathOf('app', 'other')]).toEqual(['/f/b', '/f/a']);
    own.remove();
    expect(files.pathOf('app', 'dev')).toBe('/f/a');
    shared.remove();
    expect([files.open('app'), files.pathOf('app', 'dev')]).toEqual([undefined, undefined]);
  });

  test('is served still when what was opened of it is disposed of', () => {
    const files = new CoapFiles();
    const source = { ...bytesSource(IMAGE), [Symbol.asyncDispose]: () => Promise.resolve() };
    files.add(source, { packageId: 'app' });
    expect(Object.hasOwn(files.open('app') ?? source, Symbol.asyncDispose)).toBe(false);
  });

  test('has a path that nobody guesses, and the same after a restart, where there is a secret', () => {
    const secret = new Uint8Array(16).fill(7);
    const paths = (options: CoapFilesOptions) => {
      const files = new CoapFiles(options);
      const source = bytesSource(IMAGE);
      return [
        files.add(source, { packageId: 'app' }).path,
        files.add(source, { packageId: 'app', endpointName: 'dev' }).path,
        files.add(source).path,
      ];
    };
    const first = paths({ secret });
    const again = paths({ secret });
    expect(again.slice(0, 2)).toEqual(first.slice(0, 2));
    expect(new Set([...first, ...again]).size).toBe(4);
    expect(paths({ secret: secret.with(0, 8) })[0]).not.toBe(first[0]);
    expect(paths({})[0]).not.toBe(paths({})[0]);
    expect(first[0]).toMatch(/^\/f\/[A-Za-z0-9_-]{22}$/);
    expect(() => new CoapFiles({ secret: new Uint8Array(15) })).toThrow(RangeError);
  });

  test('is one file for an endpoint, and one for all', () => {
    const files = new CoapFiles();
    files.add(bytesSource(IMAGE), { packageId: 'app' });
    files.add(bytesSource(IMAGE), { packageId: 'app', endpointName: 'dev' });
    expect(() => files.add(bytesSource(IMAGE), { packageId: 'app' })).toThrow(TypeError);
    expect(files.size).toBe(2);
  });
});
