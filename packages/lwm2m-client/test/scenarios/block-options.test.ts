import { ContentFormat } from '@flownexus/lwm2m-core';
import { describe, expect, test } from 'vitest';
import { treeOf, world } from './world.ts';

const BIG = new Uint8Array(5_000).fill(1);

describe('the bodies of a device', () => {
  test('are bounded as it is told', async () => {
    const { put } = await world({ maxBodySize: 4_999, objects: treeOf({ '/19/0/0/0': Uint8Array.of(1) }) });
    expect((await put('/19/0/0/0', BIG, ContentFormat.OPAQUE)).code).toBe('4.13');
    expect((await put('/19/0/0/0', BIG.subarray(1), ContentFormat.OPAQUE)).code).toBe('2.04');
  });

  test.each([
    [64, 1 + Math.ceil((5_000 - 512) / 64)], // the first block is of the size that the server chose
    [512, Math.ceil(5_000 / 512)],
  ])('come in blocks of at most %i bytes', async (blockSize, blocks) => {
    const { put, server } = await world({ blockSize, objects: treeOf({ '/19/0/0/0': Uint8Array.of(1) }) });
    const before = server.network.log.length;
    await put('/19/0/0/0', BIG, ContentFormat.OPAQUE);
    expect(server.network.log.length - before).toBe(2 * blocks);
  });
});
