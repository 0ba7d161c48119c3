import { ContentFormat } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/errors.ts';
import { encoded, treeOf, valuesOf, world } from './world.ts';

const { TEXT, CBOR, TLV, SENML_JSON, SENML_CBOR, OMA_JSON, OPAQUE, LWM2M_CBOR } = ContentFormat;

const SERVER = {
  '/1/0/0': 1,
  '/1/0/1': 60,
  '/1/0/2': 1,
  '/1/0/3': 10,
  '/1/0/5': 86400,
  '/1/0/6': true,
  '/1/0/7': 'U',
};
const portfolio = (): Record<string, Map<number, string>> => ({ '/16/0/0': new Map([[0, 'a'], [1, 'b']]) }); // prettier-ignore

test.each([
  ['text', TEXT],
  ['CBOR', CBOR],
  ['TLV', TLV],
  ['SenML JSON', SENML_JSON],
  ['SenML CBOR', SENML_CBOR],
  ['OMA JSON', OMA_JSON],
  ['LwM2M CBOR', LWM2M_CBOR],
])('a value is written in %s', async (_name, contentFormat) => {
  const { put, tree } = await world({ objects: treeOf(SERVER), lwm2mVersion: '1.2' });
  const payload = encoded('/1/0/2', contentFormat, { '/1/0/2': 101 });
  expect((await put('/1/0/2', payload, contentFormat)).code).toBe('2.04');
  expect(tree.content('/1/0/2')).toBe(101);
});

test('a Partial Update changes what it names, a replacement takes the rest away but what must be there', async () => {
  const { put, post, get, tree } = await world({ objects: treeOf(SERVER) });
  const two = encoded('/1/0', TLV, { '/1/0/2': 101, '/1/0/6': false });
  expect((await post('/1/0', two, TLV)).code).toBe('2.04');
  expect(valuesOf((await get('/1/0')).response, '/1/0')).toEqual({ ...SERVER, '/1/0/2': 101, '/1/0/6': false });
  expect((await put('/1/0', encoded('/1/0', TLV, { '/1/0/3': 20 }), TLV)).code).toBe('2.04');
  expect(valuesOf((await get('/1/0')).response, '/1/0')).toEqual({
    '/1/0/0': 1, // can not be written
    '/1/0/1': 60, // mandatory, as the following
    '/1/0/3': 20,
    '/1/0/6': false,
    '/1/0/7': 'U',
  });
  expect(tree.has('/1/0/5')).toBe(false);
});

test('a Resource that may be there comes with its first value', async () => {
  const { put, tree } = await world({ objects: treeOf(SERVER) });
  expect((await put('/1/0/23', '1', TEXT)).code).toBe('2.04');
  expect(tree.content('/1/0/23')).toBe(true);
});

test('a multiple Resource is replaced, updated, and written one by one', async () => {
  const { put, post, tree } = await world({ objects: treeOf(portfolio()) });
  const three = encoded('/16/0/0', SENML_CBOR, { '/16/0/0/1': 'B', '/16/0/0/3': 'D' });
  expect((await post('/16/0/0', three, SENML_CBOR)).code).toBe('2.04');
  expect(tree.content('/16/0/0')).toEqual(new Map([[0, 'a'], [1, 'B'], [3, 'D']])); // prettier-ignore
  expect((await put('/16/0/0/0', 'A', TEXT)).code).toBe('2.04');
  expect((await put('/16/0/0/7', 'new', TEXT)).code).toBe('2.04');
  expect(tree.content('/16/0/0/0')).toBe('A');
  expect((await put('/16/0/0', three, SENML_CBOR)).code).toBe('2.04');
  expect(tree.content('/16/0/0')).toEqual(new Map([[1, 'B'], [3, 'D']])); // prettier-ignore
});

