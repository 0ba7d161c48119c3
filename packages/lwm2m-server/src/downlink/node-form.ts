import {
  formatPath,
  parsePath,
  type IotDeviceNode,
  type Link,
  type Lwm2mNode,
  type MultipleResourceNode,
  type ObjectInstanceNode,
  type ObjectLink,
  type ObjectNode,
  type Path,
  type ResourceChange,
  type ResourceInstanceNode,
  type ResourceNode,
  type ResourceRecord,
  type ResourceRemoval,
  type ResourceType,
  type ResourceValue,
  type RootNode,
  type SingleResourceNode,
} from '@flownexus/lwm2m-core';
import {
  byKind,
  byName,
  listOf,
  NULL,
  NUMBER,
  objectAt,
  objectOf,
  oneOf,
  TEXT,
  UINT16,
  wrongJson,
  type Form,
} from './json-form.ts';

/** Bytes: base64. */
export const BYTES: Form<Uint8Array> = {
  format: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  parse: (json, place) => {
    const bytes = Buffer.from(TEXT.parse(json, place), 'base64');
    // Buffer passes over what is no base64.
    if (bytes.toString('base64') !== json) throw wrongJson('base64', place);
    return new Uint8Array(bytes);
  },
};

/** A path: its text. */
const PATH: Form<Path> = {
  format: (path) => formatPath(path),
  parse: (json, place) => {
    try {
      return parsePath(TEXT.parse(json, place));
    } catch {
      throw wrongJson('a path', place);
    }
  },
};

const OBJECT_LINK: Form<ObjectLink> = objectOf<ObjectLink>({ objectId: UINT16, objectInstanceId: UINT16 });
const BIG_INTEGER = /^(?:0|-?[1-9][0-9]{0,19})$/;
const NUMBERS_BEYOND_JSON: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };

/**
 * A value. Strings, booleans and most numbers are themselves; what JSON does not have is an object with one field: `bigint` has digits, `number` is one of
 * NaN, Infinity, -Infinity and -0, `bytes` has base64, `link` an Object Link.
 */
const VALUE: Form<ResourceValue> = {
  format: (value) => {
    if (typeof value === 'bigint') return { bigint: value.toString() };
    if (typeof value === 'number') {
      if (Object.is(value, -0)) return { number: '-0' };
      return Number.isFinite(value) ? value : { number: String(value) };
    }
    if (value instanceof Uint8Array) return { bytes: BYTES.format(value) };
    return typeof value === 'object' ? { link: OBJECT_LINK.format(value) } : value;
  },
  parse: (json, place) => {
    if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json;
    const [[tag, content] = ['', undefined], ...others] = Object.entries(objectAt(json, place));
    const text = typeof content === 'string' ? content : '';
    const number = Object.hasOwn(NUMBERS_BEYOND_JSON, text) ? NUMBERS_BEYOND_JSON[text] : undefined;
    if (others.length === 0) {
      if (tag === 'bytes') return BYTES.parse(content, `${place}/bytes`);
      if (tag === 'link') return OBJECT_LINK.parse(content, `${place}/link`);
      if (tag === 'bigint' && BIG_INTEGER.test(text)) return BigInt(text);
      if (tag === 'number' && number !== undefined) return number;
    }
    throw wrongJson('a value', place);
  },
};

const TYPE: Form<ResourceType> = oneOf<ResourceType>([
  'string',
  'integer',
  'unsignedInteger',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
  'none',
]);

const ONE_VALUE: Form<Omit<SingleResourceNode, 'kind'>> = objectOf<Omit<SingleResourceNode, 'kind'>>({
  id: UINT16,
  type: TYPE,
  value: VALUE,
});
const MULTIPLE_RESOURCE: Form<Omit<MultipleResourceNode, 'kind'>> = objectOf<Omit<MultipleResourceNode, 'kind'>>({
  id: UINT16,
  type: TYPE,
  instances: listOf(byKind<ResourceInstanceNode>({ resourceInstance: ONE_VALUE })),
});
const RESOURCES = { singleResource: ONE_VALUE, multipleResource: MULTIPLE_RESOURCE };
/** A Resource. */
export const RESOURCE: Form<ResourceNode> = byKind<ResourceNode>(RESOURCES);

const OBJECT_INSTANCE_FIELDS: Form<Omit<ObjectInstanceNode, 'kind'>> = objectOf<Omit<ObjectInstanceNode, 'kind'>>({
  id: UINT16,
  resources: listOf(RESOURCE),
});

/** An Object Instance. */
export const OBJECT_INSTANCE: Form<ObjectInstanceNode> = byKind<ObjectInstanceNode>({
  objectInstance: OBJECT_INSTANCE_FIELDS,
});

const OBJECT_FIELDS: Form<Omit<ObjectNode, 'kind'>> = objectOf<Omit<ObjectNode, 'kind'>>({
  id: UINT16,
  instances: listOf(OBJECT_INSTANCE),
});
const OBJECTS: Form<readonly ObjectNode[]> = listOf(byKind<ObjectNode>({ object: OBJECT_FIELDS }));
const ROOT: Form<Omit<RootNode, 'kind'>> = objectOf<Omit<RootNode, 'kind'>>(
  { objects: OBJECTS },
  { iotDevices: listOf(objectOf<IotDeviceNode>({ prefix: TEXT, objects: OBJECTS })) },
);

/** A node, with all that is in it. */
export const NODE: Form<Lwm2mNode> = byKind<Lwm2mNode>({
  root: ROOT,
  object: OBJECT_FIELDS,
  objectInstance: OBJECT_INSTANCE_FIELDS,
  ...RESOURCES,
  resourceInstance: ONE_VALUE,
});

/** A value with its path. */
export const RECORD: Form<ResourceRecord> = withTime(
  objectOf<Omit<ResourceRecord, 'time'> & { readonly time?: number }>(
    { path: PATH, type: TYPE, value: VALUE },
    { time: NUMBER },
  ),
);

/** A record has a time in any case, if only undefined. */
function withTime(form: Form<Omit<ResourceRecord, 'time'> & { readonly time?: number }>): Form<ResourceRecord> {
  return {
    format: ({ time, ...record }) => form.format(time === undefined ? record : { ...record, time }),
    parse: (json, place) => {
      const { path, type, value, time } = form.parse(json, place);
      return { path, type, value, time };
    },
  };
}

const REMOVAL = objectOf<ResourceRemoval>({ path: PATH, value: NULL });

/** A value with its path, or null with it for a removal. */
export const CHANGE: Form<ResourceChange> = {
  format: (change) => (change.value === null ? REMOVAL.format(change) : RECORD.format(change)),
  parse: (json, place) =>
    objectAt(json, place)['value'] === null ? REMOVAL.parse(json, place) : RECORD.parse(json, place),
};

/** A link of the answer to a Discover. */
export const LINK: Form<Link> = objectOf<Link>({
  target: TEXT,
  attributes: byName<string | true>({
    format: (value) => value,
    parse: (json, place) => (json === true ? json : TEXT.parse(json, place)),
  }),
});
