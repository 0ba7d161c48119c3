import { describe, expect, test } from 'vitest';
import { SenmlError } from '@flownexus/senml';
import { DecodeError, formatObjectLink, formatPath, parsePath, withPrefix } from '@flownexus/lwm2m-core';
import type {
  DefinitionSource,
  Lwm2mNode,
  ObjectNode,
  ResourceRecord,
  ResourceType,
  ResourceValue,
  RootNode,
} from '@flownexus/lwm2m-core';
import { nodeFromRecords } from '../../src/node-tree.ts';
import type { DecodedRecords } from '../../src/formats/format.ts';
import { decodeLwm2mCbor } from '../../src/formats/lwm2m-cbor.ts';
import { encodeLwm2mCbor } from '../../src/formats/lwm2m-cbor-encode.ts';
import { definitions, everythingIs } from '../definitions.ts';
import { fromHex, toHex } from '../hex.ts';
import { loadVectors } from './vectors.ts';

const bytesOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', ''));

function decode(hex: string, path = '/', source?: DefinitionSource): DecodedRecords {
  return decodeLwm2mCbor(bytesOf(hex), parsePath(path), source);
}

const inWords = (value: ResourceValue): unknown =>
  typeof value === 'object' && !(value instanceof Uint8Array) ? formatObjectLink(value) : value;

/** Paths and values as text. */
const valuesOf = ({ records }: DecodedRecords): string[] =>
  records.map(({ path, value }) => `${formatPath(path)} ${String(inWords(value))}`);

const encode = (node: Lwm2mNode, path: string, source?: DefinitionSource): string =>
  toHex(encodeLwm2mCbor(node, parsePath(path), source));

describe('vectors', () => {
  const vectors = [...loadVectors('lwm2m-cbor'), ...loadVectors('captures-formats').filter(({ ct }) => ct === 11544)];
  const pathOfVector = (vector: (typeof vectors)[number]): string => vector.requestPath ?? '/';

  test.each(vectors.filter((vector) => vector.decoded !== undefined))('$name decodes', (vector) => {
    for (const source of [undefined, definitions]) {
      const { records, containers } = decode(vector.hex, pathOfVector(vector), source);
      const shown = records.map(({ path, value }) => ({ path: formatPath(path), value: inWords(value) }));
      expect(shown).toEqual(vector.decoded);
      expect(containers).toEqual([]);
    }
  });

  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    const refusal = (): unknown => decode(vector.hex, pathOfVector(vector), definitions);
    if (['lwcbor-bad-trunc', 'lwcbor-bad-trailing', 'lwcbor-bad-dup-path'].includes(vector.name))
      expect(refusal).toThrow(SenmlError);
    else expect(refusal).toThrow(DecodeError);
  });

  test.each(['lwcbor-device', 'lwcbor-create-noid'])('%s encodes to the same tree', (name) => {
    const vector = vectors.find((candidate) => candidate.name === name)!;
    const path = parsePath(pathOfVector(vector));
    const { records } = decode(vector.hex, formatPath(path), definitions);
    const node = nodeFromRecords(records, path, definitions);
    const bytes = encodeLwm2mCbor(node, path, definitions);
    expect(decodeLwm2mCbor(bytes, path, definitions).records).toEqual(records);
    expect(bytes).toHaveLength(vector.hex.length / 2);
    if (name === 'lwcbor-device') expect(toHex(bytes)).toBe(vector.hex);
  });

  test('lwcbor-gateway encodes to the same bytes', () => {
    const vector = vectors.find(({ name }) => name === 'lwcbor-gateway')!;
    const { records } = decode(vector.hex);
    const iotDevices = ['d01', 'd02'].map((prefix) => {
      const ofDevice = records.filter(({ path }) => path.prefix === prefix);
      const root = nodeFromRecords(
        ofDevice.map((record) => ({ ...record, path: withPrefix(record.path, undefined) })),
        '/',
      ) as RootNode;
      return { prefix, objects: root.objects };
    });
    expect(encode({ kind: 'root', objects: [], iotDevices }, '/')).toBe(vector.hex);
  });
});

