import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePathList,
  decodePayload,
  encodePayload,
  encodeRecords,
  Lwm2mError,
  pathOf,
  recordsFromNode,
} from '@flownexus/lwm2m-core';
import type {
  DefinitionSource,
  Lwm2mNode,
  ResourceNode,
  ResourceRecord,
  ResourceType,
  ResourceValue,
} from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';

const TYPES = [
  'string',
  'integer',
  'unsignedInteger',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
] as const satisfies readonly ResourceType[];
type Type = (typeof TYPES)[number];

// The type of a Resource is that of its id, so that a definition can be given for what was generated.
const typeOf = (resourceId: number): Type => TYPES[resourceId % TYPES.length]!;
const typed: DefinitionSource = {
  object: () => undefined,
  resource: (_objectId, id) => {
    const rest = { name: '', operations: 'RW', mandatory: false, range: undefined, units: undefined } as const;
    return { id, type: typeOf(id), multiple: id % 2 === 1, ...rest };
  },
};

const id = fc.integer({ min: 0, max: 65534 });
const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow);
// A byte order mark at the start of a long text is one to the CBOR engine. Adding 0 makes -0 a 0.
const text = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((value) => value.isWellFormed() && !value.startsWith('\uFEFF'));
const VALUES: Readonly<Record<Type, fc.Arbitrary<ResourceValue>>> = {
  string: text,
  corelnk: text,
  integer: int64,
  time: int64,
  unsignedInteger: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  objlnk: fc.record({ objectId: fc.nat(65535), objectInstanceId: fc.nat(65535) }),
};

function byId<T extends { readonly id: number }>(node: fc.Arbitrary<T>, minLength: number): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(node, { selector: (item) => item.id, minLength, maxLength: 6 })
    .map((nodes) => nodes.sort((a, b) => a.id - b.id));
}

const resource: fc.Arbitrary<ResourceNode> = id.chain((resourceId): fc.Arbitrary<ResourceNode> => {
  const type = typeOf(resourceId);
  if (resourceId % 2 === 0) {
    return VALUES[type].map((value) => ({ kind: 'singleResource', id: resourceId, type, value }));
  }
  const instance = fc.tuple(id, VALUES[type]).map(([instanceId, value]) => {
    return { kind: 'resourceInstance', id: instanceId, type, value } as const;
  });
  return byId(instance, 1).map((instances) => ({ kind: 'multipleResource', id: resourceId, type, instances }));
});
const objectInstance = fc.tuple(id, byId(resource, 1)).map(([instanceId, resources]) => {
  return { kind: 'objectInstance', id: instanceId, resources } as const;
});
const object = fc.tuple(id, byId(objectInstance, 1)).map(([objectId, instances]) => {
  return { kind: 'object', id: objectId, instances } as const;
});
const root = byId(object, 1).map((objects) => ({ kind: 'root', objects }) as const);

/** A node with a path for it. */
const placed: fc.Arbitrary<[Lwm2mNode, string]> = fc.oneof(
  object.map((node): [Lwm2mNode, string] => [node, `/${String(node.id)}`]),
  objectInstance.map((node): [Lwm2mNode, string] => [node, `/1/${String(node.id)}`]),
  resource.map((node): [Lwm2mNode, string] => [node, `/1/2/${String(node.id)}`]),
);

test.each([110, 112, 11542])('round trip of trees in %d', (contentFormat) => {
  fc.assert(
    fc.property(placed, ([node, path]) => {
      const decoded = decodePayload(encodePayload(node, contentFormat, path, typed), contentFormat, path, typed);
      expect(decoded.node).toEqual(node);
      expect(decoded.records).toEqual(recordsFromNode(node, path));
    }),
  );
});

test.each([110, 112])('round trip of the root in %d', (contentFormat) => {
  fc.assert(
    fc.property(root, (node) => {
      expect(decodePayload(encodePayload(node, contentFormat, '/', typed), contentFormat, '/', typed).node).toEqual(
        node,
      );
    }),
  );
});

test.each([0, 60])('round trip of one value in %d', (contentFormat) => {
  fc.assert(
    fc.property(resource, (node) => {
      const [value, path] =
        node.kind === 'singleResource'
          ? [node, `/1/2/${String(node.id)}`]
          : [node.instances[0]!, `/1/2/${String(node.id)}/${String(node.instances[0]!.id)}`];
      expect(decodePayload(encodePayload(value, contentFormat, path, typed), contentFormat, path, typed).node).toEqual(
        value,
      );
    }),
  );
});

test.each([110, 112])('round trip of series in %d', (contentFormat) => {
  const time = fc.option(
    fc.oneof(
      fc.integer(),
      fc.double({ min: -1e10, max: 1e10, noNaN: true }).map((t) => t + 0),
    ),
    { nil: undefined },
  );
  const record = fc
    .tuple(
      id.map((value) => value - (value % 2)),
      time,
    )
    .chain(([resourceId, at]) => {
      const type = typeOf(resourceId);
      return VALUES[type].map((value): ResourceRecord => ({ path: pathOf(1, 2, resourceId), type, value, time: at }));
    });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      const bytes = encodeRecords(records, contentFormat, '/1/2', typed);
      expect(decodePayload(bytes, contentFormat, '/1/2', typed).records).toEqual(records);
    }),
  );
});

const FORMATS = [0, 42, 60, 110, 112, 11542];
const PATHS = ['/', '/3', '/2', '/3/0', '/3/0/9', '/3/0/6', '/3/0/6/0', '/3/0/22', '/3303/0/5700'];

function decodesOrRefuses(bytes: Uint8Array, contentFormat: number, path: string): void {
  for (const source of [undefined, definitions]) {
    try {
      decodePayload(bytes, contentFormat, path, source, { now: 0 });
    } catch (error) {
      expect(error).toBeInstanceOf(Lwm2mError);
    }
  }
}

test('arbitrary bytes give a payload or a Lwm2mError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom(...FORMATS),
      fc.constantFrom(...PATHS),
      decodesOrRefuses,
    ),
    { numRuns: 5000 },
  );
});

test('damaged payloads give a payload or a Lwm2mError', () => {
  fc.assert(
    fc.property(
      placed,
      fc.constantFrom(110, 112, 11542),
      fc.nat(),
      fc.nat(255),
      ([node, path], contentFormat, at, byte) => {
        const bytes = encodePayload(node, contentFormat, path, typed);
        bytes[at % bytes.length] = byte;
        decodesOrRefuses(bytes, contentFormat, path);
        decodesOrRefuses(bytes.subarray(0, at % bytes.length), contentFormat, path);
        try {
          decodePathList(bytes, contentFormat === 110 ? 110 : 112);
        } catch (error) {
          expect(error).toBeInstanceOf(Lwm2mError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
