import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  attributesOfLink,
  decodePathList,
  decodePayload,
  encodePathList,
  encodePayload,
  encodeRecords,
  formatAttributes,
  formatExecuteArguments,
  formatLinkFormat,
  formatPath,
  parseAttributes,
  parseExecuteArguments,
  parseLinkFormat,
  parsePath,
} from '@flownexus/lwm2m-core';
import type {
  DefinitionSource,
  Lwm2mNode,
  NotificationAttributes,
  ObjectInstanceNode,
  ResourceNode,
  ResourceRecord,
  ResourceType,
  ResourceValue,
} from '@flownexus/lwm2m-core';
import { VALUES as ANY_VALUES } from '../generators.ts';
import { fromHex, fromText, toHex } from '../hex.ts';
import { LeshanCodec, leshanMissing } from './leshan-codec.ts';

const OBJECT = 3442;

/** Of each type a single and, 1000 further, a multiple Resource. */
const TYPES: readonly (readonly [id: number, ours: ResourceType, leshans: string])[] = [
  [110, 'string', 'STRING'],
  [120, 'integer', 'INTEGER'],
  [125, 'unsignedInteger', 'UNSIGNED_INTEGER'],
  [130, 'float', 'FLOAT'],
  [140, 'boolean', 'BOOLEAN'],
  [150, 'opaque', 'OPAQUE'],
  [160, 'time', 'TIME'],
  [170, 'objlnk', 'OBJLNK'],
  [180, 'corelnk', 'CORELINK'],
];

const typeOf = new Map(TYPES.flatMap(([id, type]) => [[id, type] as const, [id + 1000, type] as const]));
const definitions: DefinitionSource = {
  object: () => undefined,
  resource: (_objectId, id) => {
    const type = typeOf.get(id);
    if (type === undefined) return undefined;
    const rest = { name: '', operations: 'RW', mandatory: false, range: undefined, units: undefined } as const;
    return { id, type, multiple: id > 1000, ...rest };
  },
};

const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

const VALUES: Readonly<Record<string, fc.Arbitrary<ResourceValue>>> = {
  ...ANY_VALUES,
  // Leshan reads the numbers of JSON as decimals, which have no negative zero: adding 0 makes it a 0.
  float: ANY_VALUES.float.map((value) => Number(value) + 0),
  // In TLV, Leshan writes those from there on as negative ones.
  unsignedInteger: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(narrow),
  // Leshan counts milliseconds in 64 bits.
  time: fc.integer({ min: -(2 ** 42), max: 2 ** 42 }),
  // Leshan has no link to an Object without an instance.
  objlnk: fc.oneof(
    fc.record({ objectId: fc.nat(65534), objectInstanceId: fc.nat(65534) }),
    fc.constant({ objectId: 65535, objectInstanceId: 65535 }),
  ),
  // Leshan reads the links.
  corelnk: fc.constantFrom('</3/0>', '</3303/0>,</3303/1>', '</1>;ver=1.1'),
};

const resource: fc.Arbitrary<ResourceNode> = fc
  .constantFrom(...typeOf)
  .chain(([id, type]): fc.Arbitrary<ResourceNode> => {
    const value = VALUES[type] ?? fc.constant('');
    if (id < 1000) return value.map((of) => ({ kind: 'singleResource', id, type, value: of }));
    return fc
      .uniqueArray(fc.tuple(fc.nat(65534), value), { selector: ([at]) => at, minLength: 1, maxLength: 4 })
      .map((of) => ({
        kind: 'multipleResource',
        id,
        type,
        instances: of
          .sort(([a], [b]) => a - b)
          .map(([at, instance]) => ({ kind: 'resourceInstance', id: at, type, value: instance })),
      }));
  });
const objectInstance: fc.Arbitrary<ObjectInstanceNode> = fc
  .tuple(fc.nat(65534), fc.uniqueArray(resource, { selector: ({ id }) => id, minLength: 1, maxLength: 8 }))
  .map(([id, resources]) => ({ kind: 'objectInstance', id, resources: resources.sort((a, b) => a.id - b.id) }));