describe('keys', () => {
  test.each([
    ['nested maps', 'a1 03 a1 00 a1 09 0a'],
    ['one array', 'a1 83030009 0a'],
    ['arrays within each other', 'a1 820300 a1 8109 0a'],
    ['an array of one id', 'a1 8103 a1 820009 0a'],
    ['indefinite maps', 'bf 03 bf 00 bf 09 0a ff ff ff'],
    ['an indefinite array', 'a1 9f030009ff 0a'],
    ['ids in more bytes than they need', 'a1 1b0000000000000003 a1 821900001a00000009 0a'],
    ['tags in front of maps and values', 'd9d9f7 a1 820300 c1 a1 09 d864 0a'],
  ])('%s', (_name, hex) => {
    expect(valuesOf(decode(hex, '/3/0'))).toEqual(['/3/0/9 10']);
  });

  test('maps that share ids', () => {
    expect(valuesOf(decode('a3 83030000 00 03 a1 00 a1 01 01 820300 a1 02 02'))).toEqual([
      '/3/0/0 0',
      '/3/0/1 1',
      '/3/0/2 2',
    ]);
  });

  test.each<[string, string, string, number]>([
    ['no map', 'c1 8103', '/', 0],
    ['a negative id', 'a1 20 00', '/', 1],
    ['a great id', 'a1 1a00010000 a1 00 a1 00 00', '/', 1],
    ['a greater id', 'a1 1a00010000 a1 00 a1 00 00', '/', 1],
    ['a float', 'a1 f94200 a1 00 a1 00 00', '/', 1],
    ['a float that is not integral', 'a1 f93e00 a1 00 a1 00 00', '/', 1],
    ['a boolean', 'a1 f5 a1 00 a1 00 00', '/', 1],
    ['bytes', 'a1 4103 a1 00 a1 00 00', '/', 1],
    ['text', 'a1 63643031 a1 03 a1 00 a1 00 00', '/', 1],
    ['an empty array', 'a1 80 0a', '/', 1],
    ['an empty array further down', 'a1 820300 a2 09 00 80 00', '/', 7],
    ['an array in an array', 'a1 818103 a1 00 a1 00 00', '/', 1],
    ['a map as a key', 'a1 a10300 a1 00 a1 00 00', '/', 1],
    ['five ids in a key', 'a1 850300060001 00', '/', 1],
    ['five ids in maps', 'a1 84030006 00 a1 01 00', '/', 7],
    ['a sixth level', 'a1 820300 a1 06 a1 00 a1 00 a1 00 00', '/', 9],
    ['a prefix alone', 'a1 8163643031 00', '/', 1],
    ['a prefix further in', 'a1 840363643031 00 00 00', '/', 1],
    ['a prefix further down', 'a1 03 a1 8263643031 00 a1 00 00', '/', 3],
    ['two prefixes', 'a1 8463643031636430310300 a1 00 00', '/', 1],
    ['digits as a prefix', 'a1 83623031 03 00 a1 00 00', '/', 1],
    ['a prefix with a slash', 'a1 8363642f31 03 00 a1 00 00', '/', 1],
    ['a value above the Resources', 'a1 820300 0a', '/', 4],
    ['a value as an Object', 'bf 03 0a ff', '/', 2],
    ['a map as a Resource Instance', 'a1 8403000600 a0', '/', 6],
    ['the same path in two ways', 'a2 83030009 0a 03 a1 00 a1 09 0b', '/', 10],
    ['the same path of a device', 'a2 8463643031030009 0a 83 63643031 03 00 a1 09 0b', '/', 18],
    ['a Resource Instance twice', 'a1 820300 a2 06 a1 00 01 820600 02', '/', 9],
    ['a value twice, with others between', 'a3 83030009 0a 83030008 0a 03 a1 00 a1 09 0b', '/', 15],
    ['an instance after the value and others', 'a3 83030006 01 83030009 01 8403000600 05', '/', 11],
    ['instances after the value', 'a2 83030006 01 8403000600 05', '/', 6],
    ['no instances after the value', 'a2 83030006 01 820300 a1 06 a0', '/', 10],
    ['a value after the instances', 'a2 8403000600 05 83030006 01', '/', 7],
    ['a value after no instances', 'a2 820300 a1 06 a0 83030006 01', '/', 7],
    ['a value behind tags of the map', 'd9d9f7 a1 820300 0a', '/', 7],
    ['a value behind a tag of another', 'a2 83030009 d864 0a 820300 0a', '/', 11],
    ['an array as a value', 'a1 83030009 8101', '/', 5],
    ['null', 'a1 83030009 f6', '/', 5],
    ['an integer of more than 64 bits', 'a1 83030009 3bffffffffffffffff', '/', 5],
    ['another Object', 'a1 83010009 0a', '/3', 1],
    ['another Resource', 'a1 820300 a2 09 0a 0a 0b', '/3/0/9', 7],
    ['an Object Instance for a Resource', 'a1 820300 a0', '/3/0/9', 1],
    ['another device', 'a1 84636430320300 09 0a', '/d01/3/0', 1],
    ['a device where the gateway was asked', 'a1 84636430320300 09 0a', '/3/0', 1],
  ])('%s is refused where it is', (_name, hex, path, offset) => {
    expect(() => decode(hex, path)).toThrow(
      expect.objectContaining({ name: 'DecodeError', code: 'ERR_LWM2M_DECODE', offset }),
    );
  });

  test.each([
    '',
    'a1',
    'a1 03',
    'a1 03 a1',
    'a1 83030009 0a 00',
    'a2 03 a0 03 a0',
    'a2 820300 a0 820300 a0',
    'a1 c103 a0',
  ])('%s is no CBOR of the format', (hex) => {
    expect(() => decode(hex)).toThrow(SenmlError);
  });
});

