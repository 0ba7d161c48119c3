import { formatPath, pathOf, type ObjectDefinition, type Path, type ResourceNode } from '@flownexus/lwm2m-core';
import { limits } from '../limits.ts';
import type { ResourceContent } from '../objects/content.ts';
import { badRequest } from './refuse.ts';
import type { CheckWritten } from './write-plan.ts';

/**
 * What a Resource of an Object Instance will hold that is given as a whole, whatever servers may do with it later: by a Create (TS Core
 * §6.3.6), such as that of Object 2, or by the bootstrap server. A single value of a multiple Resource is its instance 0.
 *
 * @throws Refusal 4.00
 */
export function givenContent(
  { id, resources }: ObjectDefinition,
  instance: Path,
  node: ResourceNode,
  check: CheckWritten,
): ResourceContent {
  const path = pathOf(id, instance.objectInstanceId, node.id);
  const definition = resources.get(node.id);
  if (definition === undefined) throw badRequest(`no definition of ${formatPath(path)}`);
  if (definition.operations === 'E') throw badRequest(`${formatPath(path)} has no value`);
  if (node.kind === 'singleResource') {
    const value = check({ path, type: node.type, value: node.value }, definition);
    return definition.multiple ? new Map([[0, value]]) : value;
  }
  if (!definition.multiple) throw badRequest(`${formatPath(path)} has one value`);
  if (node.instances.length > limits.resourceInstances) throw badRequest('too many Resource Instances');
  return new Map(node.instances.map(({ id, type, value }) => [id, check({ path, type, value }, definition)]));
}
