import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, Lwm2mError } from '@flownexus/lwm2m-core';
import type { ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { everythingIs } from '../definitions.ts';
import { fromText, toText } from '../hex.ts';

function decode(text: string, type: ResourceType): unknown {
  const { node } = decodePayload(fromText(text), 0, '/0/0/0', everythingIs(type));
  return node.kind === 'singleResource' && node.type === type ? node.value : node;
}

describe('decoding', () => {
  test.each<[string, ResourceType, ResourceValue]>([
    ['-9223372036854775808', 'integer', -(2n ** 63n)],
    ['18446744073709551615', 'unsignedInteger', 2n ** 64n - 1n],
    ['9007199254740993', 'integer', 9007199254740993n],
    ['+007', 'integer', 7],
    ['22.00', 'integer', 22],
    ['1700000000', 'time', 1700000000],
    ['1700000000.25', 'time', 1700000000.25],
    ['1e-3', 'float', 0.001],
    ['-.5', 'float', -0.5],
    ['22', 'float', 22],
    ['-_8', 'opaque', Uint8Array.of(0xfb, 0xff)],
    ['', 'opaque', new Uint8Array()],
    ['', 'string', ''],
    ['\uFEFFx', 'string', '\uFEFFx'],
    ['</3/0>', 'corelnk', '</3/0>'],
    ['66:0\0', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
  ])('%j as %s', (text, type, value) => {
    expect(decode(text, type)).toEqual(value);
  });

  test('without a definition it is a string', () => {
    expect(decodePayload(fromText('95'), 0, '/3/0/9').node).toMatchObject({ type: 'string', value: '95' });
    expect(decodePayload(fromText('95'), 1541, '/3/0/9/1').node).toMatchObject({ kind: 'resourceInstance', id: 1 });
  });

  test.each<[string, ResourceType]>([
    ['9223372036854775808', 'integer'],
    ['-1', 'unsignedInteger'],
    ['1.5', 'integer'],
    ['0x10', 'integer'],
    [' 1', 'integer'],
    ['1e400', 'float'],
    ['NaN', 'float'],
    ['', 'float'],
    ['.', 'float'],
    ['2', 'boolean'],
    ['1', 'objlnk'],
    ['1:2:3', 'objlnk'],
    ['', 'time'],
  ])('%j is no %s', (text, type) => {
    expect(() => decode(text, type)).toThrow(Lwm2mError);
  });

  test('refuses bytes that are not UTF-8, and paths above a Resource', () => {
    expect(() => decodePayload(Uint8Array.of(0xff), 0, '/3/0/0')).toThrow(Lwm2mError);
    expect(() => decodePayload(fromText('x'), 0, '/3/0')).toThrow(Lwm2mError);
  });
});

describe('encoding', () => {
  test.each<[ResourceType, ResourceValue, string]>([
    ['integer', 2n ** 53n + 1n, '9007199254740993'],
    ['float', 22, '22'],
    ['float', 0, '0'],
    ['float', -0, '-0'],
    ['float', -1.25e-7, '-0.000000125'],
    ['float', 1.5e21, '1500000000000000000000'],
    ['float', 123.456, '123.456'],
    ['time', 1.5, '1.5'],
    ['opaque', Uint8Array.of(0xfb, 0xff), '+/8='],
    ['boolean', true, '1'],
    ['objlnk', { objectId: 66, objectInstanceId: 0 }, '66:0'],
    ['corelnk', '</3>', '</3>'],
  ])('%s %s', (type, value, text) => {
    expect(toText(encodePayload({ kind: 'singleResource', id: 0, type, value }, 0, '/0/0/0'))).toBe(text);
  });

  test('refuses what text has no form for', () => {
    const node = { kind: 'singleResource', id: 0, type: 'float', value: Number.NaN } as const;
    expect(() => encodePayload(node, 0, '/0/0/0')).toThrow(Lwm2mError);
    expect(() => encodePayload({ kind: 'objectInstance', id: 0, resources: [] }, 0, '/0/0')).toThrow(Lwm2mError);
  });
});
