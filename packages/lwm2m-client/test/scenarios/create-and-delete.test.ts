import { ContentFormat, pathOf } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/errors.ts';
import { encoded, treeOf, world } from './world.ts';

const { TLV, SENML_JSON, LWM2M_CBOR, TEXT } = ContentFormat;

test('an Object Instance is created with the id that the server gives', async () => {
  const tree = treeOf({});
  tree.addObject(16);
  const { post } = await world({ objects: tree, lwm2mVersion: '1.2' });
  for (const [id, contentFormat] of [TLV, SENML_JSON, LWM2M_CBOR].entries()) {
    const payload = encoded('/16', contentFormat, { [`/16/${id}/0/0`]: 'host', [`/16/${id}/0/2`]: 'model' });
    const answer = await post('/16', payload, contentFormat);
    expect([answer.code, answer.response.locationPath]).toEqual(['2.01', []]);
    expect(tree.content(`/16/${id}/0`)).toEqual(new Map([[0, 'host'], [2, 'model']])); // prettier-ignore
  }
});

test('without an id the device chooses the lowest that is free, and tells it', async () => {
  const tree = treeOf({ '/16/0/0': new Map([[0, 'a']]), '/16/2/0': new Map([[0, 'c']]) });
  const { post } = await world({ objects: tree });
  // A multiple Resource 0 with instance 0 = "b", without an Object Instance around it.
  const bare = Uint8Array.of(0x83, 0x00, 0x41, 0x00, 0x62);
  expect((await post('/16', bare, TLV)).response).toMatchObject({ code: 0x41, locationPath: ['16', '1'] });
  expect(tree.content('/16/1/0/0')).toBe('b');
  expect((await post('/16', bare, TLV)).response).toMatchObject({ code: 0x41, locationPath: ['16', '3'] });
});

test('what may be given only when it is created is taken then', async () => {
  const tree = treeOf({});
  tree.addObject(2);
  const { post, put } = await world({ objects: tree });
  const values = { '/2/0/0': 3, '/2/0/1': 0, '/2/0/2/101': 15, '/2/0/3': 101 };
  expect((await post('/2', encoded('/2', TLV, values), TLV)).code).toBe('2.01');
  expect(tree.content('/2/0/0')).toBe(3);
  expect((await put('/2/0/0', '4', TEXT)).code).toBe('4.05');
});

test.each([
  ['an Object with one instance', '/3', encoded('/3/1', TLV, { '/3/1/13': 1 }), TLV, '4.05'],
  ['the Server Object', '/1', encoded('/1/0', TLV, { '/1/0/1': 1 }), TLV, '4.05'],
  ['the Security Object', '/0', Uint8Array.of(), TLV, '4.01'],
  ['everything', '/', Uint8Array.of(), TLV, '4.05'],
  ['an Object that is not there', '/3303', Uint8Array.of(), TLV, '4.04'],
  ['an id that is taken', '/16', encoded('/16', TLV, { '/16/0/0/0': 'x' }), TLV, '4.00'],
  ['two at a time', '/16', encoded('/16', TLV, { '/16/1/0/0': 'x', '/16/2/0/0': 'y' }), TLV, '4.00'],
  ['one without a mandatory Resource', '/16', Uint8Array.of(), TLV, '4.00'],
  ['one with nothing', '/16', '', undefined, '4.00'],
  ['one with an unknown Resource', '/16', new TextEncoder().encode('[{"n":"/16/1/9","v":1}]'), SENML_JSON, '4.00'],
  [
    'one with a value of another type',
    '/16',
    new TextEncoder().encode('[{"n":"/16/1/0/0","v":1}]'),
    SENML_JSON,
    '4.00',
  ],
  ['a format for one value', '/16', 'x', TEXT, '4.15'],
  ['an unknown format', '/16', 'x', 4711, '4.15'],
] as const)('%s is refused', async (_name, path, payload, contentFormat, code) => {
  const tree = treeOf({ '/1/0/1': 60, '/3/0/9': 95, '/16/0/0': new Map([[0, 'a']]) });
  const { post } = await world({ objects: tree });
  expect((await post(path, payload, contentFormat)).code).toBe(code);
  expect(tree.instancePaths()).toEqual(['/1/0', '/3/0', '/16/0']);
});