/** The ends of the ranges, and what is written in another form from there on. */
const BOUNDARIES: Readonly<Record<string, readonly ResourceValue[]>> = {
  string: ['', '\0', '\u0001\u001F\u007F', '"\\/\b\f\n\r\t', '\uFEFF', '\u2028\u2029', 'e\u0301', '\uFFFE\u{10FFFF}😀'],
  integer: [8n, 16n, 32n, 53n, 64n]
    .map((bits) => 2n ** (bits - 1n))
    .flatMap((limit) => [-limit - 1n, -limit, limit - 1n, limit])
    .filter((value) => BigInt.asIntN(64, value) === value)
    .map(narrow),
  unsignedInteger: [7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n, 64n]
    .flatMap((bits) => [2n ** bits - 1n, 2n ** bits])
    .filter((value) => BigInt.asUintN(64, value) === value)
    .map(narrow),
  float: [
    ...[0, -0, 0.1, 1 / 3, 25, -25, 1e7, 1e21, 1e22, 1.5e-7, 123456789.12345679, 2 ** 53, 2 ** 64],
    // The greatest and the least of 2, 4 and 8 bytes, subnormal ones too.
    ...[65504, 2 ** -14, 2 ** -24, 3.4028234663852886e38, 2 ** -126, 2 ** -149],
    ...[Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** -1022, 2.225073858507201e-308, Number.MIN_VALUE],
    ...[Infinity, -Infinity, Number.NaN],
  ],
  boolean: [false, true],
  opaque: [0, 1, 7, 8, 255, 256, 65_535, 65_536].map((length) => new Uint8Array(length).fill(0xfe)),
  time: [0, -1, 1_700_000_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 42, -(2 ** 42)],
  objlnk: [0, 65_534, 65_535].map((id) => ({ objectId: id, objectInstanceId: id })),
};

/** What there is no form for, or what Leshan 2.0.0-M18 does not keep. */
function isLost(type: string, value: ResourceValue, contentFormat: number): boolean {
  const isJson = contentFormat === 110 || contentFormat === 11543;
  if (type !== 'float') return false;
  return (isJson && Object.is(value, -0)) || ((isJson || contentFormat === 0) && !Number.isFinite(value));
}

/** Attributes that do not contradict each other: Leshan refuses links with such. Its steps have no sign. */
const known: fc.Arbitrary<NotificationAttributes> = fc.record(
  {
    pmin: fc.nat(100),
    pmax: fc.integer({ min: 100, max: Number.MAX_SAFE_INTEGER }),
    epmin: fc.nat(100),
    epmax: fc.integer({ min: 101, max: Number.MAX_SAFE_INTEGER }),
    lt: decimal(-1e20, -1e-6),
    gt: decimal(100, 1e20),
    st: decimal(1e-6, 50),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** With a fraction or without. */
function decimal(min: number, max: number): fc.Arbitrary<number> {
  const value = fc.double({ min, max, noNaN: true });
  return fc.tuple(value, fc.boolean()).map(([of, isWhole]) => (isWhole ? Math.trunc(of) || of : of));
}

/** The same trees in every run. */
function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { seed: 8428, numRuns: count });
}

const missing = leshanMissing();

