import type { DefinitionSource } from './definition.ts';
import { DecodeError } from './errors.ts';
import type {
  IotDeviceNode,
  Lwm2mNode,
  ObjectInstanceNode,
  ObjectNode,
  ResourceInstanceNode,
  ResourceNode,
  ResourceRecord,
} from './node.ts';
import { comparePaths, formatPath, withPrefix } from './path.ts';
import type { Path } from './path.ts';

/** A record, or the path of an Object Instance or multiple Resource that may have nothing in it. */
type TreeEntry = ResourceRecord | { readonly path: Path; readonly value?: undefined };

/** Entries in ascending order of their paths, each path once, and how far they are read. */
interface TreeReader {
  readonly entries: readonly TreeEntry[];
  next: number;
  readonly definitions: DefinitionSource | undefined;
}

/**
 * The node at a path, of records of Resources and Resource Instances and of empty nodes that all are at or below it.
 *
 * @throws DecodeError when nothing is there for a path that needs a value, or when a Resource has both a value and
 * instances
 */
export function treeOf(
  records: readonly ResourceRecord[],
  path: Path,
  definitions: DefinitionSource | undefined,
  emptyPaths: readonly Path[],
): Lwm2mNode {
  return readNode({ entries: inTreeOrder(records, emptyPaths), next: 0, definitions }, path);
}

/**
 * The entries as a tree has them: in ascending order, and of each path the newest. Nearly all payloads are in that order
 * already.
 */
function inTreeOrder(records: readonly ResourceRecord[], emptyPaths: readonly Path[]): readonly TreeEntry[] {
  if (emptyPaths.length === 0 && isAscending(records)) return records;
  const entries: TreeEntry[] = [...records, ...emptyPaths.map((path) => ({ path }))];
  entries.sort((a, b) => comparePaths(a.path, b.path));
  const distinct: TreeEntry[] = [];
  for (const entry of entries) {
    const last = distinct.at(-1);
    if (last === undefined || comparePaths(last.path, entry.path) !== 0) distinct.push(entry);
    else distinct[distinct.length - 1] = newer(last, entry);
  }
  return distinct;
}

function isAscending(records: readonly ResourceRecord[]): boolean {
  let last: Path | undefined;
  for (const { path } of records) {
    if (last !== undefined && !isNextResource(last, path) && comparePaths(last, path) >= 0) return false;
    last = path;
  }
  return true;
}

/** True for a greater Resource of the same Object Instance, which is the usual case. */
function isNextResource(last: Path, path: Path): boolean {
  return (
    last.resourceId !== undefined &&
    path.resourceId !== undefined &&
    last.resourceId < path.resourceId &&
    last.objectInstanceId === path.objectInstanceId &&
    last.objectId === path.objectId &&
    last.prefix === path.prefix
  );
}

function newer(known: TreeEntry, candidate: TreeEntry): TreeEntry {
  if (candidate.value === undefined) return known;
  if (known.value === undefined) return candidate;
  return (candidate.time ?? Infinity) >= (known.time ?? Infinity) ? candidate : known;
}

