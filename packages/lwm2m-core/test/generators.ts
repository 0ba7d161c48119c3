import fc from 'fast-check';
import { pathOf, withPrefix } from '@flownexus/lwm2m-core';
import type {
  DefinitionSource,
  Lwm2mNode,
  ObjectInstanceNode,
  ObjectNode,
  Path,
  ResourceNode,
  ResourceRecord,
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
/** Also those near the ends of what fits into some number of bits. */
function integer(min: bigint, max: bigint): fc.Arbitrary<number | bigint> {
  const near = fc
    .tuple(fc.constantFrom(7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n), fc.bigInt(-2n, 2n), fc.constantFrom(1n, -1n))
    .map(([bits, offset, sign]) => sign * 2n ** bits + offset)
    .filter((value) => value >= min && value <= max);
  return fc.oneof(fc.bigInt(min, max), near).map(narrow);
}
const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
/** Of any characters, a byte order mark at the start among them. */
const text = fc
  .tuple(fc.constantFrom('', '', '', '\uFEFF'), fc.string({ unit: 'binary', maxLength: 40 }))
  .map((parts) => parts.join(''))
  .filter((value) => value.isWellFormed());
/** Values of each type. */
export const VALUES: Readonly<Record<Type, fc.Arbitrary<ResourceValue>>> = {
  string: text,
  corelnk: text,
  integer: int64,
  time: int64,
  unsignedInteger: integer(0n, 2n ** 64n - 1n),
  float: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(-0)),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  objlnk: fc.record({ objectId: fc.nat(65535), objectInstanceId: fc.nat(65535) }),
};

function byId<T extends { readonly id: number }>(node: fc.Arbitrary<T>, minLength: number): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(node, { selector: (item) => item.id, minLength, maxLength: 6 })
    .map((nodes) => nodes.sort((a, b) => a.id - b.id));
}

/** `least` is the number of children that a node has at least. */
function resourceWith(least: number): fc.Arbitrary<ResourceNode> {
  return id.chain((resourceId): fc.Arbitrary<ResourceNode> => {
    const type = typeOf(resourceId);
    if (resourceId % 2 === 0) {
      return VALUES[type].map((value) => ({ kind: 'singleResource', id: resourceId, type, value }));
    }
    const instance = fc.tuple(id, VALUES[type]).map(([instanceId, value]) => {
      return { kind: 'resourceInstance', id: instanceId, type, value } as const;
    });
    return byId(instance, least).map((instances) => ({ kind: 'multipleResource', id: resourceId, type, instances }));
  });
}
function objectInstanceWith(least: number): fc.Arbitrary<ObjectInstanceNode> {
  return fc.tuple(id, byId(resourceWith(least), least)).map(([instanceId, resources]) => {
    return { kind: 'objectInstance', id: instanceId, resources } as const;
  });
}
function objectWith(least: number): fc.Arbitrary<ObjectNode> {
  return fc.tuple(id, byId(objectInstanceWith(least), 1)).map(([objectId, instances]) => {
    return { kind: 'object', id: objectId, instances } as const;
  });
}
function placedWith(least: number): fc.Arbitrary<[Lwm2mNode, string]> {
  return fc.oneof(
    objectWith(least).map((node): [Lwm2mNode, string] => [node, `/${String(node.id)}`]),
    objectInstanceWith(least).map((node): [Lwm2mNode, string] => [node, `/1/${String(node.id)}`]),
    resourceWith(least).map((node): [Lwm2mNode, string] => [node, `/1/2/${String(node.id)}`]),
  );
}

export const resource: fc.Arbitrary<ResourceNode> = resourceWith(1);
const object: fc.Arbitrary<ObjectNode> = objectWith(1);
export const root: fc.Arbitrary<RootNode> = byId(object, 1).map((objects) => ({ kind: 'root', objects }) as const);

/** A node with a path for it. */
export const placed: fc.Arbitrary<[Lwm2mNode, string]> = placedWith(1);
/** The same, where Object Instances and multiple Resources may be empty. */
export const sparse: fc.Arbitrary<[Lwm2mNode, string]> = placedWith(0);

/** What paths of a device behind a gateway start with. */
export const prefix: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[\w.~-]{0,5}[A-Za-z][\w.~-]{0,5}$/),
  fc.constantFrom('__proto__', 'constructor'),
);

/** The root with devices behind it, which have the same Objects as the gateway or others. */
export const gateway: fc.Arbitrary<RootNode> = fc
  .tuple(
    byId(object, 1),
    byId(object, 1),
    fc.uniqueArray(fc.tuple(prefix, fc.boolean()), { selector: ([of]) => of, minLength: 1, maxLength: 3 }),
  )
  .map(([objects, others, devices]) => ({
    kind: 'root',
    objects,
    iotDevices: devices
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([of, isSame]) => ({ prefix: of, objects: isSame ? objects : others })),
  }));

/** Alternate paths, that of most devices among them. */
export const rootPath: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('/', '/lwm2m', '/1', '/3/0', '/a%20b'),
  fc.array(fc.stringMatching(/^[\w.~-]{1,5}$/), { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`),
);

/** Paths of any level, of devices behind a gateway too. */
export const path: fc.Arbitrary<Path> = fc
  .tuple(fc.option(prefix, { nil: undefined }), fc.array(fc.nat(65535), { maxLength: 4 }))
  .map(([ofDevice, ids]) => (ids.length === 0 ? pathOf() : withPrefix(pathOf(...ids), ofDevice)));

/** A value with a path for it: of a Resource, or of a Resource Instance when the Resource is multiple. */
export const value: fc.Arbitrary<ResourceRecord> = fc
  .tuple(id, id, id, id, fc.option(prefix, { nil: undefined }))
  .chain(([objectId, objectInstanceId, resourceId, resourceInstanceId, ofDevice]) => {
    const type = typeOf(resourceId);
    const resourcePath =
      resourceId % 2 === 0
        ? pathOf(objectId, objectInstanceId, resourceId)
        : pathOf(objectId, objectInstanceId, resourceId, resourceInstanceId);
    const at = withPrefix(resourcePath, ofDevice);
    return VALUES[type].map((of) => ({ path: at, type, value: of, time: undefined }));
  });