describe('devices behind a gateway', () => {
  test('a key without the prefix is of the device that was asked', () => {
    expect(valuesOf(decode('a1 83030009 0a', '/d01/3/0'))).toEqual(['/d01/3/0/9 10']);
    expect(valuesOf(decode('a1 846364303103 00 09 0a', '/d01/3/0'))).toEqual(['/d01/3/0/9 10']);
  });

  test('the prefix may stand before the ids of nested maps', () => {
    expect(valuesOf(decode('a1 82 63643031 03 a1 00 a1 09 0a'))).toEqual(['/d01/3/0/9 10']);
  });

  test('the same ids of two devices', () => {
    expect(valuesOf(decode('a3 83030009 01 84636430310300 09 02 84636430320300 09 03'))).toEqual([
      '/3/0/9 1',
      '/d01/3/0/9 2',
      '/d02/3/0/9 3',
    ]);
  });

  test('a key without a prefix after one that has it', () => {
    expect(valuesOf(decode('a2 84636430310300 09 02 83030009 01'))).toEqual(['/d01/3/0/9 2', '/3/0/9 1']);
  });
});

test.each<[string, string, string[]]>([
  ['an empty answer', 'a0', []],
  ['an empty Object', 'a1 03 a0', []],
  ['an empty Object Instance', 'a1 820300 a0', ['/3/0']],
  ['an empty multiple Resource', 'a1 820300 a1 06 a0', ['/3/0/6']],
  ['of indefinite length', 'bf 03 bf 00 bf ff 01 bf ff ff ff', ['/3/0', '/3/1']],
])('%s', (_name, hex, containers) => {
  const decoded = decode(hex, '/3');
  expect(decoded.containers.map(formatPath)).toEqual(containers);
  expect(decoded.records).toEqual([]);
});

test('values in any order', () => {
  expect(valuesOf(decode('a4 83030009 01 8403000701 02 83030001 03 8403000700 04'))).toEqual([
    '/3/0/9 1',
    '/3/0/7/1 2',
    '/3/0/1 3',
    '/3/0/7/0 4',
  ]);
});

