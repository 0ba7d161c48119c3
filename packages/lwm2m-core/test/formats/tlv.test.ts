import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, Lwm2mError, UNASSIGNED_INSTANCE_ID } from '@flownexus/lwm2m-core';
import type { Lwm2mNode, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { MAX_RECORDS } from '../../src/limits.ts';
import { definitions, everythingIs } from '../definitions.ts';
import { fromHex, toHex } from '../hex.ts';

const TLV = 11542;

function decode(hex: string, path: string, source = definitions): Lwm2mNode {
  return decodePayload(fromHex(hex), TLV, path, source).node;
}

describe('levels', () => {
  const battery = { kind: 'singleResource', id: 9, type: 'integer', value: 100 };
  const errors = {
    kind: 'multipleResource',
    id: 11,
    type: 'integer',
    instances: [{ kind: 'resourceInstance', id: 0, type: 'integer', value: 0 }],
  };

  test('a Resource', () => {
    expect(decode('c10964', '/3/0/9')).toEqual(battery);
  });

  test('a notification of an Object Instance that holds the changed Resource alone', () => {
    expect(decode('c10964', '/3/0')).toEqual({ kind: 'objectInstance', id: 0, resources: [battery] });
  });

  test('an Object as a bare list is instance 0 when the definition allows one, else without an id', () => {
    expect(decode('c10964', '/3')).toMatchObject({
      kind: 'object',
      id: 3,
      instances: [{ id: 0, resources: [battery] }],
    });
    expect(decode('c1010b', '/2')).toMatchObject({ instances: [{ id: UNASSIGNED_INSTANCE_ID }] });
    expect(decode('c1010b', '/31024')).toMatchObject({ instances: [{ id: UNASSIGNED_INSTANCE_ID }] });
  });

  test('a wrapper of the Object Instance that was asked for', () => {
    expect(decode('080003c10964', '/3/0')).toEqual({ kind: 'objectInstance', id: 0, resources: [battery] });
    expect(decode('080003c10964', '/3/0/9')).toEqual(battery);
    expect(() => decode('080103c10964', '/3/0')).toThrow(Lwm2mError);
    expect(() => decode('0300c109640001', '/3/0')).toThrow(Lwm2mError);
  });

  test('a multiple Resource, whole, as a bare list, and of a Resource Instance', () => {
    expect(decode('830b410000', '/3/0/11')).toEqual(errors);
    expect(decode('410000', '/3/0/11')).toEqual(errors);
    for (const hex of ['830b410000', '410000', 'c10b00']) {
      expect(decode(hex, '/3/0/11/0')).toEqual(errors.instances[0]);
    }
  });

  test('a multiple Resource that comes as one value is instance 0', () => {
    expect(decode('c10b00', '/3/0/11')).toEqual(errors);
  });

  test('empty ones', () => {
    expect(decode('', '/3')).toEqual({ kind: 'object', id: 3, instances: [] });
    expect(decode('0005', '/2')).toEqual({
      kind: 'object',
      id: 2,
      instances: [{ kind: 'objectInstance', id: 5, resources: [] }],
    });
    expect(decode('800b', '/3/0')).toMatchObject({ resources: [{ id: 11, type: 'integer', instances: [] }] });
    expect(decode('', '/3/0/11')).toMatchObject({ kind: 'multipleResource', instances: [] });
    expect(() => decode('', '/3/0/9')).toThrow(Lwm2mError);
    expect(() => decode('', '/3/0/11/0')).toThrow(Lwm2mError);
  });

  test.each([
    ['c10964', '/3/0/10'],
    ['8009', '/3/0/10'],
    ['c10964c10a00', '/3/0/9'],
    ['830b410100', '/3/0/11/0'],
    ['410000', '/3/0'],
    ['c10964080000', '/3'],
    ['080000c10964', '/3'],
    ['830bc10000', '/3/0'],
    ['860b410000410001', '/3/0'],
    ['c10964', '/'],
  ])('%s does not answer %s', (hex, path) => {
    expect(() => decode(hex, path)).toThrow(Lwm2mError);
  });
});

describe('values', () => {
  test.each<[string, ResourceType, ResourceValue]>([
    ['c100ff', 'integer', -1],
    ['c200ff00', 'integer', -256],
    ['c400ffffffff', 'integer', -1],
    ['c800080000000000000001', 'integer', 1],
    ['c800080020000000000001', 'integer', 2n ** 53n + 1n],
    ['c800088000000000000000', 'integer', -(2n ** 63n)],
    ['c100ff', 'unsignedInteger', 255],
    ['c80008ffffffffffffffff', 'unsignedInteger', 2n ** 64n - 1n],
    ['c80008000000006b0100bc', 'time', 0x6b0100bc],
    ['c4003fc00000', 'float', 1.5],
    ['c80008bff8000000000000', 'float', -1.5],
    ['c10001', 'boolean', true],
    ['c400ffffffff', 'objlnk', { objectId: 65535, objectInstanceId: 65535 }],
    ['c300efbbbf', 'string', '\uFEFF'],
    ['c000', 'string', ''],
    ['c1003c', 'corelnk', '<'],
    ['c2000102', 'opaque', Uint8Array.of(1, 2)],
  ])('%s as %s', (hex, type, value) => {
    const source = everythingIs(type);
    expect(decode(hex, '/0/0/0', source)).toEqual({ kind: 'singleResource', id: 0, type, value });
  });

  test('text that is not UTF-8 is kept as opaque', () => {
    expect(decode('c100ff', '/0/0/0', everythingIs('string'))).toMatchObject({
      type: 'opaque',
      value: Uint8Array.of(0xff),
    });
  });

  test.each<[string, ResourceType]>([
    ['c000', 'integer'],
    ['c500ffffffffff', 'unsignedInteger'],
    ['c300010203', 'integer'],
    ['c200ffff', 'float'],
    ['c300000000', 'float'],
    ['c000', 'boolean'],
    ['c10002', 'boolean'],
    ['c200ffff', 'objlnk'],
  ])('%s is no %s', (hex, type) => {
    expect(() => decode(hex, '/0/0/0', everythingIs(type))).toThrow(Lwm2mError);
  });

  test('copies opaque values', () => {
    const bytes = fromHex('c2000102');
    const { node } = decodePayload(bytes, TLV, '/0/0/0');
    bytes.fill(0);
    expect(node).toMatchObject({ value: Uint8Array.of(1, 2) });
  });

  test('bounds the values', () => {
    const bytes = new Uint8Array(4 * (MAX_RECORDS + 1));
    for (let id = 0; id <= MAX_RECORDS; id += 1) bytes.set([0xe1, id >> 8, id & 255, 0], id * 4);
    expect(decodePayload(bytes.subarray(4), TLV, '/3/0').records).toHaveLength(MAX_RECORDS);
    expect(() => decodePayload(bytes, TLV, '/3/0')).toThrow(Lwm2mError);
  });

  test('bounds the instances and multiple Resources, empty ones too', () => {
    const bytes = new Uint8Array(3 * (MAX_RECORDS + 1));
    for (let id = 0; id <= MAX_RECORDS; id += 1) bytes.set([0xa0, id >> 8, id & 255], id * 3);
    expect(decodePayload(bytes.subarray(3), TLV, '/3/0').node).toMatchObject({ kind: 'objectInstance' });
    expect(() => decodePayload(bytes, TLV, '/3/0')).toThrow(Lwm2mError);
  });
});

describe('encoding', () => {
  function encode(type: ResourceType, value: ResourceValue, source = definitions): string {
    return toHex(encodePayload({ kind: 'singleResource', id: 300, type, value }, TLV, '/9/0/300', source));
  }

  test.each<[ResourceType, ResourceValue, string]>([
    ['integer', -128, 'e1012c80'],
    ['integer', 128, 'e2012c0080'],
    ['integer', -32768, 'e2012c8000'],
    ['integer', 32768, 'e4012c00008000'],
    ['integer', 2 ** 31, 'e8012c080000000080000000'],
    ['integer', -(2n ** 63n), 'e8012c088000000000000000'],
    ['unsignedInteger', 127, 'e1012c7f'],
    ['unsignedInteger', 255, 'e2012c00ff'],
    ['unsignedInteger', 2 ** 31, 'e8012c080000000080000000'],
    ['unsignedInteger', 2n ** 64n - 1n, 'e8012c08ffffffffffffffff'],
    ['time', 0, 'e1012c00'],
    ['float', 1.5, 'e8012c083ff8000000000000'],
    ['boolean', false, 'e1012c00'],
    ['objlnk', { objectId: 1, objectInstanceId: 2 }, 'e4012c00010002'],
    ['string', 'abcdefg', 'e7012c61626364656667'],
    ['corelnk', '', 'e0012c'],
    ['opaque', new Uint8Array(8), 'e8012c080000000000000000'],
  ])('%s %s', (type, value, hex) => {
    expect(encode(type, value)).toBe(hex);
  });

  test('long values', () => {
    expect(encode('opaque', new Uint8Array(256)).slice(0, 10)).toBe('f0012c0100');
    expect(encode('opaque', new Uint8Array(65536)).slice(0, 12)).toBe('f8012c010000');
    expect(() => encode('opaque', new Uint8Array(2 ** 24))).toThrow(Lwm2mError);
  });

  test('the type of the definition counts where the value fits', () => {
    expect(encode('integer', 2, everythingIs('float'))).toBe('e8012c084000000000000000');
    expect(encode('float', 2, everythingIs('integer'))).toBe('e1012c02');
    expect(encode('unsignedInteger', 200, everythingIs('integer'))).toBe('e2012c00c8');
    expect(encode('integer', -1, everythingIs('unsignedInteger'))).toBe('e1012cff');
  });

  test.each<[ResourceType, ResourceValue, ResourceType]>([
    ['float', 2.5, 'integer'],
    ['float', 2.5, 'time'],
    ['string', 'abcd', 'integer'],
    ['boolean', true, 'string'],
    ['integer', 1, 'boolean'],
    ['string', '3:0', 'objlnk'],
  ])('a %s (%s) is not written where it would be read as %s', (type, value, declared) => {
    const expected = expect.objectContaining({ code: 'ERR_LWM2M_ENCODE' }) as Error;
    expect(() => encode(type, value, everythingIs(declared))).toThrow(expected);
  });

  test('bytes go back as they came, whatever the definition says', () => {
    expect(encode('opaque', Uint8Array.of(0xff, 0xfe), everythingIs('string'))).toBe('e2012cfffe');
  });

  test('a Resource Instance goes into its Resource', () => {
    const node = { kind: 'resourceInstance', id: 1, type: 'integer', value: 5 } as const;
    expect(toHex(encodePayload(node, TLV, '/3/0/6/1'))).toBe('8306410105');
    expect(toHex(encodePayload(node, TLV, '/3/0/6'))).toBe('8306410105');
  });

  test('a Create has the instance wrapped, or bare when the client chooses its id', () => {
    const resources = [{ kind: 'singleResource', id: 1, type: 'integer', value: 11 }] as const;
    expect(toHex(encodePayload({ kind: 'objectInstance', id: 3, resources }, TLV, '/2'))).toBe('0303c1010b');
    const unassigned = { kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources } as const;
    expect(toHex(encodePayload(unassigned, TLV, '/2'))).toBe('c1010b');
  });

  test('refuses the root, and times with a fraction', () => {
    expect(() => encodePayload({ kind: 'root', objects: [] }, TLV, '/')).toThrow(Lwm2mError);
    expect(() => encode('time', 1.5)).toThrow(Lwm2mError);
  });
});
