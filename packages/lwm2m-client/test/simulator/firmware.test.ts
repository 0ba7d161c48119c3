import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { simulateFirmware } from '../../src/simulator/firmware.ts';
import { treeOf, world, type World } from '../scenarios/world.ts';

async function device(): Promise<World & { readonly state: () => unknown[] }> {
  const one = await world({ objects: treeOf({ '/3/0/3': '1.0' }) });
  simulateFirmware(one.tree, one.server.clock);
  return { ...one, state: () => [one.tree.content('/5/0/3'), one.tree.content('/5/0/5')] };
}

test('a package that is pushed is installed when the server says so (ETS 755, 770)', async () => {
  const { put, post, server, state } = await device();
  const image = new Uint8Array(5_000).fill(7);
  expect((await put('/5/0/0', Uint8Array.of(0), ContentFormat.OPAQUE)).code).toBe('2.04');
  expect(state()).toEqual([0, 0]);
  expect((await put('/5/0/0', image, ContentFormat.OPAQUE)).code).toBe('2.04');
  expect(state()).toEqual([2, 0]);
  expect((await post('/5/0/2')).code).toBe('2.04');
  expect(state()).toEqual([3, 0]);
  expect((await put('/5/0/0', image, ContentFormat.OPAQUE)).code).toBe('4.05');
  await server.clock.advanceAsync(6_000);
  expect(state()).toEqual([0, 1]);
});

test('without a package there is nothing to install (ETS 772)', async () => {
  const { put, post, state } = await device();
  expect((await post('/5/0/2')).code).toBe('4.05');
  await put('/5/0/0', new Uint8Array(20), ContentFormat.OPAQUE);
  await put('/5/0/1', '', ContentFormat.TEXT); // which resets it
  expect(state()).toEqual([0, 0]);
  expect((await post('/5/0/2')).code).toBe('4.05');
});

test('a package can not be pulled', async () => {
  const { put, state } = await device();
  expect((await put('/5/0/1', 'coap://10.0.0.1/image', ContentFormat.TEXT)).code).toBe('2.04');
  expect(state()).toEqual([0, 9]);
});
