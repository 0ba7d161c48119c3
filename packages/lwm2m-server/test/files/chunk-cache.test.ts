import { expect, test } from 'vitest';
import { ChunkCache } from '../../src/files/chunk-cache.ts';

const FILE = Uint8Array.from({ length: 250 }, (_, index) => index);

function caching(maxChunks = 3) {
  const reads: number[] = [];
  let broken = false;
  const cache = new ChunkCache({
    chunkBytes: 64,
    maxChunks,
    read: async (offset) => {
      reads.push(offset);
      await Promise.resolve();
      if (broken) throw new Error('no disk');
      return FILE.slice(offset, offset + 64);
    },
  });
  return { cache, reads, breaks: (value: boolean) => (broken = value) };
}

test('a piece is read once for all who want blocks of it, and then is there at once', async () => {
  const { cache, reads } = caching();
  const [first, second] = await Promise.all([cache.bytes(0, 16), cache.bytes(16, 16)]);
  expect([first, second]).toEqual([FILE.slice(0, 16), FILE.slice(16, 32)]);
  expect(cache.bytes(48, 16)).toEqual(FILE.slice(48, 64));
  expect(reads).toEqual([0]);
});

test('a block may lie across two pieces, and end with the file', async () => {
  const { cache } = caching();
  expect(await cache.bytes(60, 10)).toEqual(Buffer.from(FILE.slice(60, 70)));
  expect(await cache.bytes(192, 64)).toEqual(FILE.slice(192));
});

test('the piece that was used longest ago makes room', async () => {
  const { cache, reads } = caching(2);
  for (const offset of [0, 64, 0, 128, 0, 64]) await cache.bytes(offset, 16);
  expect(reads).toEqual([0, 64, 128, 64]);
});

test('what could not be read is tried again', async () => {
  const { cache, reads, breaks } = caching();
  breaks(true);
  await expect(cache.bytes(0, 16)).rejects.toThrow('no disk');
  breaks(false);
  expect(await cache.bytes(0, 16)).toEqual(FILE.slice(0, 16));
  expect(reads).toEqual([0, 0]);
});

test('nothing is there when it is closed', async () => {
  const { cache } = caching();
  await cache.bytes(0, 16);
  cache.close();
  await expect(cache.bytes(0, 16)).rejects.toThrow('closed');
});
