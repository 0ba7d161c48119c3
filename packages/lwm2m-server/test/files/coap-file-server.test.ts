import { Code, CoapClient } from '@flownexus/coap';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import {
  bytesSource,
  coap,
  CoapFiles,
  CoapFileServer,
  MemoryCredentialStore,
  overTransport,
  type CoapFileServerOptions,
} from '../../src/index.ts';
import { IdentifiedTransport } from '../identified-transport.ts';
import { KEY, psk } from '../secured-stage.ts';

const SERVER = { host: '192.0.2.1', port: 5693 };
const IMAGE = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);

async function serving(options: Partial<CoapFileServerOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const transport = new IdentifiedTransport(network.transport(SERVER));
  const files = new CoapFiles();
  const errors: string[] = [];
  const server = new CoapFileServer({
    endpoints: [overTransport(transport)],
    files,
    clock,
    random: seededRandom(1),
    onError: (error) => errors.push(String(error)),
    ...options,
  });
  await server.start();
  const get = async (path: string, port: number) => {
    const client = new CoapClient({ transport: network.transport({ host: '192.0.2.9', port }), clock });
    return clock.runUntil(client.get(`coap://${SERVER.host}:${SERVER.port}${path}`));
  };
  return { server, files, transport, errors, get };
}

test('a server of files serves them and nothing else', async () => {
  const { server, files, get } = await serving();
  expect(await get(files.add(bytesSource(IMAGE)).path, 50_001)).toMatchObject({ code: Code.CONTENT, payload: IMAGE });
  expect(await get('/rd', 50_002)).toMatchObject({ code: Code.NOT_FOUND });
  expect(server.addresses).toEqual([{ scheme: 'coaps', ...SERVER }]);
  // 20 blocks of 512 bytes, and the refusal.
  expect(server.statistics.sent).toBe(21);
});

test('gives a file of an endpoint to who has proven to be it', async () => {
  const credentials = new MemoryCredentialStore();
  credentials.set('dev', { mode: 'psk', identity: 'id', key: KEY });
  const { files, transport, get } = await serving({ credentials });
  transport.identify(50_001, psk('id'));
  const { path } = files.add(bytesSource(IMAGE), { endpointName: 'dev' });
  expect(await get(path, 50_001)).toMatchObject({ code: Code.CONTENT });
  expect(await get(path, 50_002)).toMatchObject({ code: Code.NOT_FOUND });
});

test('answers 5.00 and tells of a source that can not be read', async () => {
  const { files, errors, get } = await serving();
  const { path } = files.add({ ...bytesSource(IMAGE), read: () => Promise.reject(new Error('no disk')) });
  expect(await get(path, 50_001)).toMatchObject({ code: Code.INTERNAL_SERVER_ERROR });
  expect(errors).toEqual([expect.stringContaining('no disk')]);
});

test('starts once, and can not where its port is taken', async () => {
  const first = new CoapFileServer({ endpoints: [coap({ host: '127.0.0.1', port: 0 })], files: new CoapFiles() });
  await first.start();
  await expect(first.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_SERVER_STATE' });
  const port = first.addresses[0]?.port ?? 0;
  const second = new CoapFileServer({ endpoints: [coap({ host: '127.0.0.1', port })], files: [new CoapFiles()] });
  await expect(second.start()).rejects.toThrow();
  await first.stop();
  await first.stop();
  expect(first.addresses).toEqual([]);
});

test('can not serve two files below one path', () => {
  expect(() => new CoapFileServer({ endpoints: [], files: [new CoapFiles(), new CoapFiles()] })).toThrow(TypeError);
});
