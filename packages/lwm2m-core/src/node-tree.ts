import type { DefinitionSource } from './definition.ts';
import { DecodeError } from './errors.ts';
import type {
  Lwm2mNode,
  ObjectInstanceNode,
  ObjectNode,
  ResourceInstanceNode,
  ResourceNode,
  ResourceRecord,
} from './node.ts';
import { formatPath, pathLevel, pathOf, pathStartsWith, toPath } from './path.ts';
import type { Path, PathLike } from './path.ts';

/**
 * The id of an Object Instance that has none yet: in the payload of a Create that leaves the choice to the client, and
 * in a decoded payload that lists Resources without saying of which instance. LwM2M CBOR uses it on the wire.
 */
export const UNASSIGNED_INSTANCE_ID = 65535;

/** The values of a Resource while the tree grows: either one of its own, or those of its instances. */
interface ResourceDraft {
  single: ResourceRecord | undefined;
  instances: Map<number, ResourceRecord> | undefined;
}
type InstanceDraft = Map<number, ResourceDraft>;
type ObjectDraft = Map<number, InstanceDraft>;
type RootDraft = Map<number, ObjectDraft>;

/**
 * The tree below a path, from records. Where there are several of one Resource, the newest counts: one without a time
 * is from now, and of equally old ones the last. A Resource is multiple when one of its instances is there, or its
 * definition says so; the value of such a Resource without an instance id becomes instance 0.
 *
 * `emptyPaths` are Object Instances and multiple Resources that are to be in the tree though nothing is in them.
 *
 * @throws DecodeError when nothing is there for a path that needs a value, or when a Resource has both
 * a value and instances
 * @throws RangeError when a record lies outside of the path, or is not of a Resource or Resource Instance
 */
export function nodeFromRecords(
  records: readonly ResourceRecord[],
  path: PathLike,
  definitions?: DefinitionSource,
  emptyPaths: readonly Path[] = [],
): Lwm2mNode {
  const at = toPath(path);
  const root: RootDraft = new Map();
  for (const emptyPath of emptyPaths) draftOf(root, emptyPath);
  for (const record of records) {
    if (!pathStartsWith(record.path, at)) throw new RangeError(`a record outside of ${formatPath(at)}`);
    addRecord(root, record);
  }
  return nodeAt(root, at, definitions);
}

/**
 * The values of a node as records without a time, in the order of the tree. The path is that of the node, or of its
 * parent.
 *
 * @throws RangeError when the node does not belong at the path
 */
export function recordsFromNode(node: Lwm2mNode, path: PathLike): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  collectRecords(node, pathOfNode(node, toPath(path)), records);
  return records;
}

const LEVEL_OF_KIND = {
  root: 0,
  object: 1,
  objectInstance: 2,
  singleResource: 3,
  multipleResource: 3,
  resourceInstance: 4,
} as const;

/**
 * The node's own path, from the path of a request that carries the node itself or a child of what it addresses.
 *
 * @throws RangeError when the node does not belong there
 */
export function pathOfNode(node: Lwm2mNode, path: Path): Path {
  const level = pathLevel(path);
  const nodeLevel = LEVEL_OF_KIND[node.kind];
  if (node.kind === 'root' ? level === 0 : nodeLevel === level) {
    if (node.kind === 'root' || lastId(path) === node.id) return path;
  } else if (node.kind !== 'root' && nodeLevel === level + 1) {
    return childPath(path, node.id);
  }
  throw new RangeError(`a node of kind ${node.kind} that does not belong at ${formatPath(path)}`);
}

function lastId(path: Path): number | undefined {
  return path.resourceInstanceId ?? path.resourceId ?? path.objectInstanceId ?? path.objectId;
}

/** The path of the child with this id. */
function childPath(path: Path, id: number): Path {
  if (path.objectId === undefined) return pathOf(id);
  if (path.objectInstanceId === undefined) return pathOf(path.objectId, id);
  return path.resourceId === undefined
    ? pathOf(path.objectId, path.objectInstanceId, id)
    : pathOf(path.objectId, path.objectInstanceId, path.resourceId, id);
}

function collectRecords(node: Lwm2mNode, path: Path, records: ResourceRecord[]): void {
  switch (node.kind) {
    case 'root':
      for (const child of node.objects) collectRecords(child, childPath(path, child.id), records);
      return;
    case 'object':
    case 'multipleResource':
      for (const child of node.instances) collectRecords(child, childPath(path, child.id), records);
      return;
    case 'objectInstance':
      for (const child of node.resources) collectRecords(child, childPath(path, child.id), records);
      return;
    case 'singleResource':
    case 'resourceInstance':
      records.push({ path, type: node.type, value: node.value, time: undefined });
  }
}