describe('types', () => {
  const value = (hex: string, declared: ResourceType | undefined): ResourceRecord | undefined =>
    decode(`a1 83000000 ${hex}`, '/', declared === undefined ? undefined : everythingIs(declared)).records[0];

  test.each<[string, ResourceType | undefined, ResourceType, ResourceValue]>([
    ['18 19', undefined, 'integer', 25],
    ['f94e40', undefined, 'float', 25],
    ['f94e40', 'integer', 'integer', 25],
    ['18 19', 'float', 'float', 25],
    ['fb3fb999999999999a', 'integer', 'float', 0.1],
    ['f98000', undefined, 'float', -0],
    ['f97e00', undefined, 'float', Number.NaN],
    ['3b7fffffffffffffff', undefined, 'integer', -(2n ** 63n)],
    ['1bffffffffffffffff', undefined, 'unsignedInteger', 2n ** 64n - 1n],
    ['1a5182428f', 'time', 'time', 1367491215],
    ['c1 1a5182428f', undefined, 'time', 1367491215],
    ['c1 1a5182428f', 'integer', 'integer', 1367491215],
    ['c1 fb41d452d9ec200000', undefined, 'time', 1363896240.5],
    ['c0 74323031332d30332d32315432303a30343a30305a', 'time', 'time', 1363896240],
    ['c0 656e65766572', 'time', 'string', 'never'],
    ['d818 41 01', undefined, 'opaque', Uint8Array.of(1)],
    ['f5', 'integer', 'boolean', true],
    ['41 01', 'string', 'opaque', Uint8Array.of(1)],
    ['5f 4101 4102 ff', undefined, 'opaque', Uint8Array.of(1, 2)],
    ['7f 6161 6162 ff', undefined, 'string', 'ab'],
    ['64 36363a30', undefined, 'string', '66:0'],
    ['64 36363a30', 'objlnk', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
    ['64 3c2f333e', 'corelnk', 'corelnk', '</3>'],
    ['61 31', 'integer', 'string', '1'],
  ])('%s declared as %s', (hex, declared, type, expected) => {
    expect(value(hex, declared)).toMatchObject({ type, value: expected });
  });

  test('bytes are a copy', () => {
    const bytes = bytesOf('a1 83000000 41 01');
    const [record] = decodeLwm2mCbor(bytes, parsePath('/'), undefined).records;
    bytes.fill(0);
    expect(record?.value).toEqual(Uint8Array.of(1));
  });
});

describe('encoding', () => {
  const resource = (id: number, value: number) => ({ kind: 'singleResource', id, type: 'integer', value }) as const;
  const multiple = (id: number, ...values: number[]) => {
    const instances = values.map((value, index) => {
      return { kind: 'resourceInstance', id: index, type: 'integer', value } as const;
    });
    return { kind: 'multipleResource', id, type: 'integer', instances } as const;
  };
  const instance = (id: number, ...resources: (ReturnType<typeof resource> | ReturnType<typeof multiple>)[]) =>
    ({ kind: 'objectInstance', id, resources }) as const;
  const object = (id: number, ...instances: ReturnType<typeof instance>[]): ObjectNode => ({
    kind: 'object',
    id,
    instances,
  });

  test.each<[string, Lwm2mNode, string, string]>([
    ['a Resource', resource(9, 95), '/3/0/9', 'a1 83030009 185f'],
    ['a Resource at its Object Instance', resource(9, 95), '/3/0', 'a1 83030009 185f'],
    [
      'a Resource Instance',
      { kind: 'resourceInstance', id: 1, type: 'integer', value: 5 },
      '/3/0/6/1',
      'a1 8403000601 05',
    ],
    ['a multiple Resource', multiple(6, 1, 5), '/3/0/6', 'a1 83030006 a2 00 01 01 05'],
    ['a multiple Resource with one instance', multiple(6, 1), '/3/0/6', 'a1 8403000600 01'],
    ['a multiple Resource without any', multiple(6), '/3/0/6', 'a1 83030006 a0'],
    ['an Object Instance', instance(0, resource(9, 1), multiple(11, 0)), '/3/0', 'a1 820300 a2 09 01 0b a1 00 00'],
    ['an Object Instance with one Resource', instance(0, resource(9, 1)), '/3/0', 'a1 83030009 01'],
    ['an Object Instance at its Object', instance(5, resource(0, 5), resource(1, 0)), '/2', 'a1 820205 a2 00 05 01 00'],
    ['one without an id yet', instance(65535, resource(0, 5), resource(1, 0)), '/2', 'a1 820219ffff a2 00 05 01 00'],
    ['an empty Object Instance', instance(5), '/2', 'a1 820205 a0'],
    [
      'an Object',
      object(65, instance(0, resource(1, 1), resource(2, 2)), instance(1, resource(1, 3))),
      '/65',
      'a1 1841 a2 00 a2 01 01 02 02 01 a1 01 03',
    ],
    [
      'three ids below an Object',
      object(65, instance(0, multiple(1, 1)), instance(1, resource(1, 3))),
      '/65',
      'a1 1841 a2 83000100 01 01 a1 01 03',
    ],
    ['an empty Object', object(65), '/65', 'a0'],
    ['nothing', { kind: 'root', objects: [] }, '/', 'a0'],
    [
      'several Objects',
      {
        kind: 'root',
        objects: [
          object(1, instance(0, resource(1, 86400))),
          object(3, instance(0, resource(0, 1), resource(9, 2))),
          object(5),
          object(7, instance(0), instance(1)),
        ],
      },
      '/',
      'a3 83010001 1a00015180 820300 a2 00 01 09 02 07 a2 00 a0 01 a0',
    ],
    ['a device behind a gateway', resource(9, 95), '/d01/3/0/9', 'a1 8463643031030009 185f'],
    [
      'its Object',
      object(65, instance(0, resource(1, 1)), instance(1, resource(1, 3))),
      '/d01/65',
      'a1 82636430311841 a2 00 a1 01 01 01 a1 01 03',
    ],
    [
      'several devices',
      {
        kind: 'root',
        objects: [object(3, instance(0, resource(9, 0)))],
        iotDevices: [
          { prefix: 'd01', objects: [object(3, instance(0, resource(9, 1))), object(4)] },
          { prefix: 'd02', objects: [object(3, instance(0, resource(9, 2)))] },
        ],
      },
      '/',
      'a3 83030009 00 8463643031030009 01 8463643032030009 02',
    ],
  ])('%s', (_name, node, path, hex) => {
    expect(encode(node, path)).toBe(hex.replaceAll(' ', ''));
  });

  test.each<[ResourceType, ResourceValue, string]>([
    ['string', 'ab', '62 6162'],
    ['corelnk', '</3>', '64 3c2f333e'],
    ['integer', -(2n ** 63n), '3b7fffffffffffffff'],
    ['unsignedInteger', 2n ** 64n - 1n, '1bffffffffffffffff'],
    ['time', 1367491215, '1a5182428f'],
    ['float', 25, 'f94e40'],
    ['float', 100_000, 'fa47c35000'],
    ['float', -0, 'f98000'],
    ['float', Number.NaN, 'f97e00'],
    ['float', -Infinity, 'f9fc00'],
    ['float', 0.1, 'fb3fb999999999999a'],
    ['boolean', false, 'f4'],
    ['opaque', Uint8Array.of(1, 2), '42 0102'],
    ['objlnk', { objectId: 66, objectInstanceId: 0 }, '64 36363a30'],
  ])('%s %o', (type, value, hex) => {
    const expected = `a1 83000000 ${hex}`.replaceAll(' ', '');
    expect(encode({ kind: 'singleResource', id: 0, type, value }, '/0/0/0')).toBe(expected);
    const [record] = decode(expected, '/0/0/0', everythingIs(type)).records;
    expect(record).toMatchObject({ type, value });
  });

  test('an integral number is a float where the definition says so', () => {
    expect(encode(resource(0, 25), '/0/0/0', everythingIs('float'))).toBe('a183000000f94e40');
  });

  test('what is no node', () => {
    expect(() => encode(resource(70_000, 1), '/3/0')).toThrow(RangeError);
    expect(() => encode(object(3, instance(-1)), '/3')).toThrow(RangeError);
    expect(() => encode(resource(9, 1), '/3')).toThrow(RangeError);
    expect(() => encode({ kind: 'root', objects: [], iotDevices: [{ prefix: '1', objects: [] }] }, '/')).toThrow(
      RangeError,
    );
    expect(() => encode(resource(9, 1.5), '/3/0/9')).toThrow(RangeError);
    expect(() => encode({ kind: 'singleResource', id: 0, type: 'integer', value: 'x' }, '/3/0/0')).toThrow(TypeError);
  });
});

test('more values, and empty instances, than there may be', () => {
  const ids = (count: number): string =>
    Array.from({ length: count }, (_, id) => `19${id.toString(16).padStart(4, '0')}`).join('#') + '#';
  const map = (count: number, value: string): string => `bf ${ids(count).replaceAll('#', value)} ff`;
  expect(decode(`a1 820300 ${map(10_000, '00')}`).records).toHaveLength(10_000);
  expect(() => decode(`a1 820300 ${map(10_001, '00')}`)).toThrow(DecodeError);
  expect(decode(`a1 03 ${map(10_000, 'a0')}`).containers).toHaveLength(10_000);
  expect(() => decode(`a1 03 ${map(10_001, 'a0')}`)).toThrow(DecodeError);
});
