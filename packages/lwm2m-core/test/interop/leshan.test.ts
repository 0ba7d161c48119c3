import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodePathList,
  decodePayload,
  encodePathList,
  encodePayload,
  encodeRecords,
  formatLinkFormat,
  formatPath,
  parseLinkFormat,
  parsePath,
} from '@flownexus/lwm2m-core';
import type {
  DefinitionSource,
  Lwm2mNode,
  ObjectInstanceNode,
  ResourceNode,
  ResourceRecord,
  ResourceType,
  ResourceValue,
} from '@flownexus/lwm2m-core';
import { fromHex, toHex } from '../hex.ts';
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
  string: fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.startsWith('\uFEFF')),
  integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow),
  unsignedInteger: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  // Leshan counts milliseconds in 64 bits.
  time: fc.integer({ min: 0, max: 2 ** 42 }),
  objlnk: fc.record({ objectId: fc.nat(65535), objectInstanceId: fc.nat(65535) }),
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

  const TREE_FORMATS = [110, 112, 11542];
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

  test('reads an opaque value in octet-stream and gives the same', async () => {
    const node = { kind: 'singleResource', id: 150, type: 'opaque', value: Uint8Array.of(0, 1, 255) } as const;
    expect(await throughLeshan(node, `/${String(OBJECT)}/0/150`, 42, 42)).toEqual(node);
  });

  test.each([
    [110, 110],
    [110, 112],
    [112, 110],
    [112, 112],
  ])('reads our time series in %i and gives the same in %i', async (from, to) => {
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
    expect([...decodePayload(fromHex(hex), to, path, definitions).records].sort(byTime)).toEqual(records.sort(byTime));
  });

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
      '</>;rt="oma.lwm2m";ct="110 112 11542",</1>;ver=1.1,</1/0>,</3/0/6>;dim=8,</3/0/9>;pmin=1;gt=4.5',
    );
    const text = await leshan.run('links', toHex(new TextEncoder().encode(formatLinkFormat(links))));
    expect(parseLinkFormat(text)).toEqual(links);
  });
});
