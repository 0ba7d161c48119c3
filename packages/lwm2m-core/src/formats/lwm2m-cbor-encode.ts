import { CborWriter } from '@flownexus/senml';
import type { DefinitionSource } from '../definition.ts';
import type { Lwm2mNode, RootNode } from '../node.ts';
import { pathOfNode } from '../node-tree.ts';
import { pathLevel, pathOf, ROOT_PATH, withPrefix } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue } from '../typed-value.ts';
import type { EncodableValue } from '../typed-value.ts';
import { writeCborValue } from './cbor-item.ts';
import { declaredType } from './format.ts';

/** An id with the value or the ids below it. */
interface Branch {
  readonly id: number;
  readonly content: EncodableValue | readonly Branch[];
}

/** An Object, of a device behind a gateway when there is a prefix. */
interface TopBranch {
  readonly prefix: string | undefined;
  readonly object: Branch;
}

/** From how many ids in a row, each the only one below the one before, they share one key. */
const SHORTEST_TOP_KEY = 2;
const SHORTEST_INNER_KEY = 3;

/** One for all, as payloads are written in one go and copied out. */
const sharedWriter = new CborWriter();

/**
 * Encodes a node for a request or response at the path, which is that of the node or of its parent. A node has one
 * encoding, and none is shorter:
 *
 * - The payload is a map of Objects in the order of their ids, those of devices behind a gateway after the gateway's own.
 * - Where an id has only one id below it, and so on, these ids share a key, as in `{[3, 0, 9]: 95}`. In the map of Objects
 *   two ids or more do; in the maps below it only three or more, since there two take as many bytes in maps of their own.
 *   The specification's examples are the same, but for one that has a shared key of two ids below the Object Instance.
 * - Object Instances are keys in the map of their Object, unless there is one alone.
 * - Lengths are definite and integers and floats as short as they can be (RFC 8949 §4.1), times are integers, and Object
 *   Links text.
 *
 * An Object without Object Instances is left out, so that a payload without anything is an empty map. An empty Object
 * Instance or multiple Resource is an empty map too, though the grammar has none there.
 *
 * @throws RangeError when the node does not belong at the path, for an id or a prefix that is none, and for a value out of
 * the range of its type
 * @throws TypeError when a value is not one of its type
 */
export function encodeLwm2mCbor(node: Lwm2mNode, path: Path, definitions: DefinitionSource | undefined): Uint8Array {
  const top = topBranches(node, path, definitions).filter(({ object }) => !isEmpty(object));
  const writer = sharedWriter;
  writer.reset();
  writer.writeMapHead(top.length);
  for (const { prefix, object } of top) writeBranch(writer, object, prefix, SHORTEST_TOP_KEY);
  return writer.toBytes();
}

function topBranches(node: Lwm2mNode, path: Path, definitions: DefinitionSource | undefined): readonly TopBranch[] {
  const at = pathOfNode(node, path);
  if (node.kind === 'root') return rootBranches(node, path.prefix, definitions);
  const ids = [at.objectId, at.objectInstanceId, at.resourceId].slice(0, pathLevel(at) - 1);
  const above = ids.filter((id) => id !== undefined);
  let object = branchOf(node, above, definitions);
  for (const id of above.toReversed()) object = { id, content: [object] };
  return [{ prefix: path.prefix, object }];
}

function rootBranches(
  { objects, iotDevices = [] }: RootNode,
  prefix: string | undefined,
  definitions: DefinitionSource | undefined,
): readonly TopBranch[] {
  return [{ prefix, objects }, ...iotDevices].flatMap((device) => {
    const checked = withPrefix(ROOT_PATH, device.prefix).prefix;
    return device.objects.map((object) => ({ prefix: checked, object: branchOf(object, [], definitions) }));
  });
}

/** The ids above are left as they were. */
function branchOf(
  node: Exclude<Lwm2mNode, RootNode>,
  above: number[],
  definitions: DefinitionSource | undefined,
): Branch {
  const { id } = node;
  above.push(id);
  const path = pathOf(above[0], above[1], above[2], above[3]);
  const content = contentOf(node, path, above, definitions);
  above.pop();
  return { id, content };
}

function contentOf(
  node: Exclude<Lwm2mNode, RootNode>,
  path: Path,
  ids: number[],
  definitions: DefinitionSource | undefined,
): Branch['content'] {
  switch (node.kind) {
    case 'object':
    case 'multipleResource':
      return node.instances.map((instance) => branchOf(instance, ids, definitions));
    case 'objectInstance':
      return node.resources.map((resource) => branchOf(resource, ids, definitions));
    case 'singleResource':
    case 'resourceInstance':
      return encodableValue(node.type, node.value, declaredType(path, definitions));
  }
}

function isEmpty({ content }: Branch): boolean {
  return isMap(content) && content.length === 0;
}

function isMap(content: Branch['content']): content is readonly Branch[] {
  return Array.isArray(content);
}

function writeBranch(writer: CborWriter, branch: Branch, prefix: string | undefined, shortestKey: number): void {
  const ids = [branch.id];
  let { content } = branch;
  while (isMap(content) && content.length === 1) {
    const [only] = content;
    if (only === undefined) break;
    ids.push(only.id);
    content = only.content;
  }
  if (prefix === undefined && ids.length < shortestKey) {
    writer.writeInteger(branch.id);
    writeContent(writer, branch.content);
    return;
  }
  writer.writeArrayHead(prefix === undefined ? ids.length : ids.length + 1);
  if (prefix !== undefined) writer.writeText(prefix);
  for (const id of ids) writer.writeInteger(id);
  writeContent(writer, content);
}

function writeContent(writer: CborWriter, content: Branch['content']): void {
  if (isMap(content)) {
    writer.writeMapHead(content.length);
    for (const branch of content) writeBranch(writer, branch, undefined, SHORTEST_INNER_KEY);
    return;
  }
  writeCborValue(writer, content);
}
