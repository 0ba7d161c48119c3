import { Code, type CoapReply } from '@flownexus/coap';
import { checkAttributes, formatPath, parseAttributes, pathLevel, type Path } from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { isRestricted, speaks, type Device } from './device.ts';
import { badRequest, notAllowed, notFound, unauthorized } from './refuse.ts';

/**
 * Attaches attributes to a path of any level below the root (TS Core §6.3.4).
 *
 * @throws Refusal, Lwm2mError; nothing is attached then
 */
export function writeAttributes(device: Device, path: Path, query: readonly string[]): CoapReply {
  const { tree, attributes } = device;
  if (pathLevel(path) === 0) throw notAllowed('attributes of everything');
  if (isRestricted(path)) throw unauthorized();
  const changes = parseAttributes(query);
  if (!tree.has(path)) throw notFound(formatPath(path));
  const { objectId = -1, resourceId } = path;
  const definition = resourceId === undefined ? undefined : tree.definitions.resource(objectId, resourceId);
  const changed = attributes.changed(path, changes);
  for (const { attribute, message } of [
    ...checkAttributes(changes, path, definition),
    ...checkAttributes(changed, path, definition),
  ]) {
    // Devices of LwM2M 1.2 ignore a pmax that is less than pmin (TS Core 1.2 §5.1.2).
    if (attribute === 'pmax' && speaks(device, '1.2')) continue;
    throw badRequest(`${attribute} ${message}`);
  }
  if (!attributes.attach(path, changed)) throw new Refusal(Code.SERVICE_UNAVAILABLE, 'too many paths have attributes');
  return { code: Code.CHANGED };
}