/** Makes what the path names, down to the Resource. */
function draftOf(root: RootDraft, path: Path): ResourceDraft | undefined {
  const { objectId, objectInstanceId, resourceId } = path;
  if (objectId === undefined) return undefined;
  const object = getOrMake(root, objectId, (): ObjectDraft => new Map());
  if (objectInstanceId === undefined) return undefined;
  const instance = getOrMake(object, objectInstanceId, (): InstanceDraft => new Map());
  if (resourceId === undefined) return undefined;
  return getOrMake(instance, resourceId, (): ResourceDraft => ({ single: undefined, instances: undefined }));
}

function getOrMake<V>(map: Map<number, V>, id: number, make: () => V): V {
  let value = map.get(id);
  if (value === undefined) {
    value = make();
    map.set(id, value);
  }
  return value;
}

function addRecord(root: RootDraft, record: ResourceRecord): void {
  const { objectId, resourceId, resourceInstanceId } = record.path;
  const draft = draftOf(root, record.path);
  if (draft === undefined || objectId === undefined || resourceId === undefined) {
    throw new RangeError('a record of neither a Resource nor a Resource Instance');
  }
  if (resourceInstanceId !== undefined) {
    draft.instances ??= new Map();
    draft.instances.set(resourceInstanceId, newer(draft.instances.get(resourceInstanceId), record));
  } else {
    draft.single = newer(draft.single, record);
  }
  if (draft.single !== undefined && draft.instances !== undefined) {
    const path = formatPath(pathOf(objectId, record.path.objectInstanceId, resourceId));
    throw new DecodeError('ERR_LWM2M_DECODE', `a value or Resource Instances for ${path}`, 'both', 0);
  }
}

function newer(known: ResourceRecord | undefined, candidate: ResourceRecord): ResourceRecord {
  if (known === undefined) return candidate;
  return (candidate.time ?? Infinity) >= (known.time ?? Infinity) ? candidate : known;
}

function nodeAt(root: RootDraft, path: Path, definitions: DefinitionSource | undefined): Lwm2mNode {
  const { objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
  if (objectId === undefined) {
    const objects = sorted(root).map(([id, object]) => objectNode(id, object, definitions));
    return { kind: 'root', objects };
  }
  const object = root.get(objectId);
  if (objectInstanceId === undefined)
    return objectNode(objectId, object ?? new Map<number, InstanceDraft>(), definitions);
  const instance = object?.get(objectInstanceId);
  if (resourceId === undefined)
    return instanceNode(objectId, objectInstanceId, instance ?? new Map<number, ResourceDraft>(), definitions);
  const draft = instance?.get(resourceId) ?? { single: undefined, instances: undefined };
  if (resourceInstanceId === undefined) {
    const isKnownAsSingle = definitions?.resource(objectId, resourceId)?.multiple === false;
    if (draft.single === undefined && draft.instances === undefined && isKnownAsSingle) throw noValue(path);
    return resourceNode(objectId, resourceId, draft, definitions);
  }
  const record = draft.instances?.get(resourceInstanceId);
  if (record === undefined) throw noValue(path);
  return resourceInstanceNode(resourceInstanceId, record);
}

function noValue(path: Path): DecodeError {
  return new DecodeError('ERR_LWM2M_DECODE', `a value for ${formatPath(path)}`, 'none', 0);
}

function objectNode(id: number, object: ObjectDraft, definitions: DefinitionSource | undefined): ObjectNode {
  const instances = sorted(object).map(([instanceId, instance]) => instanceNode(id, instanceId, instance, definitions));
  return { kind: 'object', id, instances };
}

function instanceNode(
  objectId: number,
  id: number,
  instance: InstanceDraft,
  definitions: DefinitionSource | undefined,
): ObjectInstanceNode {
  const resources = sorted(instance).map(([resourceId, draft]) =>
    resourceNode(objectId, resourceId, draft, definitions),
  );
  return { kind: 'objectInstance', id, resources };
}

function resourceNode(
  objectId: number,
  id: number,
  { single, instances }: ResourceDraft,
  definitions: DefinitionSource | undefined,
): ResourceNode {
  const definition = definitions?.resource(objectId, id);
  if (single !== undefined && definition?.multiple !== true) {
    return { kind: 'singleResource', id, type: single.type, value: single.value };
  }
  const nodes =
    single === undefined
      ? sorted(instances ?? new Map<number, ResourceRecord>()).map(([instanceId, record]) =>
          resourceInstanceNode(instanceId, record),
        )
      : [resourceInstanceNode(0, single)];
  return { kind: 'multipleResource', id, type: nodes[0]?.type ?? definition?.type ?? 'none', instances: nodes };
}

function resourceInstanceNode(id: number, record: ResourceRecord): ResourceInstanceNode {
  return { kind: 'resourceInstance', id, type: record.type, value: record.value };
}

function sorted<V>(map: ReadonlyMap<number, V>): [number, V][] {
  return [...map].sort(([a], [b]) => a - b);
}
