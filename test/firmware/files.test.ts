import { seededRandom } from '@flownexus/datagram/testing';
import { dtlsTransport } from '@flownexus/dtls';
import { coapFetcher, FirmwareResult, type FirmwareObjectOptions } from '@flownexus/lwm2m-client';
import {
  bytesSource,
  CoapFileServer,
  coapPackageUris,
  MemoryCredentialStore,
  type FirmwareUpdaterOptions,
} from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { FirmwareBed, IMAGE, sha256 } from '../ets/firmware-bed.ts';
import { ENDPOINT_NAME, SERVER } from '../ets/testbed.ts';
import { createUpdater, updated, type FirmwareBed as Updated } from './firmware-bed.ts';

interface WithFiles extends Updated {
  readonly bed: FirmwareBed;
}

/** An updater whose packages are the files of the server, and our device. */
async function withFiles(
  device: FirmwareObjectOptions = {},
  image: Uint8Array = IMAGE,
  options: Partial<FirmwareUpdaterOptions> = {},
): Promise<WithFiles> {
  const bed = await FirmwareBed.prepared(device);
  bed.files.add(bytesSource(image), { packageId: 'app' });
  const packageUri = coapPackageUris(bed.files, { coap: `coap://${SERVER.host}` });
  const states: string[] = [];
  const updater = createUpdater(bed, { packages: bed.files, packageUri, ...options }, states);
  await updater.start();
  return { bed, updater, states };
}

/** How many blocks were asked for, and how many written. */
function blocksOf(bed: FirmwareBed): readonly [pulled: number, pushed: number] {
  const lines = bed.exchanges();
  const count = (beginning: string): number => lines.filter((line) => line.startsWith(beginning)).length;
  return [count('GET /f/'), count('PUT /5/0/0')];
}

const blocks = Math.ceil(IMAGE.length / 512);

test.each([
  ['pull', [blocks, 0]],
  ['push', [0, blocks]],
] as const)('a package that is a file is delivered by a %s, each block once', async (delivery, expected) => {
  const firmware = await withFiles();
  expect(await updated(firmware, { delivery, version: '2.0' })).toMatchObject({ state: 'SUCCEEDED', delivery });
  expect(blocksOf(firmware.bed)).toEqual(expected);
});

test('a package of another digest than the device wants is not installed', async () => {
  const firmware = await withFiles({ sha256: sha256(IMAGE) }, IMAGE.with(100, 0));
  const failure = { reason: 'integrity', result: FirmwareResult.INTEGRITY_FAILED };
  expect(await updated(firmware)).toMatchObject({ state: 'FAILED', failure });
  expect(firmware.bed.tree.content('/3/0/3')).toBe('1.0');
});

test('a device that loses its power while it downloads begins anew', async () => {
  const firmware = await withFiles();
  const { bed, updater } = firmware;
  bed.network.latencyMs = 100;
  let restarted = false;
  updater.on('changed', ({ state }) => {
    if (state !== 'DOWNLOADING' || restarted) return;
    restarted = true;
    bed.clock.schedule(500, () => {
      bed.firmware.restarted();
      void bed.client.reboot();
    });
  });
  expect(await updated(firmware, { delivery: 'pull' })).toMatchObject({ state: 'SUCCEEDED', attempts: 2 });
});

test('a device fetches a file that is for it alone over DTLS, from a server of files with its own port', async () => {
  const key = new TextEncoder().encode('sixteen byte key');
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'psk', identity: 'device identity', key });
  credentials.set('other', { mode: 'psk', identity: 'other identity', key });
  const fetching = { host: '192.0.2.9', port: 50_002 };
  const asked = { identity: 'other identity' };
  const reached: { bed?: FirmwareBed } = {};
  const fetcher = coapFetcher({
    transport: () => {
      const { bed } = reached;
      if (bed === undefined) throw new Error('the test bed is not there yet');
      const { clock, network } = bed;
      const client = { psk: { identity: asked.identity, key } };
      return dtlsTransport({ transport: network.transport(fetching), clock, random: seededRandom(11), client });
    },
  });
  const bed = await FirmwareBed.prepared({ fetchers: { coaps: (...order) => fetcher(...order) } });
  reached.bed = bed;
  const { clock, network, files } = bed;
  const fileServer = new CoapFileServer({
    endpoints: [
      {
        credentials,
        createTransport: ({ random }) =>
          dtlsTransport({
            transport: network.transport({ ...SERVER, port: 5694 }),
            clock,
            random,
            server: { psk: (identity) => credentials.pskKey(identity) },
          }),
      },
    ],
    files,
    clock,
    random: seededRandom(12),
  });
  await fileServer.start();
  files.add(bytesSource(IMAGE), { packageId: 'app', endpointName: ENDPOINT_NAME });
  const packageUri = coapPackageUris(files, { coaps: `coaps://${SERVER.host}:5694` });
  const states: string[] = [];
  const updater = createUpdater(bed, { packages: files, packageUri }, states);
  await updater.start();

  // Who has proven to be another endpoint does not find it.
  const failure = { reason: 'invalid-uri' };
  const wrong = await updated({ bed, updater, states }, { delivery: 'pull', maxAttempts: 1 });
  expect(wrong).toMatchObject({ state: 'FAILED', failure });
  asked.identity = 'device identity';
  const right = await updated({ bed, updater, states }, { delivery: 'pull', version: '2.0' });
  expect(right).toMatchObject({ state: 'SUCCEEDED', delivery: 'pull' });
  await fileServer.stop();
});
