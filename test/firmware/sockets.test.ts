import { randomBytes } from 'node:crypto';
import { udpTransport, type DatagramTransport } from '@flownexus/datagram';
import { dtlsTransport } from '@flownexus/dtls';
import { coapFetcher, FirmwareObject, Lwm2mClient, ObjectTree } from '@flownexus/lwm2m-client';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  bytesSource,
  coap,
  CoapFiles,
  coapPackageUris,
  coaps,
  FirmwareUpdater,
  Lwm2mServer,
  MemoryCredentialStore,
  type FirmwareUpdate,
} from '@flownexus/lwm2m-server';
import { afterEach, expect, test } from 'vitest';

const objects = await ObjectRegistry.bundled();
const KEY = randomBytes(16);
const IMAGE = randomBytes(100_000);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function udp(): DatagramTransport {
  return udpTransport({ host: '127.0.0.1' });
}

function psk(): DatagramTransport {
  const transport = udpTransport({ scheme: 'coaps', host: '127.0.0.1' });
  return dtlsTransport({ transport, client: { psk: { identity: 'device identity', key: KEY } } });
}

/** Resolves to the update when it is over. */
function finished(updater: FirmwareUpdater): Promise<FirmwareUpdate> {
  return new Promise((resolve) => {
    updater.on('changed', (update) => {
      if (update.state === 'SUCCEEDED' || update.state === 'FAILED') resolve(update);
    });
  });
}

test.each([
  ['coap', udp],
  ['coaps', psk],
] as const)('a device on a socket of its own fetches its package over %s and is updated', async (scheme, transport) => {
  const credentials = new MemoryCredentialStore();
  if (scheme === 'coaps') credentials.set('device', { mode: 'psk', identity: 'device identity', key: KEY });
  const files = new CoapFiles();
  files.add(bytesSource(IMAGE), { packageId: 'app', ...(scheme === 'coaps' && { endpointName: 'device' }) });
  const server = new Lwm2mServer({
    endpoints: [coap({ host: '127.0.0.1', port: 0 }), coaps({ host: '127.0.0.1', port: 0, credentials })],
    objects,
    resources: [files],
  });
  await server.start();
  cleanups.push(() => server.stop());
  const port = server.addresses.find((address) => address.scheme === scheme)?.port ?? 0;
  const packageUri = coapPackageUris(files, { [scheme]: `${scheme}://127.0.0.1:${port}` });
  const updater = new FirmwareUpdater(server, { packages: files, packageUri });
  await updater.start();
  cleanups.push(() => updater.stop());

  const tree = new ObjectTree(objects);
  tree.set('/3/0/3', '1.0');
  const installed: Uint8Array[] = [];
  const client = new Lwm2mClient({
    endpointName: 'device',
    server: { host: '127.0.0.1', port },
    objects: tree,
    transport,
  });
  new FirmwareObject(tree, {
    fetchers: { [scheme]: coapFetcher({ transport }) },
    push: false,
    inspect: () => ({ version: '2.0' }),
    install: (image) => void installed.push(image),
    installMs: 1,
    reboot: () => client.reboot(),
  });
  await client.start();
  cleanups.push(() => client.stop());

  const over = finished(updater);
  await updater.update('device', { packageId: 'app', version: '2.0' });
  expect(await over).toMatchObject({ state: 'SUCCEEDED', delivery: 'pull', attempts: 1, failure: undefined });
  expect(installed).toEqual([new Uint8Array(IMAGE)]);
  expect(server.registration('device')?.identity.kind).toBe(scheme === 'coaps' ? 'psk' : 'anonymous');
});
