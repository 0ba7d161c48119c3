import fc from 'fast-check';
import type {
  DefinitionSource,
  Lwm2mNode,
  ObjectInstanceNode,
  ObjectNode,
  ResourceNode,
  ResourceType,
  ResourceValue,
  RootNode,
} from '@flownexus/lwm2m-core';

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

/** The type of a Resource is that of its id, so that a definition can be given for what was generated. */
export const typeOf = (resourceId: number): Type => TYPES[resourceId % TYPES.length]!;
/** What generated trees are made of: Resources with odd ids are multiple. */
export const typed: DefinitionSource = {
  object: () => undefined,
  resource: (_objectId, id) => {
    const rest = { name: '', operations: 'RW', mandatory: false, range: undefined, units: undefined } as const;
    return { id, type: typeOf(id), multiple: id % 2 === 1, ...rest };
  },
};

/** Ids of everything; 65535 has a meaning of its own. */
export const id: fc.Arbitrary<number> = fc.integer({ min: 0, max: 65534 });
const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow);
// A byte order mark at the start of a long text is one to the CBOR engine. Adding 0 makes -0 a 0.
const text = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((value) => value.isWellFormed() && !value.startsWith('\uFEFF'));
/** Values of each type. */
export const VALUES: Readonly<Record<Type, fc.Arbitrary<ResourceValue>>> = {
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

export const resource: fc.Arbitrary<ResourceNode> = id.chain((resourceId): fc.Arbitrary<ResourceNode> => {
  const type = typeOf(resourceId);
  if (resourceId % 2 === 0) {
    return VALUES[type].map((value) => ({ kind: 'singleResource', id: resourceId, type, value }));
  }
  const instance = fc.tuple(id, VALUES[type]).map(([instanceId, value]) => {
    return { kind: 'resourceInstance', id: instanceId, type, value } as const;
  });
  return byId(instance, 1).map((instances) => ({ kind: 'multipleResource', id: resourceId, type, instances }));
});
const objectInstance: fc.Arbitrary<ObjectInstanceNode> = fc
  .tuple(id, byId(resource, 1))
  .map(([instanceId, resources]) => {
    return { kind: 'objectInstance', id: instanceId, resources } as const;
  });
export const object: fc.Arbitrary<ObjectNode> = fc.tuple(id, byId(objectInstance, 1)).map(([objectId, instances]) => {
  return { kind: 'object', id: objectId, instances } as const;
});
export const root: fc.Arbitrary<RootNode> = byId(object, 1).map((objects) => ({ kind: 'root', objects }) as const);

/** A node with a path for it. */
export const placed: fc.Arbitrary<[Lwm2mNode, string]> = fc.oneof(
  object.map((node): [Lwm2mNode, string] => [node, `/${String(node.id)}`]),
  objectInstance.map((node): [Lwm2mNode, string] => [node, `/1/${String(node.id)}`]),
  resource.map((node): [Lwm2mNode, string] => [node, `/1/2/${String(node.id)}`]),
);
