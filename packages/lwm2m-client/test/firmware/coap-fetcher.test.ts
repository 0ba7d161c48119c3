import { createHash } from 'node:crypto';
import { Code, CoapEndpoint, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import { coapFetcher, type CoapFetcherOptions, type PackageTransfer } from '../../src/index.ts';

const SERVER = { host: '192.0.2.7', port: 5683 };
const IMAGE = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);

async function serving(handle: (request: IncomingRequest) => CoapReply, options: Partial<CoapFetcherOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const world = { clock, random: seededRandom(1) };
  const server = new CoapEndpoint({ transport: network.transport(SERVER), onRequest: handle, ...world });
  await server.open();
  const fetcher = coapFetcher({
    transport: () => network.transport({ host: '192.0.2.9', port: 50_000 }),
    ...world,
    ...options,
  });
  const fetch = (uri: string, transfer: Partial<PackageTransfer> = {}) =>
    clock.runUntil(fetcher(uri, { signal: new AbortController().signal, maxSize: 100_000, ...transfer }));
  return { clock, network, fetch };
}

const etag = Uint8Array.from(createHash('sha256').update(IMAGE).digest().subarray(0, 8));
const image = (): CoapReply => ({
  code: Code.CONTENT,
  body: { size: IMAGE.length, etag, read: (offset, length) => IMAGE.subarray(offset, offset + length) },
});

describe('a package over CoAP', () => {
  test('comes whole, in blocks of the size that is asked for', async () => {
    const { fetch, network } = await serving(image, { blockSize: 256 });
    expect(await fetch('coap://192.0.2.7/f/image')).toEqual(IMAGE);
    expect(network.log).toHaveLength(2 * Math.ceil(IMAGE.length / 256));
  });

  test('can be fetched again: nothing is left of the first', async () => {
    const { fetch } = await serving(image);
    await fetch('coap://192.0.2.7/f/image');
    expect(await fetch('coap://192.0.2.7/f/image')).toEqual(IMAGE);
  });

  test.each<readonly [what: string, uri: string, code: number, result: number]>([
    ['is not there', 'coap://192.0.2.7/f/none', Code.NOT_FOUND, 7],
    ['can not be had', 'coap://192.0.2.7/f/image', Code.INTERNAL_SERVER_ERROR, 4],
    ['has a URI that is none', 'coap://192.0.2.7/f#part', Code.CONTENT, 7],
  ])('that %s', async (_, uri, code, result) => {
    const { fetch } = await serving(() => ({ code }));
    await expect(fetch(uri)).rejects.toMatchObject({ result });
  });

  test('that is larger than there is room for is not fetched to its end', async () => {
    const { fetch, network } = await serving(image);
    await expect(fetch('coap://192.0.2.7/f/image', { maxSize: 9_999 })).rejects.toMatchObject({ result: 2 });
    expect(network.log).toHaveLength(2);
  });

  test('whose server is lost in the middle is lost', async () => {
    const { fetch, network } = await serving(image);
    network.rule = ({ from }) => (from.host === SERVER.host && network.log.length > 10 ? 'drop' : 'deliver');
    await expect(fetch('coap://192.0.2.7/f/image')).rejects.toMatchObject({ code: 'ERR_COAP_TIMEOUT' });
  });

  test('is given up at once when that is wanted', async () => {
    const abort = new AbortController();
    const { fetch } = await serving(() => {
      abort.abort();
      return image();
    });
    await expect(fetch('coap://192.0.2.7/f/image', { signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_COAP_ABORTED',
    });
  });
});