test('an Object has as many instances as it was said to', async () => {
  const tree = treeOf({});
  tree.addObject(16, { maxInstances: 1 });
  const { post } = await world({ objects: tree });
  expect((await post('/16', encoded('/16', TLV, { '/16/0/0/0': 'a' }), TLV)).code).toBe('2.01');
  expect((await post('/16', encoded('/16', TLV, { '/16/1/0/0': 'b' }), TLV)).code).toBe('5.00');
});

test('the device adds what is its own to a new instance, or refuses it', async () => {
  const tree = treeOf({});
  tree.addObject(16, {
    onCreate: ({ path, contents }) => {
      if (path.objectInstanceId === 9) throw new Refusal(0x80, 'nine is none');
      return [[3, contents.size], [0, new Map()]]; // prettier-ignore
    },
  });
  const { post } = await world({ objects: tree });
  expect((await post('/16', encoded('/16', TLV, { '/16/4/0/0': 'a' }), TLV)).code).toBe('2.01');
  expect(tree.content('/16/4/3')).toBe(1);
  expect(tree.content('/16/4/0/0')).toBe('a');
  expect(await post('/16', encoded('/16', TLV, { '/16/9/0/0': 'a' }), TLV)).toMatchObject({ code: '4.00' });
});

test('an Object Instance is deleted, and what was attached to it', async () => {
  const tree = treeOf({ '/16/0/0': new Map([[0, 'a']]), '/16/1/0': new Map([[0, 'b']]) });
  const world_ = await world({ objects: tree });
  expect((await world_.attributes('/16/1', 'pmin=5')).code).toBe('2.04');
  expect((await world_.delete('/16/1')).code).toBe('2.02');
  expect((await world_.delete('/16/1')).code).toBe('4.04');
  expect((await world_.delete('/16/0')).code).toBe('2.02');
  expect(await world_.discover('/16')).toBe('</16>');
  await world_.post('/16', encoded('/16', TLV, { '/16/1/0/0': 'b' }), TLV);
  expect(await world_.discover('/16/1')).toBe('</16/1>,</16/1/0>;dim=1');
});

test.each([
  ['the only instance of its Object', '/3/0', '4.05'],
  ['the Server Object', '/1/0', '4.05'],
  ['the Security Object', '/0/0', '4.01'],
  ['an Object', '/16', '4.05'],
  ['everything', '/', '4.05'],
  ['a Resource', '/16/0/0', '4.05'],
  ['a Resource Instance, before LwM2M 1.2', '/16/0/0/0', '4.05'],
  ['an unknown Object', '/4711/0', '4.04'],
])('a Delete of %s is refused', async (_name, path, code) => {
  const tree = treeOf({ '/1/0/1': 60, '/3/0/9': 95, '/16/0/0': new Map([[0, 'a']]) });
  const world_ = await world({ objects: tree });
  expect((await world_.delete(path)).code).toBe(code);
  expect(tree.instancePaths()).toEqual(['/1/0', '/3/0', '/16/0']);
});

test('LwM2M 1.2 deletes Resource Instances', async () => {
  const tree = treeOf({ '/3/0/7': new Map([[0, 1]]), '/16/0/0': new Map([[0, 'a'], [1, 'b']]) }); // prettier-ignore
  const world_ = await world({ objects: tree, lwm2mVersion: '1.2' });
  expect((await world_.delete('/16/0/0/0')).code).toBe('2.02');
  expect(tree.content('/16/0/0')).toEqual(new Map([[1, 'b']]));
  expect((await world_.delete('/16/0/0/0')).code).toBe('4.04');
  expect((await world_.delete('/3/0/7/0')).code).toBe('4.05');
});

test('the device is asked before a Delete, and may refuse', async () => {
  const tree = treeOf({ '/16/0/0': new Map([[0, 'a']]) });
  tree.addObject(16, {
    onDelete: (path) => {
      expect(path).toEqual(pathOf(16, 0));
      throw new Refusal(0x85, 'the last one');
    },
  });
  const world_ = await world({ objects: tree });
  expect(await world_.delete('/16/0')).toMatchObject({ code: '4.05', text: 'the last one' });
  expect(tree.has('/16/0')).toBe(true);
});
