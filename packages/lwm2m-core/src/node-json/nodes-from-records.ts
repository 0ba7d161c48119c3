import type { DefinitionSource } from '../definition.ts';
import { nodeFromRecords } from '../node-tree.ts';
import type { Lwm2mNode, ResourceRecord } from '../node.ts';
import { formatPath, ROOT_PATH, toPath } from '../path.ts';
import type { Path, PathLike } from '../path.ts';

/**
 * The nodes of a decoded payload that spans several paths, by the text of the paths: those that a composite operation
 * asked for, in their order, or else every Resource, as of a Send. Of several values of one Resource the newest counts.
 * A path that no value belongs to is not there.
 *
 * @throws DecodeError `ERR_LWM2M_PATH` for a path that does not parse, `ERR_LWM2M_DECODE` for a Resource that has both
 * a value and instances
 */
export function nodesFromRecords(
  records: readonly ResourceRecord[],
  definitions?: DefinitionSource,
  paths?: readonly PathLike[],
): Map<string, Lwm2mNode> {
  const asked = new Map(paths?.map((path): [string, ResourceRecord[]] => [formatPath(toPath(path)), []]));
  for (const record of records) {
    const resource = { ...record.path, resourceInstanceId: undefined };
    if (paths === undefined) getOrMake(asked, formatPath(resource)).push(record);
    else for (const path of pathsAbove(record.path)) asked.get(formatPath(path))?.push(record);
  }
  const nodes = new Map<string, Lwm2mNode>();
  for (const [path, below] of asked) {
    if (below.length > 0) nodes.set(path, nodeFromRecords(below, path, definitions));
  }
  return nodes;
}

/** The path and all that it lies below. */
function pathsAbove(path: Path): Path[] {
  const resource = { ...path, resourceInstanceId: undefined };
  const objectInstance = { ...resource, resourceId: undefined };
  const object = { ...objectInstance, objectInstanceId: undefined };
  const above = [ROOT_PATH, object, objectInstance, resource];
  return path.resourceInstanceId === undefined ? above : [...above, path];
}

function getOrMake(lists: Map<string, ResourceRecord[]>, path: string): ResourceRecord[] {
  let list = lists.get(path);
  if (list === undefined) lists.set(path, (list = []));
  return list;
}
