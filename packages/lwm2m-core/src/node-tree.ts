import type { DefinitionSource } from './definition.ts';
import type { Lwm2mNode, ResourceRecord } from './node.ts';
import { formatPath, pathLevel, pathOf, pathStartsWith, toPath, withPrefix } from './path.ts';
import type { Path, PathLike } from './path.ts';
import { treeOf } from './tree-reader.ts';

/**
 * The id of an Object Instance that has none yet: in the payload of a Create that leaves the choice to the client, and
 * in a decoded payload that lists Resources without saying of which instance. LwM2M CBOR uses it on the wire.
 */
export const UNASSIGNED_INSTANCE_ID = 65535;

/**
 * The tree below a path, from records. Where there are several of one Resource, the newest counts: one without a time
 * is from now, and of equally old ones the last. A Resource is multiple when one of its instances is there, or its
 * definition says so; the value of such a Resource without an instance id becomes instance 0.
 *
 * `emptyPaths` are Object Instances and multiple Resources that are to be in the tree though nothing is in them.
 *
 * @throws DecodeError when nothing is there for a path that needs a value, or when a Resource has both a value and
 * instances
 * @throws RangeError when a record lies outside of the path, or is not of a Resource or Resource Instance
 */
export function nodeFromRecords(
  records: readonly ResourceRecord[],
  path: PathLike,
  definitions?: DefinitionSource,
  emptyPaths: readonly Path[] = [],
): Lwm2mNode {
  const at = toPath(path);
  for (const record of records) {
    if (!pathStartsWith(record.path, at)) throw new RangeError(`a record outside of ${formatPath(at)}`);
    if (record.path.resourceId === undefined) {
      throw new RangeError('a record of neither a Resource nor a Resource Instance');
    }
  }
  return treeOf(records, at, definitions, emptyPaths);
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
  if (!Number.isInteger(id)) throw new RangeError('an id is an integer from 0 to 65535');
  const { prefix, objectId, objectInstanceId, resourceId } = path;
  const ids =
    objectId === undefined
      ? pathOf(id)
      : objectInstanceId === undefined
        ? pathOf(objectId, id)
        : resourceId === undefined
          ? pathOf(objectId, objectInstanceId, id)
          : pathOf(objectId, objectInstanceId, resourceId, id);
  return prefix === undefined ? ids : withPrefix(ids, prefix);
}

function collectRecords(node: Lwm2mNode, path: Path, records: ResourceRecord[]): void {
  switch (node.kind) {
    case 'root':
      for (const child of node.objects) collectRecords(child, childPath(path, child.id), records);
      for (const { prefix, objects } of node.iotDevices ?? []) {
        for (const child of objects) collectRecords(child, withPrefix(pathOf(child.id), prefix), records);
      }
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
      return;
    default:
      // A caller without a compiler: nothing is to be left out silently.
      throw new TypeError('a node of no kind that there is');
  }
}
