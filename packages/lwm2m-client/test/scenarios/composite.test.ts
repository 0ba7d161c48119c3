import { Code } from '@flownexus/coap';
import { ContentFormat, encodeChanges, parsePath, type ResourceChange } from '@flownexus/lwm2m-core';
import { expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { ObjectTree } from '../../src/objects/object-tree.ts';
import { registry, treeOf, valuesOf, world } from './world.ts';

const { SENML_CBOR, SENML_JSON, SENML_ETCH_CBOR, SENML_ETCH_JSON, LWM2M_CBOR, TLV, TEXT } = ContentFormat;

function device(): ObjectTree {
  return treeOf({
    '/0/0/0': 'coaps://secret',
    '/1/0/0': 1,
    '/1/0/1': 60,
    '/1/0/6': true,
    '/3/0/11': new Map([[0, 0]]),
    '/3/0/13': 1,
    '/3/0/16': 'U',
    '/16/0/0': new Map([[0, 'a'], [1, 'b']]), // prettier-ignore
  });
}

function changes(values: Readonly<Record<string, string | number | boolean | null>>): ResourceChange[] {
  return Object.entries(values).map(([name, value]): ResourceChange => {
    const path = parsePath(name);
    if (value === null) return { path, value };
    const type = registry.resource(path.objectId ?? -1, path.resourceId ?? -1)?.type ?? 'string';
    return { path, type, value, time: undefined };
  });
}

test.each([
  ['SenML CBOR', SENML_CBOR, undefined, SENML_CBOR],
  ['SenML JSON', SENML_JSON, undefined, SENML_JSON],
  ['SenML-ETCH CBOR', SENML_ETCH_CBOR, undefined, SENML_CBOR],
  ['SenML-ETCH JSON', SENML_ETCH_JSON, undefined, SENML_JSON],
  ['SenML-ETCH CBOR with Accept', SENML_ETCH_CBOR, LWM2M_CBOR, LWM2M_CBOR],
])('paths in %s are read', async (_name, contentFormat, accept, answered) => {
  const { fetch } = await world({ objects: device(), lwm2mVersion: '1.2' });
  const { response } = await fetch(['/3/0/16', '/3/0/11/0', '/1/0'], contentFormat, accept);
  expect(response).toMatchObject({ code: Code.CONTENT, contentFormat: answered });
  expect(valuesOf(response, '/')).toEqual({
    '/1/0/0': 1,
    '/1/0/1': 60,
    '/1/0/6': true,
    '/3/0/11/0': 0,
    '/3/0/16': 'U',
  });
});

test('the root is everything but what is for the bootstrap server', async () => {
  const { fetch } = await world({ objects: device() });
  const values = valuesOf((await fetch(['/'])).response, '/');
  expect(Object.keys(values).map((path) => path.split('/')[1])).not.toContain('0');
  expect(values).toMatchObject({ '/1/0/1': 60, '/16/0/0/1': 'b' });
});

test('what is not there, is executed or is secret is left out', async () => {
  const { fetch } = await world({ objects: device() });
  const { response } = await fetch(['/1/0/1', '/1/0/7', '/1/0/8', '/4711', '/0/0', '/1/0/1']);
  expect(valuesOf(response, '/')).toEqual({ '/1/0/1': 60 });
  const nothing = await fetch(['/4711']);
  expect([nothing.code, valuesOf(nothing.response, '/')]).toEqual(['2.05', {}]);
});

test.each([
  ['another format for the answer', SENML_CBOR, TLV, '4.06'],
  ['a format that the version does not have', SENML_ETCH_CBOR, undefined, '4.15'],
])('a Read-Composite with %s is refused', async (_name, contentFormat, accept, code) => {
  const { fetch } = await world({ objects: device() });
  expect((await fetch(['/1/0/1'], contentFormat, accept)).code).toBe(code);
});

test('composites are malformed, of a path, with a query, of LwM2M 1.0, or too long', async () => {
  const { ask, fetch } = await world({ objects: device() });
  const request = { method: Code.FETCH, contentFormat: SENML_CBOR, payload: Uint8Array.of(0xff) };
  expect((await ask({ ...request, path: '/' })).code).toBe('4.00');
  expect((await ask({ ...request, path: '/3' })).code).toBe('4.05');
  expect((await ask({ ...request, path: '/', contentFormat: TEXT })).code).toBe('4.15');
  expect((await ask({ method: Code.FETCH, path: '/' })).code).toBe('4.15');
  expect((await ask({ ...request, path: '/', query: ['x=1'], payload: new TextEncoder().encode('\x80') })).code).toBe(
    '4.00',
  );
  const many = Array.from({ length: limits.compositePaths + 1 }, (_, id) => `/3303/${id}`);
  expect((await fetch(many)).code).toBe('4.00');
  const old = await world({ objects: device(), lwm2mVersion: '1.0' });
  expect((await old.fetch(['/1'])).code).toBe('4.05');
});

test.each([
  ['SenML CBOR', SENML_CBOR],
  ['SenML JSON', SENML_JSON],
  ['SenML-ETCH CBOR', SENML_ETCH_CBOR],
  ['SenML-ETCH JSON', SENML_ETCH_JSON],
])('values of several Objects are written at once in %s', async (_name, contentFormat) => {
  const { patch, tree } = await world({ objects: device(), lwm2mVersion: '1.2' });
  const values = { '/1/0/1': 61, '/1/0/6': false, '/3/0/13': 99, '/16/0/0/1': 'B', '/16/0/0/3': 'd' };
  expect((await patch(encodeChanges(changes(values), contentFormat, registry), contentFormat)).code).toBe('2.04');
  expect(['/1/0/1', '/1/0/6', '/3/0/13'].map((path) => tree.content(path))).toEqual([61, false, 99]);
  expect(tree.content('/16/0/0')).toEqual(new Map([[0, 'a'], [1, 'B'], [3, 'd']])); // prettier-ignore
});

test.each([
  ['a Resource that can not be written', '/1/0/0', 2, '4.05'],
  ['one that is not there', '/16/1/0/0', 'x', '4.04'],
  ['one of no definition', '/3/0/4711', 'x', '4.04'],
  ['a secret', '/0/0/0', 'x', '4.01'],
  ['a value of another type', '/3/0/13', true, '4.00'],
])('with %s nothing is written', async (_name, path, value, code) => {
  const { patch, tree } = await world({ objects: device() });
  const [wrong] = changes({ [path]: value });
  if (wrong === undefined || wrong.value === null) throw new Error('no value');
  // The type that the value has, whatever the definition says.
  const sent = { ...wrong, type: typeof value === 'boolean' ? ('boolean' as const) : wrong.type };
  const all = [...changes({ '/1/0/1': 61 }), sent];
  expect((await patch(encodeChanges(all, SENML_CBOR, registry), SENML_CBOR)).code).toBe(code);
  expect(tree.content('/1/0/1')).toBe(60);
});

test('SenML-ETCH removes Resource Instances, together with what it writes', async () => {
  const { patch, tree } = await world({ objects: device(), lwm2mVersion: '1.2' });
  const both = encodeChanges(changes({ '/16/0/0/0': null, '/1/0/1': 61 }), SENML_ETCH_CBOR, registry);
  expect((await patch(both, SENML_ETCH_CBOR)).code).toBe('2.04');
  expect(tree.content('/16/0/0')).toEqual(new Map([[1, 'b']]));
  expect(tree.content('/1/0/1')).toBe(61);
  expect((await patch(both, SENML_ETCH_CBOR)).code).toBe('4.04');
  const whole = encodeChanges(changes({ '/16/0/0': null }), SENML_ETCH_CBOR, registry);
  expect((await patch(whole, SENML_ETCH_CBOR)).code).toBe('4.05');
});

test('a Write-Composite is malformed, of a path, or in no format for it', async () => {
  const { ask } = await world({ objects: device() });
  const request = { method: Code.IPATCH, path: '/', contentFormat: SENML_CBOR, payload: Uint8Array.of(0xff) };
  expect((await ask(request)).code).toBe('4.00');
  expect((await ask({ ...request, path: '/3' })).code).toBe('4.05');
  expect((await ask({ ...request, query: ['pmin=1'] })).code).toBe('4.00');
  expect((await ask({ ...request, contentFormat: TLV })).code).toBe('4.15');
  expect((await ask({ method: Code.IPATCH, path: '/' })).code).toBe('4.15');
  expect((await ask({ method: Code.PATCH, path: '/' })).code).toBe('4.05');
});
