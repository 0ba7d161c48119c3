import type { DefinitionSource } from '../definition.ts';
import { UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import type {
  IotDeviceNode,
  Lwm2mNode,
  ObjectInstanceNode,
  ObjectNode,
  ResourceInstanceNode,
  ResourceNode,
  RootNode,
} from '../node.ts';
import { formatPath, isPrefix, parsePath, pathLevel, toPath } from '../path.ts';
import type { Path, PathLevel, PathLike } from '../path.ts';
import type { TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { count, readArray, readChildren, readEntries, readId, readItem, readType, wrong } from './json-item.ts';
import type { Item, Kind, Reader } from './json-item.ts';
import { describeJson, fieldOf, isJsonObject } from './json-object.ts';
import type { JsonObject } from './json-object.ts';
import { typedValueFromJson } from './typed-value-from-json.ts';

const RESOURCE_KINDS: readonly Kind[] = ['singleResource', 'multiResource'];
const KINDS_OF_LEVEL: Readonly<Record<PathLevel, readonly Kind[]>> = {
  0: ['root'],
  1: ['obj', 'instance'],
  2: ['instance'],
  3: RESOURCE_KINDS,
  4: ['resourceInstance'],
};

export interface NodeFromJsonOptions {
  /** A value that does not fit the type that the definition declares is refused. Default false: it keeps the type that the JSON states. */
  readonly refuseOtherTypes?: boolean;
}

/**
 * Reads a node from its JSON, for a request to the path: what `nodeToJson` gives but for NaN and infinities, and what
 * tools send to the REST interface of a Leshan server. `type` may be of any case. `kind` may be absent where `instances`, `resources`,
 * `values` or `value` tells it. `id` may be a string; an Object Instance may have none, and for the path of an Object,
 * as a Create has it, that leaves the choice to the device. A value that fits the type that the definition declares has
 * that type, whatever type the JSON states.
 *
 * @param value parsed JSON
 * @throws DecodeError `ERR_LWM2M_DECODE` for everything else; `pointer` has the place, and the offset is 0.
 * `ERR_LWM2M_PATH` for a path that does not parse
 */
export function nodeFromJson(
  value: unknown,
  path: PathLike,
  definitions?: DefinitionSource,
  options?: NodeFromJsonOptions,
): Lwm2mNode {
  return readNode(readerOf(definitions, options), value, toPath(path), '');
}

/**
 * Reads nodes by their paths, as `nodesToJson` gives them and a Write-Composite has them: `{"/3/0/14": {…}}`. The keys
 * of the result are paths in their usual form.
 *
 * @param value parsed JSON
 * @throws DecodeError as {@link nodeFromJson}
 */
export function nodesFromJson(
  value: unknown,
  definitions?: DefinitionSource,
  options?: NodeFromJsonOptions,
): Map<string, Lwm2mNode> {
  if (!isJsonObject(value)) throw wrong('an object of nodes by their paths', describeJson(value), '');
  const reader = readerOf(definitions, options);
  const nodes = new Map<string, Lwm2mNode>();
  for (const key of Object.keys(value)) {
    const path = parsePath(key);
    const text = formatPath(path);
    if (nodes.has(text)) throw wrong('each path once', 'a repeated one', '');
    nodes.set(text, readNode(reader, value[key], path, `/${text.replaceAll('/', '~1')}`));
  }
  return nodes;
}

function readerOf(definitions: DefinitionSource | undefined, options: NodeFromJsonOptions = {}): Reader {
  return { definitions, refuseOtherTypes: options.refuseOtherTypes ?? false, count: 0 };
}

function readNode(reader: Reader, json: unknown, path: Path, place: string): Lwm2mNode {
  const item = readItem(reader, json, KINDS_OF_LEVEL[pathLevel(path)], place);
  // The kind is one of the level, which has the ids that it needs.
  const { objectId = 0, objectInstanceId, resourceId = 0 } = path;
  switch (item.kind) {
    case 'root':
      return readRoot(item);
    case 'obj':
      return readObject(item, objectId);
    case 'instance':
      return readObjectInstance(item, objectId, objectInstanceId);
    case 'singleResource':
    case 'multiResource':
      return readResource(item, objectId, resourceId);
    case 'resourceInstance': {
      const id = readId(item, path.resourceInstanceId);
      return { kind: 'resourceInstance', id, ...readValue(item, typeOf(item, objectId, resourceId)) };
    }
  }
}

function readRoot({ reader, fields, place }: Item): RootNode {
  const objects = readObjects({ reader, fields, place });
  if (!Object.hasOwn(fields, 'iotDevices')) return { kind: 'root', objects };
  const iotDevices = readArray(fields, 'iotDevices', place).map((json, index): IotDeviceNode => {
    const devicePlace = `${place}/iotDevices/${index}`;
    count(reader, 1, devicePlace);
    if (!isJsonObject(json)) throw wrong('a device', describeJson(json), devicePlace);
    const prefix = readPrefix(json, devicePlace);
    return { prefix, objects: readObjects({ reader, fields: json, place: devicePlace }) };
  });
  iotDevices.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  if (iotDevices.some(({ prefix }, index) => prefix === iotDevices[index + 1]?.prefix)) {
    throw wrong('each prefix once', 'a repeated one', `${place}/iotDevices`);
  }
  return { kind: 'root', objects, iotDevices };
}

function readPrefix(fields: JsonObject, place: string): string {
  const prefix = fieldOf(fields, 'prefix');
  if (typeof prefix === 'string' && isPrefix(prefix)) return prefix;
  throw wrong('a prefix', typeof prefix === 'string' ? 'other text' : describeJson(prefix), `${place}/prefix`);
}

function readObjects(parent: Pick<Item, 'reader' | 'fields' | 'place'>): ObjectNode[] {
  return readChildren(parent, 'objects', ['obj'], (item) => readObject(item, undefined));
}

function readObject(item: Item, idOfPath: number | undefined): ObjectNode {
  const id = readId(item, idOfPath);
  const instances = readChildren(item, 'instances', ['instance'], (child) => readObjectInstance(child, id, undefined));
  return { kind: 'object', id, instances };
}

function readObjectInstance(item: Item, objectId: number, idOfPath: number | undefined): ObjectInstanceNode {
  const hasId = Object.hasOwn(item.fields, 'id');
  const id = hasId ? readId(item, idOfPath) : (idOfPath ?? UNASSIGNED_INSTANCE_ID);
  const resources = readChildren(item, 'resources', RESOURCE_KINDS, (child) =>
    readResource(child, objectId, undefined),
  );
  return { kind: 'objectInstance', id, resources };
}

function readResource(item: Item, objectId: number, idOfPath: number | undefined): ResourceNode {
  const id = readId(item, idOfPath);
  const declared = typeOf(item, objectId, id);
  if (item.kind === 'singleResource') return { kind: 'singleResource', id, ...readValue(item, declared) };
  const stated = readType(item);
  const entries = readEntries(item);
  const { refuseOtherTypes } = item.reader;
  const readAs = (type: ResourceType | undefined): ResourceInstanceNode[] =>
    entries.map(([instanceId, json]) => {
      const types = { stated, declared: type, refuseOtherTypes };
      const value = typedValueFromJson(json, types, `${item.place}/values/${instanceId}`);
      return { kind: 'resourceInstance', id: instanceId, ...value };
    });
  // All of them have one type: the stated one, if a single value does not fit the declared one.
  const fitting = declared === undefined ? undefined : readAs(declared);
  if (fitting?.every(({ type }) => type === declared) === true) {
    return { kind: 'multipleResource', id, type: declared ?? stated, instances: fitting };
  }
  return { kind: 'multipleResource', id, type: stated, instances: readAs(undefined) };
}

function readValue(item: Item, declared: ResourceType | undefined): TypedValue {
  const types = { stated: readType(item), declared, refuseOtherTypes: item.reader.refuseOtherTypes };
  return typedValueFromJson(fieldOf(item.fields, 'value'), types, `${item.place}/value`);
}

function typeOf({ reader }: Item, objectId: number, resourceId: number): ResourceType | undefined {
  return reader.definitions?.resource(objectId, resourceId)?.type;
}
