import { Code, type CoapReply } from '@flownexus/coap';
import {
  decodePayload,
  formatPath,
  pathLevel,
  pathOf,
  type Lwm2mNode,
  type ObjectInstanceNode,
  type Path,
  type ResourceNode,
} from '@flownexus/lwm2m-core';
import type { ResourceContent } from '../objects/content.ts';
import type { ObjectTree } from '../objects/object-tree.ts';
import type { Device } from '../operations/device.ts';
import { writtenFormat } from '../operations/formats.ts';
import { givenContent } from '../operations/given-content.ts';
import { badRequest } from '../operations/refuse.ts';
import { checkedType } from '../operations/write-plan.ts';
import type { WrittenPayload } from '../operations/write.ts';
import type { Provisioning } from './provisioning.ts';
import { bootstrapAccount, SecurityResource } from './security-account.ts';

/** An Object Instance as it will be. */
interface PlannedInstance {
  readonly path: Path;
  readonly contents: ReadonlyMap<number, ResourceContent>;
  /** Whether what is there besides goes. */
  readonly replaces: boolean;
}

/**
 * A Bootstrap-Write (TS Core §6.1.7) to an Object, an Object Instance or a Resource, whether it is there or not, and whatever servers
 * may do with it: an Object Instance is replaced, the others of its Object stay. Resources that the device does not know are left out.
 *
 * @throws Refusal 4.00, 4.15; Lwm2mError; nothing is written then
 */
export function bootstrapWrite(
  device: Device,
  provisioning: Provisioning,
  path: Path,
  written: WrittenPayload,
): CoapReply {
  const level = pathLevel(path);
  if (level === 0 || level === 4) throw badRequest(`a Bootstrap-Write of ${formatPath(path)}`);
  const { tree } = device;
  checkKnown(tree, path);
  const contentFormat = writtenFormat(device, written.contentFormat, path);
  const { node } = decodePayload(written.payload, contentFormat, path, tree.definitions);
  store(tree, provisioning, plannedInstances(tree, path, node));
  return { code: Code.CHANGED };
}

/**
 * Takes Objects with all their instances, in the place of those that are there but for the bootstrap account (TS Core 1.2 §6.1.7.7).
 *
 * @throws Refusal; nothing is written then
 */
export function replaceObjects(tree: ObjectTree, provisioning: Provisioning, node: Lwm2mNode): void {
  const objects = node.kind === 'root' ? node.objects : [];
  const planned = objects.flatMap((object) => {
    checkKnown(tree, pathOf(object.id));
    return plannedInstances(tree, pathOf(object.id), object);
  });
  // The account of the server that gave the pack is not among what it replaces. A new one may take its place.
  const account = bootstrapAccount(tree)?.instanceId;
  const isOver = planned.some(
    ({ path, contents }) =>
      path.objectId === 0 &&
      path.objectInstanceId === account &&
      contents.get(SecurityResource.BOOTSTRAP_SERVER) !== true,
  );
  if (isOver) throw badRequest(`/0/${account} in the place of the bootstrap account`);
  for (const { id } of objects) provisioning.removeInstances(pathOf(id));
  store(tree, provisioning, planned);
}

function plannedInstances(tree: ObjectTree, path: Path, node: Lwm2mNode): PlannedInstance[] {
  const { objectId = -1, objectInstanceId } = path;
  switch (node.kind) {
    case 'object':
      return node.instances.map((instance) => plannedInstance(tree, pathOf(objectId, instance.id), instance));
    case 'objectInstance':
      return [plannedInstance(tree, pathOf(objectId, objectInstanceId), node)];
    case 'singleResource':
    case 'multipleResource': {
      const instance = pathOf(objectId, objectInstanceId);
      return [{ path: instance, contents: contentsOf(tree, instance, [node]), replaces: false }];
    }
    default:
      throw badRequest(`a Bootstrap-Write of ${formatPath(path)}`);
  }
}

function plannedInstance(tree: ObjectTree, path: Path, { resources }: ObjectInstanceNode): PlannedInstance {
  return { path, contents: contentsOf(tree, path, resources), replaces: true };
}

function contentsOf(tree: ObjectTree, instance: Path, nodes: readonly ResourceNode[]): Map<number, ResourceContent> {
  const contents = new Map<number, ResourceContent>();
  const definition = tree.definitions.object(instance.objectId ?? -1);
  for (const node of nodes) {
    // TS Core §6.1.7: optional Resources that the device does not have are ignored.
    if (definition?.resources.has(node.id) !== true) continue;
    // Lengths are not looked at: Leshan writes Resources with nothing in them that have another length by their definition.
    contents.set(node.id, givenContent(definition, instance, node, checkedType));
  }
  return contents;
}

function store(tree: ObjectTree, provisioning: Provisioning, planned: readonly PlannedInstance[]): void {
  for (const { path, contents, replaces } of planned) {
    const { objectId = 0, objectInstanceId = 0 } = path;
    provisioning.keep(objectId);
    tree.addInstance(path);
    for (const [resourceId, content] of contents) tree.set(pathOf(objectId, objectInstanceId, resourceId), content);
    if (!replaces) continue;
    for (const resourceId of tree.resourceIds(objectId, objectInstanceId)) {
      const resource = pathOf(objectId, objectInstanceId, resourceId);
      if (!contents.has(resourceId) && tree.executeHandlers(resource) === undefined) tree.remove(resource);
    }
  }
}

/** Objects of accounts, which a device always has. */
const OF_ACCOUNTS: ReadonlySet<number> = new Set([0, 1, 2, 21]);

/** @throws Refusal 4.00 for an Object that the device does not have */
function checkKnown(tree: ObjectTree, { objectId = -1 }: Path): void {
  const isKnown = OF_ACCOUNTS.has(objectId) || tree.objectIds().includes(objectId);
  if (!isKnown || tree.definitions.object(objectId) === undefined) throw badRequest(`no Object ${objectId}`);
}
