import { describe, expect, test } from 'vitest';
import {
  decodePathList,
  decodePayload,
  encodePathList,
  encodePayload,
  encodeRecords,
  formatPath,
  Lwm2mError,
  parsePath,
} from '@flownexus/lwm2m-core';
import type { ResourceRecord, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { definitions, everythingIs } from '../definitions.ts';
import { fromText, toHex, toText } from '../hex.ts';

const JSON_FORMAT = 110;
const CBOR_FORMAT = 112;

function decode(pack: unknown, path = '/', options = {}): ReturnType<typeof decodePayload> {
  return decodePayload(fromText(JSON.stringify(pack)), JSON_FORMAT, path, definitions, options);
}

const record = (path: string, type: ResourceType, value: ResourceValue, time?: number): ResourceRecord => {
  return { path: parsePath(path), type, value, time };
};

describe('types', () => {
  test.each<[object, ResourceType, ResourceType, ResourceValue]>([
    [{ v: 22 }, 'float', 'float', 22],
    [{ v: 22.5 }, 'integer', 'float', 22.5],
    [{ v: -1 }, 'unsignedInteger', 'integer', -1],
    [{ v: 1.5 }, 'time', 'time', 1.5],
    [{ v: 1 }, 'boolean', 'integer', 1],
    [{ v: 1 }, 'string', 'integer', 1],
    [{ vs: 'x' }, 'integer', 'string', 'x'],
    [{ vs: '33:3' }, 'objlnk', 'objlnk', { objectId: 33, objectInstanceId: 3 }],
    [{ vs: '</3442>' }, 'corelnk', 'corelnk', '</3442>'],
    [{ vs: 'x' }, 'none', 'string', 'x'],
    [{ vb: true }, 'integer', 'boolean', true],
    [{ vd: 'AQ' }, 'string', 'opaque', Uint8Array.of(1)],
    [{ vlo: '66:0\0' }, 'string', 'objlnk', { objectId: 66, objectInstanceId: 0 }],
  ])('%j declared as %s is %s', (fields, declared, type, value) => {
    const payload = fromText(JSON.stringify([{ n: '/0/0/0', ...fields }]));
    expect(decodePayload(payload, JSON_FORMAT, '/', everythingIs(declared)).records).toMatchObject([{ type, value }]);
  });
});

describe('names', () => {
  test('a base name without a slash at its end, as Anjay sends it', () => {
    const { node } = decode(
      [
        { bn: '/3/0', n: '/9', v: 1 },
        { n: '/6/0', v: 2 },
      ],
      '/3/0',
    );
    expect(node).toMatchObject({ kind: 'objectInstance', resources: [{ id: 6, kind: 'multipleResource' }, { id: 9 }] });
  });

  test.each([
    ['/3/0/1', '/3/0/0'],
    ['/4/0/0', '/3'],
    ['/3/0/6', '/3/0/6/0'],
    ['/3/0', '/3/0'],
    ['/', '/'],
    ['/3/0/a', '/'],
    ['/3//0/1', '/'],
    ['3303', '/3303/0/5700'],
  ])('%s does not belong at %s', (name, path) => {
    expect(() => decode([{ n: name, v: 1 }], path)).toThrow(Lwm2mError);
  });

  test('the prefix of an alternate path', () => {
    const options = { rootPath: '/lwm2m' };
    expect(decode([{ n: '/lwm2m/3/0/9', v: 1 }], '/3/0/9', options).records).toHaveLength(1);
    expect(decode([{ n: '/3/0/9', v: 1 }], '/3/0/9', options).records).toHaveLength(1);
    const records = [record('/3/0/9', 'integer', 1)];
    expect(toText(encodeRecords(records, JSON_FORMAT, '/', undefined, options))).toBe(
      '[{"bn":"/lwm2m/","n":"3/0/9","v":1}]',
    );
    expect(toText(encodePathList(['/3'], JSON_FORMAT, options))).toBe('[{"n":"/lwm2m/3"}]');
    expect(decodePathList(fromText('[{"n":"/lwm2m/3"}]'), JSON_FORMAT, options).map(formatPath)).toEqual(['/3']);
  });
});

describe('times', () => {
  const series = [
    { bn: '/3303/0/5700', bt: 1_700_000_000, v: 20, t: -10 },
    { v: 22, t: 0 },
    { v: 21, t: -5 },
  ];

  test('all values are records, the newest is in the tree', () => {
    const { node, records } = decode(series, '/3303/0/5700');
    expect(records.map(({ time, value }) => [time, value])).toEqual([
      [1_699_999_990, 20],
      [1_700_000_000, 22],
      [1_699_999_995, 21],
    ]);
    expect(node).toEqual({ kind: 'singleResource', id: 5700, type: 'float', value: 22 });
  });

  test('a record without a time is the newest', () => {
    const { node } = decode(
      [
        { n: '/3303/0/5700', v: 1 },
        { n: '/3303/0/5700', v: 2, t: 1_700_000_000 },
      ],
      '/3303/0/5700',
    );
    expect(node).toMatchObject({ value: 1 });
  });

  test('relative times count from now', () => {
    const pack = [{ n: '/3303/0/5700', v: 1, t: -30 }];
    expect(decode(pack, '/', { now: 1_700_000_000 }).records[0]?.time).toBe(1_699_999_970);
    expect(decode(pack, '/').records[0]?.time).toBe(-30);
  });

  test('a series is written with a base time', () => {
    const records = [
      record('/65535/0/2', 'integer', 10, 1_761_226_500),
      record('/65535/0/2', 'integer', 11, 1_761_226_560),
      record('/65535/0/2', 'integer', 12, 1_761_226_620),
    ];
    expect(toText(encodeRecords(records, JSON_FORMAT, '/65535/0'))).toBe(
      '[{"bn":"/65535/0/","bt":1761226500,"n":"2","v":10},{"n":"2","v":11,"t":60},{"n":"2","v":12,"t":120}]',
    );
    expect(toHex(encodeRecords(records, CBOR_FORMAT, '/65535/0'))).toBe(
      '83a421692f36353533352f302f221a68fa2f04006132020aa300613206183c020ba3006132061878020c',
    );
  });

  test('other times are written as they are', () => {
    const records = [record('/3/0/9', 'integer', 1), record('/3/0/9', 'integer', 2, 1_700_000_000.5)];
    const bytes = encodeRecords(records, JSON_FORMAT, '/3/0/9');
    expect(toText(bytes)).toBe('[{"bn":"/3/0/9","v":1},{"v":2,"t":1700000000.5}]');
    expect(decodePayload(bytes, JSON_FORMAT, '/3/0/9').records).toEqual(records);
  });
});

describe('encoding', () => {
  test('names are relative to the path', () => {
    const multiple = {
      kind: 'multipleResource',
      id: 6,
      type: 'integer',
      instances: [{ kind: 'resourceInstance', id: 1, type: 'integer', value: 5 }],
    } as const;
    const instance = { kind: 'objectInstance', id: 0, resources: [multiple] } as const;
    const encode = (node: Parameters<typeof encodePayload>[0], path: string): string =>
      toText(encodePayload(node, JSON_FORMAT, path));
    expect(encode(multiple.instances[0], '/3/0/6/1')).toBe('[{"bn":"/3/0/6/1","v":5}]');
    expect(encode(multiple, '/3/0/6')).toBe('[{"bn":"/3/0/6/","n":"1","v":5}]');
    expect(encode(instance, '/3/0')).toBe('[{"bn":"/3/0/","n":"6/1","v":5}]');
    expect(encode(instance, '/3')).toBe('[{"bn":"/3/","n":"0/6/1","v":5}]');
    expect(encode({ kind: 'root', objects: [{ kind: 'object', id: 3, instances: [instance] }] }, '/')).toBe(
      '[{"bn":"/","n":"3/0/6/1","v":5}]',
    );
    expect(encode({ kind: 'root', objects: [] }, '/')).toBe('[]');
  });

  test('floats stay floats in CBOR', () => {
    const node = { kind: 'singleResource', id: 5700, type: 'float', value: 22 } as const;
    expect(toHex(encodePayload(node, CBOR_FORMAT, '/3303/0/5700'))).toContain('02fb4036000000000000');
  });

  test('refuses what SenML has no form for', () => {
    const node = { kind: 'singleResource', id: 0, type: 'float', value: Number.NaN } as const;
    expect(() => encodePayload(node, JSON_FORMAT, '/3303/0/0')).toThrow(Lwm2mError);
    expect(() => encodeRecords([record('/2/65535/0', 'integer', 1)], JSON_FORMAT, '/2')).toThrow(Lwm2mError);
    expect(() => encodeRecords([record('/2/1/0', 'integer', 1)], JSON_FORMAT, '/3')).toThrow(RangeError);
    expect(() => encodeRecords([], 11542, '/3')).toThrow(Lwm2mError);
  });
});

test('errors keep their cause', () => {
  expect(() => decode({}, '/')).toThrow(
    expect.objectContaining({ code: 'ERR_LWM2M_DECODE', cause: expect.anything() as unknown }),
  );
});
