import { ContentFormat, type ResourceValue } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { encoded, treeOf, valuesOf, world, type World } from './world.ts';

const { TEXT, OPAQUE, CBOR, TLV, OMA_JSON, SENML_JSON, SENML_CBOR, LWM2M_CBOR } = ContentFormat;

const VALUES: Record<string, ResourceValue> = {
  '/10/0/4': 3,
  '/19/0/0/0': Uint8Array.of(1, 2, 3),
  '/3/0/0': 'Open Mobile Alliance',
  '/3/0/7/0': 3800,
  '/3/0/7/1': 5000,
  '/3/0/9': 100,
  '/3/0/13': 1_367_491_215,
  '/3/0/22/0': { objectId: 10, objectInstanceId: 0 },
  '/3303/0/5700': 21.5,
  '/1/0/6': true,
};

function device(): Promise<World> {
  const objects = treeOf({
    '/1/0/6': true,
    '/3/0/0': 'Open Mobile Alliance',
    '/3/0/7': new Map([[0, 3800], [1, 5000]]), // prettier-ignore
    '/3/0/9': 100,
    '/3/0/13': 1_367_491_215,
    '/3/0/22': new Map([[0, { objectId: 10, objectInstanceId: 0 }]]),
    '/10/0/4': 3,
    '/19/0/0': new Map([[0, Uint8Array.of(1, 2, 3)]]),
    '/3303/0/5700': 21.5,
  });
  return world({ objects, lwm2mVersion: '1.2' });
}

function below(path: string): Record<string, ResourceValue> {
  return Object.fromEntries(Object.entries(VALUES).filter(([name]) => name === path || name.startsWith(`${path}/`)));
}

test.each([TLV, OMA_JSON, SENML_JSON, SENML_CBOR, LWM2M_CBOR])('%i is read at all levels', async (contentFormat) => {
  const { get } = await device();
  for (const path of ['/3', '/3/0', '/3/0/0', '/3/0/7', '/3/0/7/1', '/3/0/22', '/19/0', '/3303/0/5700', '/1/0/6']) {
    const { code, response } = await get(path, contentFormat);
    expect([code, response.contentFormat], path).toEqual(['2.05', contentFormat]);
    expect(valuesOf(response, path), path).toEqual(below(path));
  }
});

test.each([
  [TEXT, '/3/0/0'],
  [TEXT, '/3303/0/5700'],
  [TEXT, '/3/0/22/0'],
  [CBOR, '/3/0/13'],
  [CBOR, '/3/0/7/1'],
  [CBOR, '/19/0/0/0'],
  [OPAQUE, '/19/0/0/0'],
])('%i holds the value of %s', async (contentFormat, path) => {
  const { get } = await device();
  const { response } = await get(path, contentFormat);
  expect(valuesOf(response, path)).toEqual(below(path));
});

test.each([
  [TEXT, '/3/0/7'],
  [CBOR, '/3/0'],
  [OPAQUE, '/3/0/0'],
  [ContentFormat.SENML_ETCH_CBOR, '/3/0/0'],
  [ContentFormat.LINK_FORMAT + 1, '/3/0/0'],
])('%i can not hold %s', async (contentFormat, path) => {
  const { get } = await device();
  expect((await get(path, contentFormat)).code).toBe('4.06');
});

test('an Object or Object Instance with nothing in it is empty', async () => {
  const { get, tree } = await device();
  tree.addInstance('/16/0');
  for (const contentFormat of [TLV, OMA_JSON, SENML_JSON, SENML_CBOR, LWM2M_CBOR]) {
    const { code, response } = await get('/16/0', contentFormat);
    expect([code, valuesOf(response, '/16/0')], String(contentFormat)).toEqual(['2.05', {}]);
  }
});

test.each([TLV, OMA_JSON, SENML_JSON, SENML_CBOR, LWM2M_CBOR])('%i is written at all levels', async (contentFormat) => {
  const { put, post, tree } = await device();
  tree.set('/16/0/0', new Map([[0, 'a']]));
  const write = async (send: World['put'], path: string, values: Record<string, ResourceValue>): Promise<string> =>
    (await send(path, encoded(path, contentFormat, values), contentFormat)).code;
  expect(await write(put, '/1/0/6', { '/1/0/6': false })).toBe('2.04');
  expect(await write(post, '/1/0', { '/1/0/6': true, '/1/0/7': 'U' })).toBe('2.04');
  expect([tree.content('/1/0/6'), tree.content('/1/0/7')]).toEqual([true, 'U']);
  expect(await write(put, '/16/0/0', { '/16/0/0/0': 'x', '/16/0/0/2': 'y' })).toBe('2.04');
  expect(await write(put, '/16/0/0/2', { '/16/0/0/2': 'z' })).toBe('2.04');
  expect(tree.content('/16/0/0')).toEqual(new Map([[0, 'x'], [2, 'z']])); // prettier-ignore
});

test.each([
  ['text', 1541, '/10/0/14', '2'],
  ['TLV', 1542, '/10/0/14', Uint8Array.of(0xc1, 0x0e, 2)],
])('the number of %s from before its registration is taken', async (_name, contentFormat, path, payload) => {
  const { put, tree } = await device();
  expect((await put(path, payload, contentFormat)).code).toBe('2.04');
  expect(tree.content(path)).toBe(2);
});

test('the bytes of ETS 257 write what they say', async () => {
  const { patch, tree } = await device();
  const hex = '83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200';
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  expect((await patch(bytes, SENML_CBOR)).code).toBe('2.04');
  expect(['/1/0/2', '/1/0/6', '/3/0/13'].map((path) => tree.content(path))).toEqual([101, true, 0]);
});
