import { describe, expect, test } from 'vitest';
import { DecodeError, formatObjectLink, formatPath, Lwm2mError, parsePath } from '@flownexus/lwm2m-core';
import type { DefinitionSource, ResourceRecord, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { nodeFromRecords, pathOfNode, recordsFromNode } from '../../src/node-tree.ts';
import { decodeOmaJson, encodeOmaJson } from '../../src/formats/oma-json.ts';
import { definitions, everythingIs } from '../definitions.ts';
import { fromHex, fromText, toText } from '../hex.ts';
import { loadVectors } from './vectors.ts';

type Options = Parameters<typeof decodeOmaJson>[3];

function decode(
  document: unknown,
  path = '/',
  options: Options = {},
  source?: DefinitionSource,
): readonly ResourceRecord[] {
  const bytes = fromText(typeof document === 'string' ? document : JSON.stringify(document));
  return decodeOmaJson(bytes, parsePath(path), source, options).records;
}

const paths = (records: readonly ResourceRecord[]): string[] => records.map(({ path }) => formatPath(path));

const record = (path: string, type: ResourceType, value: ResourceValue, time?: number): ResourceRecord => {
  return { path: parsePath(path), type, value, time };
};

const encode = (records: ResourceRecord[], path: string, options = {}): unknown =>
  JSON.parse(toText(encodeOmaJson(records, parsePath(path), undefined, options)));

/** A record as the vectors write it. */
function omaRecord({ path, value, time }: ResourceRecord): Readonly<Record<string, unknown>> {
  const label = { number: 'v', bigint: 'v', boolean: 'bv', string: 'sv', object: 'ov' }[
    typeof value as 'number' | 'bigint' | 'boolean' | 'string' | 'object'
  ];
  const shown = typeof value === 'object' && !(value instanceof Uint8Array) ? formatObjectLink(value) : value;
  return { path: formatPath(path), [label]: shown, ...(time === undefined ? {} : { t: time }) };
}

test('a Resource with one value whose id is in the base name and in the name, as Wakaama writes it', () => {
  const twice = { bn: '/3/0/9/', e: [{ n: '9', v: 100 }] };
  expect(decode(twice, '/3/0/9', {}, definitions)).toEqual([record('/3/0/9', 'integer', 100)]);
  // Only the definition tells that it is no Resource Instance, and only one that was asked for is named so.
  expect(paths(decode(twice, '/3/0/9'))).toEqual(['/3/0/9/9']);
  expect(paths(decode(twice, '/3/0', {}, definitions))).toEqual(['/3/0/9/9']);
  expect(paths(decode({ bn: '/3/0/9/', e: [{ n: '8', v: 100 }] }, '/3/0/9', {}, definitions))).toEqual(['/3/0/9/8']);
  const multiple = { bn: '/3/0/7/', e: [{ n: '7', v: 100 }] };
  expect(paths(decode(multiple, '/3/0/7', {}, definitions))).toEqual(['/3/0/7/7']);
});

describe('vectors', () => {
  const vectors = [...loadVectors('oma-json'), ...loadVectors('captures-formats').filter(({ ct }) => ct === 11543)];

  test.each(vectors.filter((vector) => vector.expect !== 'reject'))('$name decodes', (vector) => {
    for (const source of [undefined, definitions]) {
      const path = parsePath(vector.requestPath ?? '/');
      const { records } = decodeOmaJson(fromHex(vector.hex), path, source, {});
      expect(records.map(omaRecord)).toEqual(vector.decoded);
      const again = decodeOmaJson(encodeOmaJson(records, path, source, {}), path, source, {});
      expect(again.records).toEqual(records);
    }
  });

  // What is refused here is that a single Resource has no value, which takes the definition.
  test.each(vectors.filter((vector) => vector.expect === 'reject'))('$name is rejected', (vector) => {
    const path = parsePath(vector.requestPath ?? '/');
    expect(() => {
      const { records, containers } = decodeOmaJson(fromHex(vector.hex), path, definitions, {});
      nodeFromRecords(records, path, definitions, containers);
    }).toThrow(DecodeError);
  });

  test('the example of the specification encodes to its text', () => {
    const [vector] = vectors;
    const path = parsePath('/3/0');
    const { records } = decodeOmaJson(fromHex(vector!.hex), path, definitions, {});
    expect(encodeOmaJson(records, path, definitions, {})).toEqual(fromHex(vector!.hex));
  });
});

describe('types', () => {
  test.each<[string, ResourceType | undefined, ResourceType, ResourceValue]>([
    ['"v":25', undefined, 'integer', 25],
    ['"v":25.0', undefined, 'float', 25],
    ['"v":25e0', undefined, 'float', 25],
    ['"v":25.0', 'integer', 'integer', 25],
    ['"v":25', 'float', 'float', 25],
    ['"v":22.5', 'integer', 'float', 22.5],
    ['"v":-0.0', undefined, 'float', -0],
    ['"v":9223372036854775807', undefined, 'integer', 2n ** 63n - 1n],
    ['"v":-9223372036854775808', undefined, 'integer', -(2n ** 63n)],
    ['"v":18446744073709551615', undefined, 'unsignedInteger', 2n ** 64n - 1n],
    ['"v":9007199254740993', 'time', 'time', 9007199254740993n],
    ['"v":99999999999999999999', undefined, 'float', 1e20],
    ['"v":123456789012345678901', undefined, 'float', 123456789012345678901],
    ['"v":1', 'boolean', 'integer', 1],
    ['"bv":true', 'integer', 'boolean', true],
    ['"sv":"x"', 'integer', 'string', 'x'],
    ['"sv":"AQI="', 'string', 'string', 'AQI='],
    ['"sv":"AQI="', 'opaque', 'opaque', Uint8Array.of(1, 2)],
    ['"sv":"-_8"', 'opaque', 'opaque', Uint8Array.of(0xfb, 0xff)],
    ['"sv":"not base64!"', 'opaque', 'string', 'not base64!'],
    ['"sv":"66:0"', undefined, 'string', '66:0'],
    ['"sv":"66:0"', 'objlnk', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
    ['"ov":"66:0"', undefined, 'objlnk', { objectId: 66, objectInstanceId: 0 }],
    ['"sv":"</3>"', 'corelnk', 'corelnk', '</3>'],
  ])('%s declared as %s', (field, declared, type, value) => {
    const source = declared === undefined ? undefined : everythingIs(declared);
    const records = decode(`{"e":[{"n":"/0/0/0",${field}}]}`, '/', {}, source);
    expect(records).toEqual([record('/0/0/0', type, value)]);
  });
});

describe('names', () => {
  test.each<[object, string, string[]]>([
    [{ bn: '/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '3/0/', e: [{ n: '9', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '/3/0', e: [{ n: '/9', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '/3/0/9', e: [{ v: 1 }] }, '/3/0/9', ['/3/0/9']],
    [{ bn: '/3/0/9/', e: [{ n: '', v: 1 }] }, '/3/0/9', ['/3/0/9']],
    [{ bn: '/', e: [{ n: '3/0/9', v: 1 }] }, '/', ['/3/0/9']],
    [{ e: [{ n: '9', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '', e: [{ n: '0/9', v: 1 }] }, '/3', ['/3/0/9']],
    [{ e: [{ n: '3/0/9', v: 1 }] }, '/', ['/3/0/9']],
    [{ e: [{ v: 1 }] }, '/3/0/9', ['/3/0/9']],
    [{ e: [{ n: '/3/0/9', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '/03/0/', e: [{ n: '009', v: 1 }] }, '/3/0', ['/3/0/9']],
    [{ bn: '/d01/3/0/', e: [{ n: '9', v: 1 }] }, '/d01/3/0', ['/d01/3/0/9']],
    [{ bn: '/3/0/', e: [{ n: '9', v: 1 }] }, '/d01/3/0', ['/d01/3/0/9']],
    [{ e: [{ n: '9', v: 1 }] }, '/d01/3/0', ['/d01/3/0/9']],
    [{ bn: '/00d1/3/0/', e: [{ n: '9', v: 1 }] }, '/', ['/00d1/3/0/9']],
  ])('%j at %s', (document, path, expected) => {
    expect(paths(decode(document, path))).toEqual(expected);
  });

  test.each<[object, string]>([
    [{ bn: '/lwm2m/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0'],
    [{ bn: 'lwm2m/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0'],
    [{ e: [{ n: '9', v: 1 }] }, '/3/0'],
    [{ e: [{ n: '/lwm2m/3/0/9', v: 1 }] }, '/3/0'],
    [{ bn: '/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0'],
  ])('%j at %s of a device with an alternate path', (document, path) => {
    expect(paths(decode(document, path, { rootPath: '/lwm2m' }))).toEqual(['/3/0/9']);
  });

  test.each<[object, string]>([
    [{ bn: '/3/0/', e: [{ n: '9', v: 1 }] }, '/3/1'],
    [{ bn: '/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0/10'],
    [{ bn: '/d02/3/0/', e: [{ n: '9', v: 1 }] }, '/d01/3/0'],
    [{ bn: '/d01/3/0/', e: [{ n: '9', v: 1 }] }, '/3/0'],
    [{ bn: '/3/0', e: [{ v: 1 }] }, '/3/0'],
    [{ bn: '/3/0/', e: [{ n: 'x', v: 1 }] }, '/3/0'],
    [{ bn: '/3/0/', e: [{ n: '6/0/0', v: 1 }] }, '/3/0'],
    [{ bn: '/3/0/', e: [{ n: '70000', v: 1 }] }, '/3/0'],
  ])('%j does not belong at %s', (document, path) => {
    expect(() => decode(document, path)).toThrow(DecodeError);
  });
});

describe('times', () => {
  const times = (document: object, options?: Options): unknown[] =>
    decode({ bn: '/3/0/', ...document }, '/3/0', options).map(({ time }) => time);

  test('are the sum of base time and offset, from now when they are small', () => {
    const e = [{ n: '9', v: 1 }, { n: '9', v: 2, t: 5 }, { n: '9', v: 3, t: -2.5 }]; // prettier-ignore
    expect(times({ bt: 1e9, e })).toEqual([1e9, 1e9 + 5, 1e9 - 2.5]);
    expect(times({ bt: -10, e }, { now: 2e9 })).toEqual([2e9 - 10, 2e9 - 5, 2e9 - 12.5]);
    expect(times({ bt: -10, e })).toEqual([-10, -5, -12.5]);
    expect(times({ e }, { now: 2e9 })).toEqual([undefined, 2e9 + 5, 2e9 - 2.5]);
  });

  test('several values of one Resource differ in their times', () => {
    expect(() => times({ bt: 1e9, e: [{ n: '9', v: 1, t: 1 }, { n: '9', v: 2, t: 1 }] })).toThrow(DecodeError); // prettier-ignore
    expect(() => times({ bt: 1e9, e: [{ n: '9', v: 1 }, { n: '9', v: 2, t: 0 }] })).toThrow(DecodeError); // prettier-ignore
  });
});

describe('refused', () => {
  const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  test.each(
    [
      '',
      'null',
      '[]',
      '[{"bn":"/3/0/","n":"9","v":1}]',
      '{"e":{}}',
      '{"e":null}',
      '{"e":[1]}',
      '{"e":[null]}',
      '{"e":[[]]}',
      '{"bn":3,"e":[]}',
      '{"bt":"1","e":[]}',
      '{"bt":1e400,"e":[{"n":"9","v":1}]}',
      '{"e":[{"n":9,"v":1}]}',
      '{"e":[{"n":"9"}]}',
      '{"e":[{"n":"9","v":null}]}',
      '{"e":[{"n":"9","v":"1"}]}',
      '{"e":[{"n":"9","v":{"float":1}}]}',
      '{"e":[{"n":"9","v":1e400}]}',
      '{"e":[{"n":"9","bv":1}]}',
      '{"e":[{"n":"9","sv":1}]}',
      '{"e":[{"n":"9","ov":"66"}]}',
      '{"e":[{"n":"9","v":1,"sv":"1"}]}',
      '{"e":[{"n":"9","v":1,"t":"1"}]}',
      '{"e":[{"n":"9","v":1,"v":2}]}',
      '{"e":[],"e":[{"n":"9","v":1}]}',
      '{"e":[],"x":{"a":1,"\\u0061":2}}',
      '{"e":[{"__proto__":{"n":"9","v":1}}]}',
      '{"__proto__":{"e":[]}}',
      '{"e":[]',
      '{"e":[],}',
      `{"e":[{"n":"${'0'.repeat(600)}9","v":1}]}`,
      `{"e":[],"x":${nested}}`,
    ].map((text) => ({ name: text.slice(0, 60), text })),
  )('$name', ({ text }) => {
    expect(() => decode(text, '/3/0')).toThrow(/^expected [^"]+, found [^"]+$/);
  });

  const offsetOf = (bytes: Uint8Array): number => {
    try {
      decodeOmaJson(bytes, parsePath('/3/0'), undefined, {});
    } catch (error) {
      return (error as DecodeError).offset;
    }
    return -1;
  };

  test.each([
    ['of the value of an entry', '{"bn":"/3/0/","e":[{"n":"0","v":1}, ', '{"n":"1"}]}'],
    ['of the name of an entry', '{"bn":"/3/0/","e":[', '{"n":"x","v":1}]}'],
    ['of an entry that is elsewhere', '{"e":[{"n":"0","v":1},', '{"n":"/3/1/0","v":1}]}'],
    ['of an entry without a name for a Resource', '{"bn":"/3","e":[', '{"n":"/0","v":1}]}'],
    ['of a second value', '{"bn":"/3/0/","e":[{"n":"0","sv":"é"},', '{"n":"0","sv":""}]}'],
    ['of a time', '{"bt":1e308,"e":[{"n":"0","v":1},', '{"n":"0","v":1,"t":1e308}]}'],
    ['behind other arrays', '{"x":["e",[1]],"y":{"e":[1,2]},"z":"e","\\u0065":[', '1,2],"w":[1]}'],
    ['behind escaped quotes', '{"x":"\\"","y":",\\"e\\":[{","e":[', '1]}'],
    ['of what is no JSON', '{"e":[{"n":"é","sv":"\\"x"', '=1}]}'],
    ['of what is missing', '{"e":[', ''],
    ['of what is nested too deep', `{"e":${'['.repeat(7)}`, `[${']'.repeat(8)}}`],
    ['of the document', '', '{"e":[],"e":[]}'],
  ])('the offset %s', (_name, before, after) => {
    const bytes = fromText(before + after);
    expect(offsetOf(bytes)).toBe(fromText(before).length);
    expect(offsetOf(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes))).toBe(before === '' ? 0 : fromText(before).length + 3);
  });

  test('the offset of a byte that is not UTF-8', () => {
    expect(offsetOf(fromHex('7b2265ff'))).toBe(3);
  });

  test('more values than there may be', () => {
    const entries = Array.from({ length: 10_001 }, (_, id) => `{"n":"${String(id)}","v":1}`);
    expect(() => decode(`{"e":[${entries.join(',')}]}`, '/3/0')).toThrow(DecodeError);
    expect(decode(`{"e":[${entries.slice(1).join(',')}]}`, '/3/0')).toHaveLength(10_000);
    expect(() => decode(`{"e":[${'1,'.repeat(200_000)}1]}`, '/3/0')).toThrow(DecodeError);
    expect(() => decode(`{"e":[]}${' '.repeat(2 ** 20)}`, '/3/0')).toThrow(DecodeError);
  });
});

test('fields of its own and keys with colons and quotes do no harm', () => {
  const document = '{"bn":"/3/0/","ver":{"a:b\\":":[":",1]},"e":[{"n":"0","sv":"a:\\"b\\":{","u":"x"}],"__proto__":{}}';
  expect(decode(document, '/3/0')).toEqual([record('/3/0/0', 'string', 'a:"b":{')]);
});

describe('encoding', () => {
  test('one Resource has its name in the base name', () => {
    expect(encode([record('/3/0/9', 'integer', 1)], '/3/0/9')).toEqual({ bn: '/3/0/9', e: [{ v: 1 }] });
    expect(encode([record('/3/0/6/1', 'integer', 1)], '/3/0/6/1')).toEqual({ bn: '/3/0/6/1', e: [{ v: 1 }] });
    expect(encode([record('/3/0/6/1', 'integer', 1)], '/3/0/6')).toEqual({ bn: '/3/0/6/', e: [{ n: '1', v: 1 }] });
  });

  test('other names are relative to the path', () => {
    const records = [record('/3/0/9', 'integer', 1), record('/3/0/7/1', 'integer', 2)];
    const e = (...names: string[]): object[] => names.map((n, index) => ({ n, v: index + 1 }));
    expect(encode(records, '/3/0')).toEqual({ bn: '/3/0/', e: e('9', '7/1') });
    expect(encode(records, '/3')).toEqual({ bn: '/3/', e: e('0/9', '0/7/1') });
    expect(encode(records, '/')).toEqual({ bn: '/', e: e('3/0/9', '3/0/7/1') });
    expect(encode(records, '/3/0', { rootPath: '/lwm2m' })).toEqual({ bn: '/lwm2m/3/0/', e: e('9', '7/1') });
    expect(encode(records, '/', { rootPath: '/lwm2m' })).toEqual({ bn: '/lwm2m/', e: e('3/0/9', '3/0/7/1') });
    expect(encode([], '/3/0')).toEqual({ bn: '/3/0/', e: [] });
  });

  test('names of a device behind a gateway', () => {
    const records = [record('/d01/3/0/9', 'integer', 1)];
    expect(encode(records, '/d01/3/0')).toEqual({ bn: '/d01/3/0/', e: [{ n: '9', v: 1 }] });
    expect(encode(records, '/')).toEqual({ bn: '/', e: [{ n: 'd01/3/0/9', v: 1 }] });
  });

  test.each<[ResourceType, ResourceValue, string]>([
    ['string', 'a "b" \n', '"sv":"a \\"b\\" \\n"'],
    ['corelnk', '</3>', '"sv":"</3>"'],
    ['integer', -(2n ** 63n), '"v":-9223372036854775808'],
    ['unsignedInteger', 2n ** 64n - 1n, '"v":18446744073709551615'],
    ['time', 1367491215, '"v":1367491215'],
    ['float', 25, '"v":25.0'],
    ['float', -0, '"v":-0.0'],
    ['float', 0.1, '"v":0.1'],
    ['float', 1e21, '"v":1e+21'],
    ['float', 2 ** 60, '"v":1152921504606847000.0'],
    ['boolean', false, '"bv":false'],
    ['opaque', Uint8Array.of(0xfb, 0xff), '"sv":"+/8="'],
    ['objlnk', { objectId: 66, objectInstanceId: 0 }, '"ov":"66:0"'],
  ])('%s %o', (type, value, field) => {
    const path = parsePath('/0/0/0');
    const bytes = encodeOmaJson([record('/0/0/0', type, value)], path, undefined, {});
    expect(toText(bytes)).toBe(`{"bn":"/0/0/0","e":[{${field}}]}`);
    expect(decodeOmaJson(bytes, path, everythingIs(type), {}).records).toEqual([record('/0/0/0', type, value)]);
  });

  test('a series counts from a base time, other times stand for themselves', () => {
    const series = [record('/3/0/9', 'integer', 1, 1e9), record('/3/0/9', 'integer', 2, 1e9 + 5)];
    expect(encode(series, '/3/0/9')).toEqual({ bn: '/3/0/9', bt: 1e9, e: [{ v: 1 }, { t: 5, v: 2 }] });
    const mixed = [record('/3/0/9', 'integer', 1, 1e9), record('/3/0/9', 'integer', 2)];
    expect(encode(mixed, '/3/0/9')).toEqual({ bn: '/3/0/9', e: [{ t: 1e9, v: 1 }, { v: 2 }] });
    const distant = [record('/3/0/9', 'integer', 1, -(2 ** 53 - 1)), record('/3/0/9', 'integer', 2, 2 ** 53 - 1)];
    expect(encode(distant, '/3/0/9')).toMatchObject({ e: [{ t: -(2 ** 53 - 1) }, { t: 2 ** 53 - 1 }] });
    const fractions = [record('/3/0/9', 'integer', 1, 0.5)];
    expect(encode(fractions, '/3/0/9')).toEqual({ bn: '/3/0/9', e: [{ t: 0.5, v: 1 }] });
  });

  test('what has no form', () => {
    const refused = (records: ResourceRecord[], path = '/3/0/9'): (() => unknown) => {
      return () => encode(records, path);
    };
    expect(refused([record('/3/0/9', 'float', Number.NaN)])).toThrow(Lwm2mError);
    expect(refused([record('/3/0/9', 'float', Infinity)])).toThrow(Lwm2mError);
    expect(refused([record('/3/0/9', 'integer', 1, Number.NaN)])).toThrow(Lwm2mError);
    expect(refused([record('/3/65535/9', 'integer', 1)], '/3')).toThrow(Lwm2mError);
    expect(refused([record('/3/0/10', 'integer', 1)])).toThrow(RangeError);
    expect(refused([record('/3/0/9', 'integer', 1.5)])).toThrow(RangeError);
    expect(refused([record('/3/0/9', 'integer', 'x')])).toThrow(TypeError);
  });
});

test('a tree survives', () => {
  const { records } = decodeOmaJson(fromHex(loadVectors('oma-json')[0]!.hex), parsePath('/3/0'), definitions, {});
  const node = nodeFromRecords(records, '/3/0', definitions);
  const path = pathOfNode(node, parsePath('/3'));
  const bytes = encodeOmaJson(recordsFromNode(node, '/3'), path, definitions, {});
  expect(decodeOmaJson(bytes, path, definitions, {}).records).toEqual(records);
});
