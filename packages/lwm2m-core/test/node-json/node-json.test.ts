import { describe, expect, test } from 'vitest';
import { pathOf, UNASSIGNED_INSTANCE_ID } from '@flownexus/lwm2m-core';
import type { DecodeError, Lwm2mNode, ResourceRecord, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { MAX_JSON_NODES } from '../../src/limits.ts';
import { nodeFromJson, nodesFromJson, nodesFromRecords, nodesToJson, nodeToJson } from '../../src/node-json/index.ts';
import type { NodeJson } from '../../src/node-json/index.ts';
import { definitions, everythingIs } from '../definitions.ts';
import { failureOf } from '../failure.ts';

function single(type: ResourceType, value: ResourceValue): Lwm2mNode {
  return { kind: 'singleResource', id: 9, type, value };
}

function failure(value: unknown, path: string): DecodeError {
  return failureOf(() => nodeFromJson(value, path), 'ERR_LWM2M_DECODE');
}

describe('the kinds of nodes', () => {
  const instances = [
    { kind: 'resourceInstance', id: 0, type: 'integer', value: 1 },
    { kind: 'resourceInstance', id: 1, type: 'integer', value: 5 },
  ] as const;
  const resources = [
    { kind: 'multipleResource', id: 6, type: 'integer', instances },
    { kind: 'singleResource', id: 9, type: 'integer', value: 95 },
  ] as const;
  const objectInstance = { kind: 'objectInstance', id: 0, resources } as const;
  const object = { kind: 'object', id: 3, instances: [objectInstance] } as const;
  const multipleJson = { kind: 'multiResource', id: 6, type: 'INTEGER', values: { '0': '1', '1': '5' } } as const;
  const singleJson = { kind: 'singleResource', id: 9, type: 'INTEGER', value: '95' } as const;
  const instanceJson = { kind: 'instance', id: 0, resources: [multipleJson, singleJson] } as const;
  const objectJson = { kind: 'obj', id: 3, instances: [instanceJson] } as const;

  test.each<[path: string, node: Lwm2mNode, json: NodeJson]>([
    ['/', { kind: 'root', objects: [object] }, { kind: 'root', objects: [objectJson] }],
    [
      '/',
      { kind: 'root', objects: [], iotDevices: [{ prefix: 'd01', objects: [object] }] },
      { kind: 'root', objects: [], iotDevices: [{ prefix: 'd01', objects: [objectJson] }] },
    ],
    ['/3', object, objectJson],
    ['/3/0', objectInstance, instanceJson],
    ['/3/0/6', resources[0], multipleJson],
    ['/3/0/9', resources[1], singleJson],
    ['/3/0/6/1', instances[1], { kind: 'resourceInstance', id: 1, type: 'INTEGER', value: '5' }],
    [
      '/3/0/8',
      { kind: 'multipleResource', id: 8, type: 'none', instances: [] },
      { kind: 'multiResource', id: 8, type: 'NONE', values: {} },
    ],
  ])('at %s', (path, node, json) => {
    expect(nodeToJson(node)).toStrictEqual(json);
    expect(nodeFromJson(JSON.parse(JSON.stringify(json)), path)).toStrictEqual(node);
  });
});

describe('the types of values', () => {
  test.each<[type: ResourceType, value: ResourceValue, name: string, json: unknown]>([
    ['string', 'Leshan', 'STRING', 'Leshan'],
    ['integer', 95, 'INTEGER', '95'],
    ['integer', -(2n ** 63n), 'INTEGER', '-9223372036854775808'],
    ['unsignedInteger', 2n ** 64n - 1n, 'UNSIGNED_INTEGER', '18446744073709551615'],
    ['float', 20.5, 'FLOAT', 20.5],
    ['float', 1e300, 'FLOAT', 1e300],
    ['boolean', false, 'BOOLEAN', false],
    ['opaque', Uint8Array.of(0x73, 0xfe, 0), 'OPAQUE', '73fe00'],
    ['opaque', new Uint8Array(), 'OPAQUE', ''],
    ['time', 1_700_000_000, 'TIME', 1_700_000_000_000],
    ['time', 1_700_000_000.123, 'TIME', 1_700_000_000_123],
    ['time', -1, 'TIME', -1000],
    ['objlnk', { objectId: 3, objectInstanceId: 0 }, 'OBJLNK', { objectId: 3, objectInstanceId: 0, nullLink: false }],
    [
      'objlnk',
      { objectId: 65535, objectInstanceId: 65535 },
      'OBJLNK',
      { objectId: 65535, objectInstanceId: 65535, nullLink: true },
    ],
    ['corelnk', '</3/0>', 'CORELINK', '</3/0>'],
  ])('%s %s', (type, value, name, json) => {
    const node = nodeToJson(single(type, value));
    expect(node).toStrictEqual({ kind: 'singleResource', id: 9, type: name, value: json });
    expect(nodeFromJson(node, '/3/0/9')).toStrictEqual(single(type, value));
    expect(nodeFromJson({ ...node, type: name.toLowerCase() }, '/3/0/9')).toStrictEqual(single(type, value));
  });

  test.each([
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('%d has no JSON number, and is not taken', (value, text) => {
    const json = nodeToJson(single('float', value));
    expect(json).toMatchObject({ value: text });
    failure(json, '/3/0/9');
  });

  test('a time far beyond is the nearest number', () => {
    const json = nodeToJson(single('time', 2n ** 63n - 1n));
    expect(json).toMatchObject({ value: 9_223_372_036_854_776_000_000 });
    expect(nodeFromJson(nodeToJson(single('time', 2n ** 62n)), '/3/0/9')).toEqual(single('time', 2n ** 62n));
  });

  test('what is no value of its type is the fault of the caller', () => {
    expect(() => nodeToJson(single('integer', 'x'))).toThrow(TypeError);
    expect(() => nodeToJson(single('integer', 1.5))).toThrow(RangeError);
  });

  test.each<[type: string, json: unknown, value: ResourceValue]>([
    ['integer', 95, 95],
    ['Integer', '+95', 95],
    ['INTEGER', '9007199254740993', 9_007_199_254_740_993n],
    ['unsigned_integer', '007', 7],
    ['integer', -0, 0],
    ['float', '20.0', 20],
    ['float', '1.0E10', 1e10],
    ['float', 20, 20],
    ['opaque', '73FE', Uint8Array.of(0x73, 0xfe)],
    ['time', 1_700_000_000_500, 1_700_000_000.5],
    ['objlnk', { objectId: 1, objectInstanceId: 2 }, { objectId: 1, objectInstanceId: 2 }],
  ])('takes %s as %j', (type, json, value) => {
    expect(nodeFromJson({ id: 9, type, value: json }, '/3/0/9')).toMatchObject({ value });
  });

  test.each<[type: string, json: unknown]>([
    ['string', 1],
    ['string', '\ud800'],
    ['integer', 1.5],
    ['integer', 2 ** 53],
    ['integer', '9223372036854775808'],
    ['integer', '1.0'],
    ['integer', ''],
    ['integer', ' 1'],
    ['integer', '0x1'],
    ['integer', true],
    ['unsigned_integer', -1],
    ['float', 'NaN'],
    ['float', '1e400'],
    ['float', Infinity],
    ['float', ''],
    ['boolean', 'true'],
    ['boolean', 1],
    ['opaque', '7'],
    ['opaque', '7g'],
    ['opaque', [1, 2]],
    ['time', '2023-11-14T22:13:20Z'],
    ['time', '1700000000000'],
    ['time', 1.5],
    ['time', 1e300],
    ['objlnk', '3:0'],
    ['objlnk', { objectId: 1 }],
    ['objlnk', { objectId: 1, objectInstanceId: 65536 }],
    ['objlnk', { objectId: '1', objectInstanceId: 0 }],
    ['corelink', null],
    ['none', ''],
    ['string', undefined],
  ])('does not take %s as %j', (type, json) => {
    expect(failure({ id: 9, type, value: json }, '/3/0/9').expected).toMatch(/ at \/value$/);
  });
});

describe('what tools send', () => {
  test('a Write as the interop suite of Zephyr has it', () => {
    expect(
      nodeFromJson({ id: '1', kind: 'singleResource', value: 900, type: 'integer' }, '/1/0/1', definitions),
    ).toEqual({
      kind: 'singleResource',
      id: 1,
      type: 'integer',
      value: 900,
    });
    expect(nodeFromJson({ id: '2', kind: 'resourceInstance', value: 5, type: 'integer' }, '/3/0/6/2')).toEqual({
      kind: 'resourceInstance',
      id: 2,
      type: 'integer',
      value: 5,
    });
  });

  test('an update of an Object Instance', () => {
    const json = {
      kind: 'instance',
      id: 2,
      resources: [
        { id: 2, kind: 'multiResource', values: { '0': 101, '1': '102' }, type: 'integer' },
        { id: 0, kind: 'singleResource', value: 0, type: 'integer' },
      ],
    };
    expect(nodeFromJson(json, '/2/2', definitions)).toEqual({
      kind: 'objectInstance',
      id: 2,
      resources: [
        { kind: 'singleResource', id: 0, type: 'integer', value: 0 },
        {
          kind: 'multipleResource',
          id: 2,
          type: 'integer',
          instances: [
            { kind: 'resourceInstance', id: 0, type: 'integer', value: 101 },
            { kind: 'resourceInstance', id: 1, type: 'integer', value: 102 },
          ],
        },
      ],
    });
  });

  test('the kind may be told by a field', () => {
    const value = { id: 0, type: 'string', value: 'x' };
    const values = { id: 0, type: 'string', values: { 3: 'x' } };
    expect(nodeFromJson(value, '/3/0/0').kind).toBe('singleResource');
    expect(nodeFromJson(values, '/16/0/0').kind).toBe('multipleResource');
    expect(nodeFromJson({ resources: [value] }, '/3/0').kind).toBe('objectInstance');
    expect(nodeFromJson({ id: 3, instances: [{ id: 0, resources: [value] }] }, '/3').kind).toBe('object');
  });

  test('an Object Instance without an id has that of the path, or none in a Create', () => {
    const json = { resources: [{ id: 0, type: 'string', value: 'x' }] };
    expect(nodeFromJson(json, '/3/7')).toMatchObject({ id: 7 });
    expect(nodeFromJson(json, '/3303')).toMatchObject({ id: UNASSIGNED_INSTANCE_ID });
    expect(nodeFromJson({ ...json, id: 4 }, '/3303')).toMatchObject({ id: 4 });
  });
});

describe('the type of the definition', () => {
  test.each<[declared: ResourceType, stated: string, json: unknown, type: ResourceType, value: ResourceValue]>([
    ['float', 'string', '20.5', 'float', 20.5],
    ['float', 'string', 20.5, 'float', 20.5],
    ['float', 'integer', 20, 'float', 20],
    ['integer', 'float', 20, 'integer', 20],
    ['integer', 'float', 20.5, 'float', 20.5],
    ['unsignedInteger', 'integer', '-1', 'integer', -1],
    ['unsignedInteger', 'integer', '1', 'unsignedInteger', 1],
    ['time', 'integer', 1_700_000_000, 'time', 1_700_000_000],
    ['integer', 'time', 5000, 'integer', 5],
    ['string', 'corelink', '</3>', 'string', '</3>'],
    ['corelnk', 'string', '</3>', 'corelnk', '</3>'],
    ['opaque', 'string', 'abcd', 'opaque', Uint8Array.of(0xab, 0xcd)],
    ['opaque', 'string', 'xyz', 'string', 'xyz'],
    ['string', 'opaque', 'abcd', 'opaque', Uint8Array.of(0xab, 0xcd)],
    ['boolean', 'integer', 1, 'integer', 1],
    ['none', 'integer', 1, 'integer', 1],
  ])('%s: stated %s %j', (declared, stated, json, type, value) => {
    const node = nodeFromJson({ id: 0, type: stated, value: json }, '/0/0/0', everythingIs(declared));
    expect(node).toEqual({ kind: 'singleResource', id: 0, type, value });
  });

  test('may be the only one that is taken', () => {
    const read = (json: unknown): unknown =>
      nodeFromJson(json, '/3/0/9', everythingIs('integer'), { refuseOtherTypes: true });
    expect(read({ id: 9, kind: 'singleResource', type: 'STRING', value: '95' })).toMatchObject({
      type: 'integer',
      value: 95,
    });
    expect(read({ id: 9, kind: 'singleResource', type: 'INTEGER', value: 95 })).toMatchObject({
      type: 'integer',
      value: 95,
    });
    const refused = (json: unknown) => failureOf(() => read(json), 'ERR_LWM2M_DECODE').pointer;
    expect(refused({ id: 9, kind: 'singleResource', type: 'STRING', value: 'full' })).toBe('/value');
    expect(refused({ id: 9, kind: 'multiResource', type: 'FLOAT', values: { 0: 1, 1: 1.5 } })).toBe('/values/1');
    const nodes = {
      '/3/0': { kind: 'instance', resources: [{ id: 9, kind: 'singleResource', type: 'BOOLEAN', value: true }] },
    };
    expect(() => nodesFromJson(nodes, everythingIs('integer'), { refuseOtherTypes: true })).toThrow(
      expect.objectContaining({ pointer: '/~13~10/resources/0/value' }),
    );
  });

  test('counts for a multiple Resource when all of its values fit', () => {
    const read = (values: object): Lwm2mNode =>
      nodeFromJson({ id: 0, type: 'float', values }, '/0/0/0', everythingIs('integer'));
    expect(read({ 1: 1, 0: 0 })).toMatchObject({ type: 'integer', instances: [{ id: 0, type: 'integer' }, { id: 1 }] });
    expect(read({ 0: 0, 1: 1.5 })).toMatchObject({ type: 'float', instances: [{ type: 'float' }, { type: 'float' }] });
    expect(read({})).toMatchObject({ type: 'integer', instances: [] });
  });
});

describe('what is refused', () => {
  const value = { id: 0, type: 'string', value: 'x' };
  test.each<[path: string, json: unknown, expected: RegExp]>([
    ['/3/0/0', undefined, /^a node at the top$/],
    ['/3/0/0', null, /a node/],
    ['/3/0/0', [value], /a node/],
    ['/3/0/0', 'x', /a node/],
    ['/3/0/0', {}, /kind singleResource or multiResource/],
    ['/3/0/0', { ...value, values: {} }, /kind/],
    ['/3/0/0', { ...value, kind: 'resourceInstance' }, /kind/],
    ['/3/0/0', { ...value, kind: 'SingleResource' }, /kind/],
    ['/3/0/0', { ...value, kind: null }, /kind/],
    ['/3/0/0/0', value, /kind resourceInstance/],
    ['/3/0', value, /kind instance/],
    ['/', { objects: [] }, /kind root/],
    ['/3/0/0', { type: 'string', value: 'x' }, / at \/id$/],
    ['/3/0/0', { ...value, id: 1 }, /the id of the path at \/id/],
    ['/3/0/0', { ...value, id: '00' }, / at \/id$/],
    ['/3/0/0', { ...value, id: -1 }, / at \/id$/],
    ['/3/0/0', { ...value, id: 65536 }, / at \/id$/],
    ['/3/0/0', { ...value, id: 0.5 }, / at \/id$/],
    ['/3/0', { id: 1, resources: [] }, /the id of the path/],
    ['/3/0', { id: null, resources: [] }, / at \/id$/],
    ['/3/0/0', { id: 0, value: 'x' }, / at \/type$/],
    ['/3/0/0', { ...value, type: 'double' }, / at \/type$/],
    ['/3/0/0', { ...value, type: 'constructor' }, / at \/type$/],
    ['/3/0/0', { ...value, type: 'ıntEGER' }, / at \/type$/],
    ['/3/0', { resources: {} }, /an array at \/resources$/],
    ['/3/0', { kind: 'instance' }, /an array at \/resources$/],
    ['/3/0', { resources: [value, { ...value, value: 'y' }] }, /each id once at \/resources$/],
    ['/3/0', { resources: [value, { id: 1, type: 'string', value: 1 }] }, / at \/resources\/1\/value$/],
    ['/3/0', { resources: [value, undefined] }, / at \/resources\/1$/],
    [
      '/3',
      { id: 3, instances: [{ id: 0, resources: [{ id: 1, type: 'x', value: 1 }] }] },
      / at \/instances\/0\/resources\/0\/type$/,
    ],
    ['/3', { id: 3, instances: [{ resources: [] }, { resources: [] }] }, /each id once/],
    ['/16/0/0', { id: 0, type: 'string', values: [] }, / at \/values$/],
    ['/16/0/0', { id: 0, type: 'string', values: { '00': 'x' } }, / at \/values$/],
    ['/16/0/0', { id: 0, type: 'string', values: { 65536: 'x' } }, / at \/values$/],
    ['/16/0/0', { id: 0, type: 'string', values: { 5: 1 } }, / at \/values\/5$/],
    ['/16/0/0', { id: 0, type: 'string', values: { constructor: 'x' } }, / at \/values$/],
    ['/', { kind: 'root', objects: [], iotDevices: [{ prefix: '1', objects: [] }] }, / /],
    ['/', { kind: 'root', objects: [], iotDevices: [{ objects: [] }] }, / at \/iotDevices\/0\/prefix$/],
    ['/', { kind: 'root', objects: [], iotDevices: [{ prefix: 'a/1', objects: [] }] }, / at \/iotDevices\/0\/prefix$/],
    ['/', { kind: 'root', objects: [], iotDevices: [1] }, / at \/iotDevices\/0$/],
  ])('for %s %j', (path, json, expected) => {
    const error = failureOf(() => nodeFromJson(json, path), path === '/' ? undefined : 'ERR_LWM2M_DECODE');
    expect(error.expected).toMatch(expected);
    expect(error.offset).toBeTypeOf('number');
  });

  test('fields of the prototype are no fields', () => {
    failure(Object.create({ ...value, kind: 'singleResource' }), '/3/0/0');
    failure(JSON.parse('{"__proto__":{"kind":"singleResource"},"id":0,"type":"string"}'), '/3/0/0');
    const values: unknown = JSON.parse('{"id":0,"type":"string","values":{"__proto__":"x"}}');
    failure(values, '/16/0/0');
  });

  test('too many nodes and values', () => {
    const values = Object.fromEntries(Array.from({ length: MAX_JSON_NODES }, (_, id) => [id, 'x']));
    expect(failure({ id: 0, type: 'string', values }, '/16/0/0').expected).toMatch(/at most/);
    const resources = Array.from({ length: MAX_JSON_NODES }, (_, id) => ({ ...value, id }));
    expect(failure({ resources }, '/3/0').expected).toMatch(/at most/);
    expect(nodeFromJson({ resources: resources.slice(1) }, '/3/0')).toMatchObject({ kind: 'objectInstance' });
  });

  test('errors do not repeat values', () => {
    expect(failure({ id: 0, type: 'integer', value: 'secret' }, '/3/0/0').message).not.toContain('secret');
    expect(failure({ id: 0, type: 'secret', value: 'x' }, '/3/0/0').message).not.toContain('secret');
    expect(failure({ id: 0, type: 'string', values: { secret: 1 } }, '/3/0/0').message).not.toContain('secret');
  });
});

describe('nodes by their paths', () => {
  const record = (path: [number, number, number, number?], value: number, time?: number): ResourceRecord => {
    return { path: pathOf(...path), type: 'integer', value, time };
  };
  const records = [record([3, 0, 9], 1, 5), record([3, 0, 9], 2, 6), record([3, 0, 6, 1], 3), record([4, 0, 0], 4)];

  test('a Send has a node for each Resource, with the newest value', () => {
    expect(nodesToJson(nodesFromRecords(records))).toStrictEqual({
      '/3/0/9': { kind: 'singleResource', id: 9, type: 'INTEGER', value: '2' },
      '/3/0/6': { kind: 'multiResource', id: 6, type: 'INTEGER', values: { '1': '3' } },
      '/4/0/0': { kind: 'singleResource', id: 0, type: 'INTEGER', value: '4' },
    });
  });

  test('a composite has those that were asked for, without those that are not there', () => {
    const nodes = nodesFromRecords(records, definitions, ['/3/0/6/1', '/5/0', '/3/0', '/4', '/3/0/6']);
    expect([...nodes].map(([path, node]) => [path, node.kind])).toEqual([
      ['/3/0/6/1', 'resourceInstance'],
      ['/3/0', 'objectInstance'],
      ['/4', 'object'],
      ['/3/0/6', 'multipleResource'],
    ]);
    expect(nodesFromRecords(records, undefined, ['/']).get('/')).toMatchObject({ objects: [{ id: 3 }, { id: 4 }] });
  });

  test('are read for a Write-Composite', () => {
    const json = {
      '/1/0/1': { id: 1, kind: 'singleResource', value: 60, type: 'integer' },
      '16/0/0': { id: 0, kind: 'multiResource', values: { '0': 'x' }, type: 'string' },
      '/3/0/6/1': { id: 1, kind: 'resourceInstance', value: 2, type: 'integer' },
    };
    const nodes = nodesFromJson(json, definitions);
    expect([...nodes.keys()]).toEqual(['/1/0/1', '/16/0/0', '/3/0/6/1']);
    expect(nodesFromJson(nodesToJson(nodes))).toEqual(nodes);
  });

  test.each<[json: unknown, expected: RegExp]>([
    [[], /an object of nodes/],
    [null, /an object of nodes/],
    [{ '/3/0/0': null }, /a node at \/~13~10~10$/],
    [{ '/3/0/0': { id: 0, type: 'string', value: 1 } }, / at \/~13~10~10\/value$/],
    [{ '/3/0/0': { id: 1, type: 'string', value: 'x' } }, /the id of the path/],
    [
      { '/3/0/0': { id: 0, type: 'string', value: 'x' }, '3/0/0': { id: 0, type: 'string', value: 'x' } },
      /each path once/,
    ],
  ])('%j is refused', (json, expected) => {
    expect(failureOf(() => nodesFromJson(json), 'ERR_LWM2M_DECODE').expected).toMatch(expected);
  });

  test('a key that is no path is refused', () => {
    failureOf(() => nodesFromJson({ '/3/x': {} }), 'ERR_LWM2M_PATH');
    failureOf(() => nodesFromJson(JSON.parse('{"__proto__":{}}')), 'ERR_LWM2M_PATH');
  });
});