test.each([
  ['what can only be read', '/1/0/0', '1', TEXT, '4.05'],
  ['what is executed', '/1/0/8', '1', TEXT, '4.05'],
  ['an unknown Resource', '/1/0/4711', '1', TEXT, '4.04'],
  ['an unknown Object Instance', '/1/1/1', '1', TEXT, '4.04'],
  ['an unknown Object', '/4711/0/0', '1', TEXT, '4.04'],
  ['an instance of a Resource with one value', '/1/0/1/0', '1', TEXT, '4.04'],
  ['an Object', '/1', '1', TEXT, '4.05'],
  ['everything', '/', '1', TEXT, '4.05'],
  ['the Security Object', '/0/0/0', 'coap://x', TEXT, '4.01'],
  ['OSCORE', '/21/0/0', 'x', TEXT, '4.01'],
  ['no number', '/1/0/1', 'sixty', TEXT, '4.00'],
  ['a number out of range', '/1/0/26', '2', TEXT, '4.00'],
  ['a broken payload', '/1/0', Uint8Array.of(0xc8), TLV, '4.00'],
  ['a value of another type', '/1/0/1', new TextEncoder().encode('[{"bn":"/1/0/1","vs":"60"}]'), SENML_JSON, '4.00'],
  ['values without a format', '/1/0/1', '60', undefined, '4.00'],
  ['neither values nor attributes', '/1/0/1', '', undefined, '4.00'],
  ['an unknown format', '/1/0/1', '60', 4711, '4.15'],
  ['a format that the version does not have', '/1/0/1', '60', LWM2M_CBOR, '4.15'],
  ['text for an Object Instance', '/1/0', '60', TEXT, '4.15'],
  ['a text for a multiple Resource', '/16/0/0', 'x', TEXT, '4.15'],
  ['bytes that are no opaque value', '/1/0/1', Uint8Array.of(60), OPAQUE, '4.00'],
] as const)('%s is refused', async (_name, path, payload, contentFormat, code) => {
  const { put, get } = await world({ objects: treeOf({ ...SERVER, ...portfolio() }) });
  const before = (await get('/1')).text;
  expect((await put(path, payload, contentFormat)).code).toBe(code);
  expect((await get('/1')).text).toBe(before);
});

test('a Partial Update of a single value is refused', async () => {
  const { post } = await world({ objects: treeOf({ ...SERVER, ...portfolio() }) });
  expect((await post('/1/0/1', '60', TEXT)).code).toBe('4.05');
  expect((await post('/16/0/0/0', 'x', TEXT)).code).toBe('4.05');
});

test('of several values one that is refused leaves all as they were', async () => {
  const { post, tree } = await world({ objects: treeOf(SERVER) });
  const written = encoded('/1/0', TLV, { '/1/0/2': 101, '/1/0/0': 2 });
  const answer = await post('/1/0', written, TLV);
  expect(answer).toMatchObject({ code: '4.05', text: '/1/0/0 can not be written' });
  expect(tree.content('/1/0/2')).toBe(1);
});

test('handlers are asked before anything is stored, the one of the longest path', async () => {
  const tree = treeOf(SERVER);
  const { put, post } = await world({ objects: tree });
  const heard: unknown[] = [];
  tree.onWrite('/1', ({ path, content }) => void heard.push([path.resourceId, content, tree.content(path)]));
  const leave = tree.onWrite('/1/0/3', () => {
    throw new Refusal(0x85, 'not now');
  });
  expect((await put('/1/0/2', '5', TEXT)).code).toBe('2.04');
  const written = encoded('/1/0', TLV, { '/1/0/2': 6, '/1/0/3': 7 });
  expect(await post('/1/0', written, TLV)).toMatchObject({ code: '4.05', text: 'not now' });
  expect(tree.content('/1/0/2')).toBe(5);
  leave();
  expect((await post('/1/0', written, TLV)).code).toBe('2.04');
  expect(heard).toEqual([
    [2, 5, 1],
    [2, 6, 5],
    [2, 6, 5],
    [3, 7, 10],
  ]);
});

test('what a handler throws otherwise is answered 5.00', async () => {
  const tree = treeOf(SERVER);
  const { put, troubles } = await world({ objects: tree });
  tree.onWrite('/1/0/2', () => {
    throw new Error('a defect');
  });
  expect((await put('/1/0/2', '5', TEXT)).code).toBe('5.00');
  expect(tree.content('/1/0/2')).toBe(1);
  expect(troubles).toEqual(['a defect']);
});

test('what can only be written goes to its handler and is not kept', async () => {
  const tree = treeOf({ '/5/0/3': 0 });
  const { put, get } = await world({ objects: tree });
  let image: unknown;
  tree.onWrite('/5/0/0', ({ content }) => {
    image = content;
  });
  const bytes = Uint8Array.from({ length: 2000 }, (_, index) => index);
  expect((await put('/5/0/0', bytes, OPAQUE)).code).toBe('2.04');
  expect(image).toEqual(bytes);
  expect((await get('/5/0/0')).code).toBe('4.05');
  expect(valuesOf((await get('/5/0')).response, '/5/0')).toEqual({ '/5/0/3': 0 });
});

test('listeners hear of what was written when the answer has left', async () => {
  const tree = treeOf(SERVER);
  const { put, server } = await world({ objects: tree });
  const heard: string[] = [];
  tree.onChange(() => heard.push('changed'));
  server.network.rule = ({ from }) => {
    heard.push(from.host);
    return 'deliver';
  };
  expect((await put('/1/0/2', '5', TEXT)).code).toBe('2.04');
  expect(heard).toEqual(['10.0.0.1', '10.0.0.2', 'changed']);
});
