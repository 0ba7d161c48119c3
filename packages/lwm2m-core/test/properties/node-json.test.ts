import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError, pathOf, recordsFromNode } from '@flownexus/lwm2m-core';
import type { DefinitionSource, Lwm2mNode, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { nodeFromJson, nodesFromJson, nodesFromRecords, nodesToJson, nodeToJson } from '../../src/node-json/index.ts';

const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
const VALUES: ReadonlyMap<ResourceType, fc.Arbitrary<ResourceValue>> = new Map<
  ResourceType,
  fc.Arbitrary<ResourceValue>
>([
  ['string', text],
  ['corelnk', text],
  ['integer', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow)],
  ['unsignedInteger', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow)],
  // JSON text has no -0.
  ['float', fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)],
  ['boolean', fc.boolean()],
  ['opaque', fc.uint8Array({ maxLength: 40 })],
  ['time', fc.integer({ min: -4e12, max: 4e12 }).map((milliseconds) => milliseconds / 1000 + 0)],
  ['objlnk', fc.record({ objectId: fc.nat(65535), objectInstanceId: fc.nat(65535) }, { noNullPrototype: true })],
]);
const TYPES = [...VALUES.keys()];

// The type of a Resource is that of its id, so that definitions can be given for what was generated.
const typeOf = (resourceId: number): ResourceType => TYPES[resourceId % TYPES.length]!;
const typed: DefinitionSource = {
  object: () => undefined,
  resource: (_objectId, id) => {
    const rest = { name: '', operations: 'RW', mandatory: false, range: undefined, units: undefined } as const;
    return { id, type: typeOf(id), multiple: id % 2 === 1, ...rest };
  },
};

const id = fc.nat(65535);

function byId<T>(node: (id: number) => fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(id, { minLength, maxLength: 4 })
    .chain((ids) => fc.tuple(...ids.sort((a, b) => a - b).map((each) => node(each))));
}

const resource = (resourceId: number): fc.Arbitrary<Lwm2mNode> => {
  const type = typeOf(resourceId);
  const value = VALUES.get(type)!;
  if (resourceId % 2 === 0) return value.map((each) => ({ kind: 'singleResource', id: resourceId, type, value: each }));
  const instances = byId((each) =>
    value.map((one) => ({ kind: 'resourceInstance', id: each, type, value: one }) as const),
  );
  return instances.map((list) => ({ kind: 'multipleResource', id: resourceId, type, instances: list }));
};
const objectInstance = (each: number): fc.Arbitrary<Lwm2mNode> =>
  byId(resource).map((resources) => ({ kind: 'objectInstance', id: each, resources }) as Lwm2mNode);
const object = (each: number): fc.Arbitrary<Lwm2mNode> =>
  byId(objectInstance).map((instances) => ({ kind: 'object', id: each, instances }) as Lwm2mNode);
const root = fc
  .tuple(byId(object), fc.uniqueArray(fc.constantFrom('a', 'd01', 'n0'), { minLength: 0 }), byId(object))
  .map(([objects, prefixes, below]) => {
    if (prefixes.length === 0) return { kind: 'root', objects } as Lwm2mNode;
    return {
      kind: 'root',
      objects,
      iotDevices: prefixes.sort().map((prefix) => ({ prefix, objects: below })),
    } as Lwm2mNode;
  });

/** A node with its path. */
const placed: fc.Arbitrary<[Lwm2mNode, string]> = fc.oneof(
  root.map((node): [Lwm2mNode, string] => [node, '/']),
  id.chain((each) => object(each).map((node): [Lwm2mNode, string] => [node, `/${String(each)}`])),
  id.chain((each) => objectInstance(each).map((node): [Lwm2mNode, string] => [node, `/1/${String(each)}`])),
  id.chain((each) => resource(each).map((node): [Lwm2mNode, string] => [node, `/1/2/${String(each)}`])),
);

test('trees survive their JSON, with and without definitions', () => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const json: unknown = JSON.parse(JSON.stringify(nodeToJson(node)));
      expect(nodeFromJson(json, path, typed)).toStrictEqual(node);
      expect(nodeFromJson(json, path)).toStrictEqual(node);
    }),
  );
});

test('the Resources of a tree survive as nodes by their paths', () => {
  fc.assert(
    fc.property(id.chain(object), (node) => {
      const records = recordsFromNode(node, '/');
      const nodes = nodesFromRecords(records, typed);
      expect(nodesFromJson(JSON.parse(JSON.stringify(nodesToJson(nodes))), typed)).toStrictEqual(nodes);
      expect([...nodes].flatMap(([path, each]) => recordsFromNode(each, path))).toEqual(records);
    }),
  );
});

const fields = fc.constantFrom(
  'kind',
  'id',
  'type',
  'value',
  'values',
  'resources',
  'instances',
  'objects',
  '__proto__',
  '0',
);
const { json: shaped } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(
      'root',
      'obj',
      'instance',
      'singleResource',
      'multiResource',
      'integer',
      'FLOAT',
      'time',
      'objlnk',
      '0',
      'ab',
    ),
    fc.constantFrom(0, 1, -1, 1.5, 2 ** 60, 1e300, null, true, undefined),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fields, tie('json'), { maxKeys: 5 }),
  ),
}));

test('anything gives a node that survives, or a DecodeError', () => {
  const paths = fc.constantFrom('/', '/3', '/3/0', '/3/0/0', '/3/0/1', '/3/0/0/0');
  fc.assert(
    fc.property(fc.oneof(shaped, fc.anything()), paths, fc.boolean(), (json, path, hasDefinitions) => {
      for (const read of [
        (): Map<string, Lwm2mNode> => new Map([[path, nodeFromJson(json, path, hasDefinitions ? typed : undefined)]]),
        (): Map<string, Lwm2mNode> => nodesFromJson(json, hasDefinitions ? typed : undefined),
        (): Map<string, Lwm2mNode> => nodesFromJson({ [path]: json }),
      ]) {
        let nodes: Map<string, Lwm2mNode>;
        try {
          nodes = read();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          continue;
        }
        expect(nodesFromJson(nodesToJson(nodes))).toEqual(nodes);
      }
    }),
    { numRuns: 3000 },
  );
});

test('great documents take a moment', () => {
  const start = performance.now();
  const values = Object.fromEntries(Array.from({ length: 100_000 }, (_, key) => [key, '1']));
  const deep: unknown = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
  const many = { type: 'opaque', kind: 'multiResource', id: 0, values };
  for (const json of [
    many,
    values,
    deep,
    { resources: Array.from({ length: 100_000 }, () => many) },
    { resources: deep },
    { id: 0, type: 'integer', value: '1'.repeat(65_536) },
    { id: 0, type: 'float', value: '1'.repeat(65_536) },
    { id: 0, type: 'opaque', value: 'ab'.repeat(65_536) },
    { id: '0'.repeat(65_536), type: 'x'.repeat(65_536), value: 0 },
  ]) {
    for (const path of ['/3/0', '/3/0/0']) {
      try {
        nodeFromJson(json, path);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  }
  const records = Array.from({ length: 10_000 }, (_, index) => {
    return { path: pathOf(3, 0, index, 0), type: 'integer', value: index, time: undefined } as const;
  });
  expect(
    nodesFromRecords(
      records,
      undefined,
      records.map(({ path }) => path),
    ).size,
  ).toBe(10_000);
  expect(performance.now() - start).toBeLessThan(4000);
});