describe.skipIf(missing !== undefined)(`Eclipse Leshan${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let leshan: LeshanCodec;

  beforeAll(async () => {
    leshan = new LeshanCodec();
    const single = TYPES.map(([id, , type]) => `${String(id)}:${type}`);
    const multiple = TYPES.map(([id, , type]) => `${String(id + 1000)}:${type}:multiple`);
    await leshan.run('define', String(OBJECT), 'multiple', [...single, ...multiple].join(','));
  });

  afterAll(() => {
    leshan.close();
  });

  async function throughLeshan(node: Lwm2mNode, path: string, from: number, to: number): Promise<Lwm2mNode> {
    const bytes = encodePayload(node, from, path, definitions);
    const hex = await leshan.run('transcode', String(from), String(to), path, toHex(bytes));
    return decodePayload(fromHex(hex), to, path, definitions).node;
  }

  const TREE_FORMATS = [110, 112, 11542, 11543];
  const pairs = TREE_FORMATS.flatMap((from) => TREE_FORMATS.map((to) => [from, to] as const));

  test.each(pairs)('reads our %i and gives the same Object Instance in %i', async (from, to) => {
    for (const node of sample(objectInstance, 40)) {
      const path = `/${String(OBJECT)}/${String(node.id)}`;
      expect(await throughLeshan(node, path, from, to)).toEqual(node);
    }
  });

  test.each(pairs)('reads our %i and gives the same Resource in %i', async (from, to) => {
    for (const node of sample(resource, 40)) {
      const path = `/${String(OBJECT)}/7/${String(node.id)}`;
      expect(await throughLeshan(node, path, from, to)).toEqual(node);
    }
  });

  test.each(pairs)('reads our %i and gives the same Object in %i', async (from, to) => {
    const instances = sample(objectInstance, 3).map((instance, id) => ({ ...instance, id }));
    const node = { kind: 'object', id: OBJECT, instances } as const;
    expect(await throughLeshan(node, `/${String(OBJECT)}`, from, to)).toEqual(node);
  });

  test.each([0, 60])('reads our single values in %i and gives the same', async (contentFormat) => {
    const singles = sample(resource, 80).filter((node) => node.kind === 'singleResource');
    for (const node of singles) {
      const path = `/${String(OBJECT)}/0/${String(node.id)}`;
      expect(await throughLeshan(node, path, contentFormat, contentFormat)).toEqual(node);
    }
    expect(singles.length).toBeGreaterThan(20);
  });

  test.each(
    Object.entries(BOUNDARIES).flatMap(([type, values]) =>
      [0, 60, 110, 112, 11542, 11543].map((contentFormat) => [type, contentFormat, values] as const),
    ),
  )('reads the boundaries of %s in %i and gives the same', async (type, contentFormat, values) => {
    const [id = 0] = TYPES.find((row) => row[1] === type) ?? [];
    // Leshan takes unsigned integers of TLV for ones with a sign: it reads ours, and writes the greatest in one byte.
    const to = type === 'unsignedInteger' && contentFormat === 11542 ? 112 : contentFormat;
    for (const value of values.filter((item) => !isLost(type, item, contentFormat))) {
      const node = { kind: 'singleResource', id, type: type as ResourceType, value } as const;
      expect(await throughLeshan(node, `/${String(OBJECT)}/0/${String(id)}`, contentFormat, to)).toEqual(node);
    }
  });

  test('reads our empty Object Instances and multiple Resources in 11542 and gives the same', async () => {
    const empty = { kind: 'multipleResource', id: 1120, type: 'integer', instances: [] } as const;
    const instances = [[], [empty]].map((resources, id) => ({ kind: 'objectInstance', id, resources }) as const);
    for (const node of [instances, instances.slice(1), []].map((list) => ({ id: OBJECT, instances: list }))) {
      const object = { kind: 'object', ...node } as const;
      expect(await throughLeshan(object, `/${String(OBJECT)}`, 11542, 11542)).toEqual(object);
    }
    expect(await throughLeshan(empty, `/${String(OBJECT)}/0/1120`, 11542, 11542)).toEqual(empty);
  });

  test('reads an opaque value in octet-stream and gives the same', async () => {
    const node = { kind: 'singleResource', id: 150, type: 'opaque', value: Uint8Array.of(0, 1, 255) } as const;
    expect(await throughLeshan(node, `/${String(OBJECT)}/0/150`, 42, 42)).toEqual(node);
  });

  test.each(pairs.filter((pair) => !pair.includes(11542)))(
    'reads our time series in %i and gives the same in %i',
    async (from, to) => {
      const path = `/${String(OBJECT)}/0/130`;
      const records = [0, 60, 120, 60.5].map((offset, index): ResourceRecord => ({
        path: parsePath(path),
        type: 'float',
        value: 20 + index / 4,
        time: 1_767_225_600 + offset,
      }));
      const bytes = encodeRecords(records, from, path, definitions);
      const hex = await leshan.run('transcode-series', String(from), String(to), path, toHex(bytes));
      const byTime = (a: ResourceRecord, b: ResourceRecord): number => (a.time ?? 0) - (b.time ?? 0);
      expect([...decodePayload(fromHex(hex), to, path, definitions).records].sort(byTime)).toEqual(
        records.sort(byTime),
      );
    },
  );

  test.each([
    [110, 112],
    [112, 110],
  ])('reads our composite in %i and gives the same in %i', async (from, to) => {
    const instances = sample(objectInstance, 3).map((instance, id) => ({ ...instance, id }));
    const node = { kind: 'root', objects: [{ kind: 'object', id: OBJECT, instances }] } as const;
    const bytes = encodePayload(node, from, '/', definitions);
    const hex = await leshan.run('transcode-nodes', String(from), String(to), '-', toHex(bytes));
    expect(decodePayload(fromHex(hex), to, '/', definitions).node).toEqual(node);
  });

  test.each([
    [110, 112],
    [112, 110],
  ])('reads our list of paths in %i and gives the same in %i', async (from, to) => {
    const paths = ['/3/0/9', '/3303', '/1/0', '/3/0/6/1'];
    const hex = await leshan.run('paths', String(from), String(to), toHex(encodePathList(paths, from)));
    expect(decodePathList(fromHex(hex), to).map(formatPath)).toEqual(paths);
  });

  test('reads our links and gives the same', async () => {
    const links = parseLinkFormat(
      '</>;rt="oma.lwm2m";ct="110 112 11542";hb,</1>;ver=1.1,</1/0>,</3/0/6>;dim=8,</0/1>;ssid=101;uri="coaps://h/a,b;c"',
    );
    const text = await leshan.run('links', toHex(fromText(formatLinkFormat(links))));
    expect(parseLinkFormat(text)).toEqual(links);
  });

  test('reads the attributes of our links and gives the same', async () => {
    for (const attributes of sample(known, 100)) {
      const text = ['</3/0/9>', ...formatAttributes(attributes), 'dim=8', 'edge=1', 'con=0', 'hqmax=3'].join(';');
      const given = await leshan.run('links', toHex(fromText(text)));
      const [link, ...others] = parseLinkFormat(given, { strict: true });
      const expected = { ...attributes, dim: 8, edge: 1, con: 0, hqmax: 3 };
      expect(attributesOfLink(link!)).toEqual({ attributes: expected, problems: [] });
      expect(others).toEqual([]);
    }
  });

  // It knows none of those of LwM2M 1.2 in a query: edge, con, hqmax.
  test('reads our attributes and gives the same', async () => {
    const unset = fc.subarray(['pmin', 'pmax', 'epmin', 'epmax', 'gt', 'lt', 'st'] as const);
    for (const [set, names] of sample(fc.tuple(known, unset), 100)) {
      const attributes = { ...set, ...Object.fromEntries(names.map((name) => [name, null])) };
      const query = formatAttributes(attributes).join('&');
      if (query === '') continue;
      expect(parseAttributes(await leshan.run('attributes', query))).toEqual(attributes);
    }
  });

  test('reads our arguments and gives the same', async () => {
    const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    const value = fc.string({ unit: character.filter((text) => !`"'\\`.includes(text)), maxLength: 20 });
    const list = fc.uniqueArray(fc.record({ digit: fc.nat(9), value: fc.option(value, { nil: undefined }) }), {
      selector: ({ digit }) => digit,
      minLength: 1,
    });
    for (const given of sample(list, 100)) {
      const text = await leshan.run('arguments', toHex(fromText(formatExecuteArguments(given))));
      expect(parseExecuteArguments(text)).toEqual(given);
    }
  });
});
