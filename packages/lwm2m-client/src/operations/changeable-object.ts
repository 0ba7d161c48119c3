import { formatPath, type ObjectDefinition, type Path } from '@flownexus/lwm2m-core';
import type { ObjectTree } from '../objects/object-tree.ts';
import { isRestricted } from './device.ts';
import { notAllowed, notFound, unauthorized } from './refuse.ts';

const SERVER_OBJECT = 1;

/**
 * The definition of the Object of a path when servers may create and delete its instances.
 *
 * @throws Refusal 4.01, 4.04, 4.05
 */
export function changeableObject(tree: ObjectTree, path: Path): ObjectDefinition {
  if (isRestricted(path)) throw unauthorized();
  const { prefix, objectId = -1 } = path;
  const definition = tree.definitions.object(objectId);
  if (prefix !== undefined || definition === undefined || !tree.objectIds().includes(objectId)) {
    throw notFound(formatPath(path));
  }
  const changeable = tree.optionsOf(objectId)?.changeable ?? (definition.multiple && objectId !== SERVER_OBJECT);
  if (!changeable) throw notAllowed(`the instances of Object ${objectId} are what they are`);
  return definition;
}
