import { Code, type CoapReply } from '@flownexus/coap';
import { decodePayload, formatPath, pathLevel, pathOf, type Path } from '@flownexus/lwm2m-core';
import { isRestricted, type Device } from './device.ts';
import { writtenFormat } from './formats.ts';
import { notAllowed, notFound, unauthorized } from './refuse.ts';
import { WritePlan } from './write-plan.ts';

/** The values of a request, and the format they say they are in. */
export interface WrittenPayload {
  readonly contentFormat: number | undefined;
  readonly payload: Uint8Array;
}

/**
 * A Write to an Object Instance, Resource or Resource Instance (TS Core §6.3.3): `replace` puts the values in the place of what is
 * there, `partial` (a POST) beside it. Resources that must be there stay when a replacement does not have them.
 *
 * @throws Refusal, Lwm2mError; nothing is written then
 */
export function write(device: Device, path: Path, written: WrittenPayload, mode: 'replace' | 'partial'): CoapReply {
  const { tree, rootPath } = device;
  // TS Core §6.3.3: a Write to an Object is the bootstrap server's (and a POST to it is a Create).
  if (pathLevel(path) < 2) throw notAllowed('a Write to an Object or to everything');
  if (isRestricted(path)) throw unauthorized();
  const { objectId = -1, objectInstanceId = -1, resourceId, resourceInstanceId } = path;
  if (!tree.has(pathOf(objectId, objectInstanceId))) throw notFound(formatPath(path));
  const plan = new WritePlan(tree);
  if (resourceId !== undefined) {
    const definition = tree.definitions.resource(objectId, resourceId);
    if (definition === undefined || (resourceInstanceId !== undefined && !definition.multiple)) {
      throw notFound(formatPath(path));
    }
    // TS Core §6.3.3: a Partial Update is for what consists of several.
    if (mode === 'partial' && !(definition.multiple && resourceInstanceId === undefined)) {
      throw notAllowed(`a Partial Update of ${formatPath(path)}`);
    }
    plan.checkWritable(path);
  }
  const contentFormat = writtenFormat(device, written.contentFormat, path);
  const { node } = decodePayload(written.payload, contentFormat, path, tree.definitions, { rootPath });
  switch (node.kind) {
    case 'objectInstance':
      for (const resource of node.resources) {
        plan.resource(pathOf(objectId, objectInstanceId, resource.id), resource, mode === 'partial');
      }
      if (mode === 'replace') plan.replaceOthers(path);
      break;
    case 'singleResource':
    case 'multipleResource':
      plan.resource(path, node, mode === 'partial');
      break;
    case 'resourceInstance':
      plan.value({ path, type: node.type, value: node.value });
      break;
    default:
      throw notAllowed(`a Write to ${formatPath(path)}`);
  }
  plan.commit();
  return { code: Code.CHANGED };
}
