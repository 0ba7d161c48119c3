import { Code, type CoapReply } from '@flownexus/coap';
import { formatPath, pathLevel, type Path } from '@flownexus/lwm2m-core';
import { changeableObject } from './changeable-object.ts';
import { speaks, type Device } from './device.ts';
import { notAllowed, notFound } from './refuse.ts';
import { WritePlan } from './write-plan.ts';

/**
 * Deletes an Object Instance, or since LwM2M 1.2 a Resource Instance (TS Core §6.3.7).
 *
 * @throws Refusal
 */
export function deletePath(device: Device, path: Path): CoapReply {
  const { tree } = device;
  const level = pathLevel(path);
  if (level === 4 && speaks(device, '1.2')) {
    const plan = new WritePlan(tree);
    plan.removal(path);
    plan.commit();
    return { code: Code.DELETED };
  }
  if (level !== 2) throw notAllowed(`a Delete of ${formatPath(path)}`);
  const { id } = changeableObject(tree, path);
  if (!tree.has(path)) throw notFound(formatPath(path));
  tree.optionsOf(id)?.onDelete?.(path);
  tree.remove(path);
  return { code: Code.DELETED };
}
