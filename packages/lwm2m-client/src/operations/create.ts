import { Code, type CoapReply } from '@flownexus/coap';
import {
  decodePayload,
  formatPath,
  pathLevel,
  pathOf,
  UNASSIGNED_INSTANCE_ID,
  type ObjectInstanceNode,
  type Path,
} from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import { changeableObject } from './changeable-object.ts';
import type { Device } from './device.ts';
import { writtenFormat } from './formats.ts';
import { badRequest, notAllowed } from './refuse.ts';
import type { WrittenPayload } from './write.ts';
import { givenContent } from './given-content.ts';
import { checked, isWritable } from './write-plan.ts';

/**
 * Creates an Object Instance (TS Core §6.3.6): with the id of the payload, else with the lowest that is free, which the Location-Path
 * of the answer tells.
 *
 * @throws Refusal, Lwm2mError; nothing is created then
 */
export function create(device: Device, path: Path, written: WrittenPayload): CoapReply {
  const { tree } = device;
  if (pathLevel(path) === 0) throw notAllowed('a Create of everything');
  const definition = changeableObject(tree, path);
  const objectId = definition.id;
  const instance = createdInstance(device, path, written);
  const present = tree.instanceIds(objectId);
  if (present.length >= (tree.optionsOf(objectId)?.maxInstances ?? limits.instancesPerObject)) {
    throw new Refusal(Code.INTERNAL_SERVER_ERROR, `no room for another instance of Object ${objectId}`);
  }
  const isAssigned = instance.id === UNASSIGNED_INSTANCE_ID;
  const id = isAssigned ? lowestFree(present) : instance.id;
  const target = pathOf(objectId, id);
  if (tree.has(target)) throw badRequest(`${formatPath(target)} is there already`);
  const contents = new Map(
    instance.resources.map((node) => [node.id, givenContent(definition, target, node, checked)]),
  );
  const added = tree.optionsOf(objectId)?.onCreate?.({ path: target, contents }) ?? [];
  for (const [resourceId, content] of added) if (!contents.has(resourceId)) contents.set(resourceId, content);
  for (const resource of definition.resources.values()) {
    // What servers can not write only the device itself can give.
    if (resource.mandatory && isWritable(resource) && !contents.has(resource.id)) {
      throw badRequest(`Resource ${resource.id} is mandatory`);
    }
  }
  tree.addInstance(target);
  for (const [resourceId, content] of contents) tree.set(pathOf(objectId, id, resourceId), content);
  return isAssigned ? { code: Code.CREATED, locationPath: [`${objectId}`, `${id}`] } : { code: Code.CREATED };
}

function createdInstance(device: Device, path: Path, written: WrittenPayload): ObjectInstanceNode {
  const nothing: ObjectInstanceNode = { kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources: [] };
  if (written.payload.length === 0 && written.contentFormat === undefined) return nothing;
  const { tree, rootPath } = device;
  const contentFormat = writtenFormat(device, written.contentFormat, path);
  const { node } = decodePayload(written.payload, contentFormat, path, tree.definitions, { rootPath });
  const instances = node.kind === 'object' ? node.instances : [];
  if (instances.length > 1) throw badRequest('one Object Instance is created at a time');
  return instances[0] ?? nothing;
}

function lowestFree(ids: readonly number[]): number {
  const taken = ids.findIndex((id, index) => id !== index);
  return taken < 0 ? ids.length : taken;
}