/** The node at a path, of entries that are all below it. */
function readNode(reader: TreeReader, path: Path): Lwm2mNode {
  const { objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
  if (objectId === undefined) return readRoot(reader);
  if (objectInstanceId === undefined) return readObject(reader, objectId);
  if (resourceId === undefined) return readObjectInstance(reader, objectId, objectInstanceId);
  const entry = reader.entries[reader.next];
  if (resourceInstanceId !== undefined) {
    if (entry?.value === undefined) throw noValue(path);
    return resourceInstance(resourceInstanceId, entry);
  }
  if (entry === undefined && reader.definitions?.resource(objectId, resourceId)?.multiple === false) {
    throw noValue(path);
  }
  return readResource(reader, objectId, resourceId);
}

function noValue(path: Path): DecodeError {
  return new DecodeError('ERR_LWM2M_DECODE', `a value for ${formatPath(withPrefix(path, undefined))}`, 'none', 0);
}

function readRoot(reader: TreeReader): Lwm2mNode {
  const objects = readObjects(reader, undefined);
  const iotDevices: IotDeviceNode[] = [];
  for (;;) {
    const prefix = reader.entries[reader.next]?.path.prefix;
    if (prefix === undefined) break;
    iotDevices.push({ prefix, objects: readObjects(reader, prefix) });
  }
  return iotDevices.length === 0 ? { kind: 'root', objects } : { kind: 'root', objects, iotDevices };
}

function readObjects(reader: TreeReader, prefix: string | undefined): ObjectNode[] {
  const objects: ObjectNode[] = [];
  for (;;) {
    const path = reader.entries[reader.next]?.path;
    if (path?.objectId === undefined || path.prefix !== prefix) return objects;
    objects.push(readObject(reader, path.objectId));
  }
}

// The entries below one node follow each other: what is read begins with the next of them and ends where an id differs.

function readObject(reader: TreeReader, objectId: number): ObjectNode {
  const { entries } = reader;
  const prefix = entries[reader.next]?.path.prefix;
  const instances: ObjectInstanceNode[] = [];
  for (;;) {
    const path = entries[reader.next]?.path;
    if (path?.objectId !== objectId || path.prefix !== prefix) return { kind: 'object', id: objectId, instances };
    if (path.objectInstanceId === undefined) reader.next += 1;
    else instances.push(readObjectInstance(reader, objectId, path.objectInstanceId));
  }
}

function readObjectInstance(reader: TreeReader, objectId: number, id: number): ObjectInstanceNode {
  const { entries } = reader;
  const prefix = entries[reader.next]?.path.prefix;
  const resources: ResourceNode[] = [];
  for (;;) {
    const path = entries[reader.next]?.path;
    if (path?.objectInstanceId !== id || path.objectId !== objectId || path.prefix !== prefix) {
      return { kind: 'objectInstance', id, resources };
    }
    if (path.resourceId === undefined) reader.next += 1;
    else resources.push(readResource(reader, objectId, path.resourceId));
  }
}

/** A Resource: its value, or its instances. The entry of the Resource itself comes before those of the instances. */
function readResource(reader: TreeReader, objectId: number, id: number): ResourceNode {
  const { entries, definitions } = reader;
  const instances: ResourceInstanceNode[] = [];
  const entry = entries[reader.next];
  if (entry !== undefined && entry.path.resourceInstanceId === undefined) {
    reader.next += 1;
    if (entry.value !== undefined) {
      const following = entries[reader.next]?.path;
      if (following?.resourceInstanceId !== undefined && isInstanceOf(following, entry.path)) {
        const expected = `a value or Resource Instances for ${formatPath(withPrefix(entry.path, undefined))}`;
        throw new DecodeError('ERR_LWM2M_DECODE', expected, 'both', 0);
      }
      if (definitions?.resource(objectId, id)?.multiple !== true) {
        return { kind: 'singleResource', id, type: entry.type, value: entry.value };
      }
      instances.push(resourceInstance(0, entry));
    }
  }
  const first = entry?.path;
  for (;;) {
    const next = entries[reader.next];
    const instanceId = next?.path.resourceInstanceId;
    if (next?.value === undefined || instanceId === undefined) break;
    if (first === undefined || !isInstanceOf(next.path, first)) break;
    instances.push(resourceInstance(instanceId, next));
    reader.next += 1;
  }
  const type = instances[0]?.type ?? definitions?.resource(objectId, id)?.type ?? 'none';
  return { kind: 'multipleResource', id, type, instances };
}

function isInstanceOf(path: Path, resource: Path): boolean {
  return (
    path.resourceId === resource.resourceId &&
    path.objectInstanceId === resource.objectInstanceId &&
    path.objectId === resource.objectId &&
    path.prefix === resource.prefix
  );
}

function resourceInstance(id: number, { type, value }: ResourceRecord): ResourceInstanceNode {
  return { kind: 'resourceInstance', id, type, value };
}
